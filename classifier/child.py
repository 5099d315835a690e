"""The process that listens: `python -m classifier.child`, started and spoken to by `classifier.listener`.

It loads one model, then answers requests, one JSON object a line: `{"path", "out_dir"}` on standard
input, and on standard output `{"accepted"}`, `{"stage"}`s, `{"tags"}`, and at last `{"result"}` or
`{"error"}`. What it decodes was uploaded by strangers, so it runs with limits on memory and time,
without the site's secrets in its environment, and nothing is lost when it dies.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from classifier import kinds
from classifier.audiofile import AudioLimits
from classifier.errors import AudioError
from classifier.features import MelStream, power_to_db
from classifier.inference import Classifier
from classifier.limits import limit_cpu_time, limit_memory
from classifier.tags import read_tags
from classifier.transcode import PLAYABLE_EXTENSION, transcode


def main() -> None:
    options = _options()
    out = _own_standard_output()
    classifier = Classifier.load(options.model, options.models_dir)
    limits = AudioLimits(max_bytes=options.max_bytes, max_seconds=options.max_seconds)
    _hear_nothing(classifier)
    limit_memory(options.memory)
    requests = _requests()
    while True:
        try:
            request = requests.get(timeout=options.idle)
        except queue.Empty:
            return  # memory is better used by others; the listener starts a new one when needed
        limit_cpu_time(options.cpu_seconds)
        _answer(request, classifier, limits, out)


def _answer(request: dict[str, Any], classifier: Classifier, limits: AudioLimits, out: TextIO) -> None:
    def say(**message: Any) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    say(accepted=True)
    try:
        path = Path(request["path"])
        out_dir = Path(request["out_dir"]) if request["out_dir"] else None
        say(tags=read_tags(path))
        analysis = classifier.analyse(
            path, limits=limits, pictures_dir=out_dir, progress=lambda stage: say(stage=stage)
        )
        if out_dir and not kinds.playable(analysis.audio["kind"], analysis.audio["codec"]):
            say(stage="copying")
            transcode(path, out_dir / f"playable{PLAYABLE_EXTENSION}", limits)
        say(result=analysis.as_dict())
    except AudioError as error:
        say(error=error.as_dict())
    except MemoryError:
        say(error=AudioError("out_of_memory").as_dict())
    except Exception:
        traceback.print_exc()  # a bug of ours: for the log
        say(error=AudioError("crashed").as_dict())


def _hear_nothing(classifier: Classifier) -> None:
    """Load what librosa and numba load at first use, so that no track's memory is charged with it."""
    mel = MelStream(classifier.manifest.features)
    classifier.hear(power_to_db(mel.finish()))


def _requests() -> queue.Queue[dict[str, Any]]:
    """Requests as they arrive. When the parent is gone, the process ends at once: nobody would listen."""
    waiting: queue.Queue[dict[str, Any]] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            waiting.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return waiting


def _own_standard_output() -> TextIO:
    """Keep standard output for the protocol; whatever a library prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="classifier.child")
    parser.add_argument("--model", required=True)
    parser.add_argument("--models-dir", required=True)
    for name in ("max-bytes", "memory", "cpu-seconds"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("max-seconds", "idle"):
        parser.add_argument(f"--{name}", type=float, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
