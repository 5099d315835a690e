"""`manage.py classify`: predict the genre of audio files. Needs no server and no database."""

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
    help = "Predict the genre of audio files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--model", default=settings.EARMARK_MODEL, help="default: %(default)s")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        files = options["files"]
        results = []
        try:
            classifier = Classifier.load(options["model"], settings.EARMARK_MODELS_DIR)
            for file in tqdm(files, "analyse", unit="file", disable=None if len(files) > 1 else True):
                results.append(classify_file(classifier, file))
                if not options["json"]:
                    stream = self.stderr if "error" in results[-1] else self.stdout
                    with tqdm.external_write_mode():  # keep the progress bar out of the output
                        stream.write(result_line(results[-1]))
            if options["json"]:
                self.stdout.write(json.dumps(results, indent=2))
            self.stdout.flush()
        except BundleError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # as in `classify … | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if any("error" in result for result in results):
            sys.exit(1)


def classify_file(classifier: Classifier, file: str) -> dict[str, Any]:
    """Return the object for one file that `--json` prints, with `error` if the file cannot be analysed."""
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
    except Exception as error:  # a bug in Earmark must not prevent the other files' results
        message = f"The analysis failed: {type(error).__name__}: {error}"
        return {"file": file, "error": {"code": "crashed", "message": message}}
    keys = ["label", "top", "probabilities", "segments", "duration", "model"]
    keys += [key for key in ("moods", "notices") if analysis[key]]
    return {"file": file} | {key: analysis[key] for key in keys}


def result_line(result: dict[str, Any]) -> str:
    """Return one file's result as a line for people."""
    # A file name that is not valid text must not end the command.
    name = result["file"].encode(errors="replace").decode()
    if "error" in result:
        return f"{name}: {result['error']['message']}"
    ranked = sorted(result["probabilities"].items(), key=lambda item: -item[1])
    best = [f"{genre} ({100 * p:.0f} %)" for genre, p in ranked[:2]]
    line = f"Sounds like {best[0]}" if result["label"] else f"Not sure: {' or '.join(best)}"
    return f"{name}: {line}" + (" (the file is truncated)" if "notices" in result else "")
