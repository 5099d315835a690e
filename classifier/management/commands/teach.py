"""`manage.py teach`: rank sound files by genres that a few examples teach. Needs no server and no database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray
from tqdm import tqdm

from classifier.audiofile import AudioLimits
from classifier.bundle import BundleError
from classifier.errors import AudioError
from classifier.inference import Classifier
from classifier.learning import concepts, worth
from classifier.tag_reader import read_tags

#: How many candidates of each genre are shown to people; `--json` has all.
SHOWN = 10


class Command(BaseCommand):
    help = "Rank sound files by how much they sound like genres that are taught by examples."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("examples", type=Path, help="a folder name/track.*, a few tracks of each genre")
        parser.add_argument("--candidates", nargs="+", required=True, metavar="FILE", help="what to rank")
        parser.add_argument("--model", default=settings.EARMARK_MODEL, help="default: %(default)s")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        files = example_files(options["examples"])
        try:
            classifier = Classifier.load(options["model"], settings.EARMARK_MODELS_DIR)
            if classifier.known is None:
                raise CommandError(
                    f"The model {options['model']} cannot be taught: it has no learning vectors."
                )
            # A file that is an example and a candidate is analysed once.
            paths = list(dict.fromkeys([*map(str, files), *options["candidates"]]))
            heard = {
                file: analyse(classifier, file) for file in tqdm(paths, "listen", unit="file", disable=None)
            }
            errors = [
                {"file": file, "error": found} for file, found in heard.items() if isinstance(found, dict)
            ]
            tracks = {file: found for file, found in heard.items() if isinstance(found, TrackVector)}
            taught = {str(file): file.parent.name for file in files if str(file) in tracks}
            if not taught:
                raise CommandError(f"None of the examples could be analysed. {errors[0]['error']['message']}")
            candidates = [file for file in dict.fromkeys(options["candidates"]) if file in tracks]
            genres = rank(tracks, taught, candidates, classifier.known.centroids)
            self.answer(genres, errors, vars(classifier.model), options["json"])
        except BundleError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # as in `teach … | head -1`: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if errors:
            sys.exit(1)

    def answer(
        self, genres: dict[str, Any], errors: list[dict[str, Any]], model: dict[str, str], as_json: bool
    ) -> None:
        if as_json:
            answer = {"genres": genres, "model": model} | ({"errors": errors} if errors else {})
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for line in (line for name, genre in genres.items() for line in lines(name, genre)):
                self.stdout.write(line)
            for failed in errors:
                self.stderr.write(f"{printable(failed['file'])}: {failed['error']['message']}")
        self.stdout.flush()


class TrackVector(NamedTuple):
    """What teaching needs to know of a file."""

    vector: list[float]
    artist: str


def example_files(folder: Path) -> list[Path]:
    """The files name/track.* of a folder; raises CommandError when there are none."""
    files = sorted(
        file
        for file in folder.glob("*/*")
        if file.is_file() and not any(part[0] == "." for part in file.parts[-2:])
    )
    if not files:
        raise CommandError(f"{folder} has no files in folders named after genres (name/track.mp3).")
    return files


def analyse(classifier: Classifier, file: str) -> TrackVector | dict[str, str]:
    """A file's vector and artist, or what is wrong with it, as code and message."""
    limits = AudioLimits(
        max_bytes=settings.EARMARK_MAX_UPLOAD_BYTES, max_seconds=settings.EARMARK_MAX_TRACK_SECONDS
    )
    try:
        vector = classifier.analyse(file, limits=limits).prediction.vector
    except AudioError as error:
        return error.as_dict()
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        return {"code": "not_found", "message": message}
    except MemoryError:
        return AudioError("out_of_memory").as_dict()
    return TrackVector(vector, str(read_tags(file).get("artist", "")))


def rank(
    tracks: dict[str, TrackVector],
    taught: dict[str, str],
    candidates: Sequence[str],
    known: NDArray[np.float32],
) -> dict[str, Any]:
    """Each genre of `taught` {file: genre}: its number of examples, its worth, and the ranked candidates.

    The examples of the other genres are refusals: in folders, each track has one genre. With one genre there
    are no refusals, so that nothing can be said of its worth.
    """
    files = list(taught)
    vectors = np.array([tracks[file].vector for file in files], np.float32)
    names = np.array([taught[file] for file in files])
    artists = [tracks[file].artist for file in files]
    rows = np.array([tracks[file].vector for file in candidates], np.float32).reshape(-1, vectors.shape[1])
    genres = {}
    for name in sorted(set(taught.values())):
        own = names == name
        found = None if own.all() else worth.worth(worth.answers(vectors, own, artists), known)
        concept = concepts.teach(vectors[own], vectors[~own], known)
        scores = concepts.scores([concept], rows, known)[:, 0]
        genres[name] = {
            "examples": int(own.sum()),
            "worth": found and {"precision": found.precision, "lower_bound": found.lower_bound},
            "ranking": [
                {"file": candidates[track], "score": round(float(scores[track]), 4)}
                for track in np.argsort(-scores, kind="stable")
            ],
        }
    return genres


def lines(name: str, genre: dict[str, Any]) -> list[str]:
    """One genre for people."""
    few = genre["examples"] < concepts.LEAST_EXAMPLES
    about = f"{name}, from {genre['examples']} example{'s' * (genre['examples'] != 1)}"
    if few:
        about += f" (better from {concepts.LEAST_EXAMPLES})"
    if genre["worth"]:
        right, surely = (100 * genre["worth"][key] for key in ("precision", "lower_bound"))
        about += f"; right about {right:.0f} times in 100, surely more than {surely:.0f}"
    ranked = genre["ranking"][:SHOWN]
    return [f"{about}:", *(f"  {row['score']:6.3f}  {printable(row['file'])}" for row in ranked)]


def printable(name: str) -> str:
    """A file's name; not every one is text, and one that is not must not end the command."""
    return name.encode(errors="replace").decode()
