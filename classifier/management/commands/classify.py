"""`manage.py classify`: the genre of sound files. Needs no server and no database."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from classifier.audiofile import AudioLimits
from classifier.bundle import BundleError
from classifier.errors import AudioError
from classifier.inference import Classifier


class Command(BaseCommand):
    help = "Hear the genre of sound files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--model", default=settings.EARMARK_MODEL, help="default: %(default)s")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        files = options["files"]
        answers = []
        try:
            classifier = Classifier.load(options["model"], settings.EARMARK_MODELS_DIR)
            for file in tqdm(files, "listen", unit="file", disable=None if len(files) > 1 else True):
                answers.append(answer(classifier, file))
                if not options["json"]:
                    stream = self.stderr if "error" in answers[-1] else self.stdout
                    with tqdm.external_write_mode():  # the bar steps aside
                        stream.write(sentence(answers[-1]))
            if options["json"]:
                self.stdout.write(json.dumps(answers, indent=2))
            self.stdout.flush()
        except BundleError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # as in `classify … | head -1`: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if any("error" in answer for answer in answers):
            sys.exit(1)


def answer(classifier: Classifier, file: str) -> dict[str, Any]:
    """What `--json` says of one file; what is wrong with the file is an answer too."""
    limits = AudioLimits(
        max_bytes=settings.EARMARK_MAX_UPLOAD_BYTES, max_seconds=settings.EARMARK_MAX_TRACK_SECONDS
    )
    try:
        analysis = classifier.analyse(file, limits=limits).as_dict()
    except AudioError as error:
        return {"file": file, "error": error.as_dict()}
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        return {"file": file, "error": {"code": "not_found", "message": message}}
    except MemoryError:
        return {"file": file, "error": AudioError("out_of_memory").as_dict()}
    except Exception as error:  # a bug of ours must not cost the other files their answers
        message = f"The analysis failed: {type(error).__name__}: {error}"
        return {"file": file, "error": {"code": "crashed", "message": message}}
    keys = ["label", "top", "probabilities", "segments", "duration", "model"]
    keys += [key for key in ("moods", "notices") if analysis[key]]
    return {"file": file} | {key: analysis[key] for key in keys}


def sentence(answer: dict[str, Any]) -> str:
    """One answer as a line for people."""
    # Not every file name is text; one that is not must not end the command.
    name = answer["file"].encode(errors="replace").decode()
    if "error" in answer:
        return f"{name}: {answer['error']['message']}"
    ranked = sorted(answer["probabilities"].items(), key=lambda item: -item[1])
    heard = [f"{genre} ({100 * p:.0f} %)" for genre, p in ranked[:2]]
    line = f"Sounds like {heard[0]}" if answer["label"] else f"Not sure: {' or '.join(heard)}"
    return f"{name}: {line}" + (" (the file is cut off)" if "notices" in answer else "")
