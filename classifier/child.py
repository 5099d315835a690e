"""The process that listens: `python -m classifier.child`, started and spoken to by `classifier.listener`.

It loads one model, then answers requests, one JSON object a line: `{"id", "path", "out_dir"}` on standard
input, and on standard output `{"accepted"}`, `{"stage"}`s, `{"tags"}`, and at last `{"result"}` or `{"error"}`,
each with the request's id. With `"tags_only"`, the result is empty and follows the tags.

Each file is heard by a fork of the process, with limits on memory and time, without the site's secrets, and without a
network and other files where the system allows that: what a file does to it ends with it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import select
import signal
import sys
import tempfile
import traceback
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from classifier import formats
from classifier.audiofile import AudioLimits
from classifier.errors import AudioError
from classifier.inference import Classifier
from classifier.landlock import confine
from classifier.limits import die_with_parent, isolate, limit_cpu_time, limit_file_size, limit_memory
from classifier.tags import read_all_tags
from classifier.transcode import PLAYABLE_EXTENSION, transcode

#: CPU seconds within which sound must come out of a file.
OPENING_SECONDS = 30
#: No picture or playable copy is larger.
MADE_BYTES = 512 * 2**20

#: Besides the file, what hearing it reads: modules that are imported late, and how much memory is taken.
OPEN = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent, Path("/proc/self"))

Say = Callable[..., None]


def main() -> None:
    isolate()
    options = _options()
    out = _own_standard_output()
    classifier = Classifier.load(options.model, options.models_dir)
    _rehearse(classifier)
    limit_memory(options.memory)
    limit_file_size(MADE_BYTES)
    gc.freeze()  # a fork that looks for garbage would copy what it looks at
    for request in _requests(options.idle):
        say = _speaker(out, request["id"])
        say(accepted=True)
        status = _in_a_fork(partial(_answer, request, classifier, options, say))
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        # In case it could say nothing of its end. After an answer, nobody listens to this.
        say(error=AudioError("timeout" if late else "crashed").as_dict())


def _in_a_fork(work: Callable[[], None]) -> int:
    """Do something in a fork of this process, and wait for its end: its status as `os.waitpid` tells it.

    When nobody is there any more to hear the answer, both processes end at once.
    """
    ended, alive = os.pipe()
    fork = os.fork()
    if not fork:
        try:
            die_with_parent()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the next request is for the next fork
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(alive)
    ends = select.poll()
    for file in (ended, 0):
        ends.register(file, 0)  # told is only that the other side is gone
    if ended not in dict(ends.poll()):
        os.kill(fork, signal.SIGKILL)
        os._exit(0)
    os.close(ended)
    return os.waitpid(fork, 0)[1]


def _answer(request: dict[str, Any], classifier: Classifier, options: argparse.Namespace, say: Say) -> None:
    def progress(stage: str) -> None:
        if stage == "decoding":
            limit_cpu_time(options.cpu_seconds)
        say(stage=stage)

    limit_cpu_time(min(OPENING_SECONDS, options.cpu_seconds), options.cpu_seconds + OPENING_SECONDS)
    limits = AudioLimits(max_bytes=options.max_bytes, max_seconds=options.max_seconds)
    try:
        path = Path(request["path"])
        out_dir = Path(request["out_dir"]) if request["out_dir"] else None
        if out_dir:
            out_dir.mkdir(parents=True, exist_ok=True)
        confine(read=[path, *OPEN], write=[out_dir] if out_dir else [])
        say(tags=read_all_tags(path))
        if request.get("tags_only"):
            say(result={})
            return
        analysis = classifier.analyse(path, limits=limits, pictures_dir=out_dir, progress=progress)
        if out_dir and not formats.is_browser_playable(analysis.audio["kind"], analysis.audio["codec"]):
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


def _rehearse(classifier: Classifier) -> None:
    """Hear a file of our own, noise: what libraries load and compile at first use, forks then have from the start.

    Nor is any track's memory charged with it.
    """
    rate = 22_050
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.wav")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(random.Random(0).randbytes(4 * 2 * rate))  # noqa: S311 - nobody is to guess
        read_all_tags(path)
        classifier.analyse(path, pictures_dir=Path(folder))
        transcode(path, Path(folder, f"playable{PLAYABLE_EXTENSION}"))


def _requests(idle: float) -> Iterator[dict[str, Any]]:
    """Requests as they arrive, until none has come for `idle` seconds or nobody is there to send one."""
    line = b""
    while select.select([0], [], [], idle)[0]:
        part = os.read(0, 1 << 16)
        if not part:
            return
        line += part
        if line.endswith(b"\n"):  # one at a time: the next is sent when this one is answered
            yield json.loads(line)
            line = b""


def _speaker(out: TextIO, number: str) -> Say:
    def say(**message: Any) -> None:
        # On a line of its own: a fork that died may have broken off in the middle of one.
        out.write(f"\n{json.dumps({'id': number} | message)}\n")
        out.flush()

    return say


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
