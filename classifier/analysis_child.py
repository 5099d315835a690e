"""The program that analyses files: `python -m classifier.analysis_child`, run by `classifier.analysis_process`.

It loads one model and then handles requests, one JSON object per line: `{"id", "path", "out_dir"}` on standard input;
on standard output `{"accepted"}`, several `{"stage"}`, `{"tags"}`, with an `out_dir` `{"cover"}`, and finally
`{"result"}` or `{"error"}`, each with the request's id. With `"tags_only"` or `"cover_only"` the result is empty and
follows the tags or the cover, which is null if the file has no picture.

Each file is analysed in a fork of this process, with limits on memory and time, without the site's secrets and, where
the system allows it, without network and other files. Whatever a file does to the fork ends with the fork.
"""

from __future__ import annotations

import argparse
import gc
import io
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

from PIL import Image

from classifier.audiofile import AudioLimits
from classifier.cover_process import COVER_SIZES, cover_file_name
from classifier.covers import make_cover, make_embedded_cover
from classifier.errors import AudioError
from classifier.inference import Classifier
from classifier.landlock import confine
from classifier.limits import die_with_parent, isolate, limit_cpu_time, limit_file_size, limit_memory
from classifier.playability import plays_in_browsers
from classifier.tag_reader import read_tags
from classifier.transcode import PLAYABLE_EXTENSION, transcode

#: CPU seconds within which decoding a file must yield its first samples.
OPENING_CPU_SECONDS = 30
#: CPU seconds that making a cover may take.
COVER_CPU_SECONDS = 10
#: Maximum size of each file written: spectrogram, peaks, playable copy.
MAX_OUTPUT_BYTES = 512 * 2**20
#: What an analysis reads besides the file: modules that are imported late, and its memory use.
READABLE_PATHS = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent, Path("/proc/self"))

#: Opened early: a process that is confined may not open it.
_NO_INPUT = os.open(os.devnull, os.O_RDONLY)

SendMessage = Callable[..., None]


def main() -> None:
    isolate()
    options = _parse_options()
    out = _reserve_stdout()
    classifier = Classifier.load(options.model, options.models_dir)
    _warm_up(classifier)
    limit_memory(options.memory)
    limit_file_size(MAX_OUTPUT_BYTES)
    gc.freeze()  # garbage collection in a fork would copy the pages that it touches
    for request in _read_requests(options.idle):
        send = _message_writer(out, request["id"])
        send(accepted=True)
        status = _run_in_fork(partial(_handle_request, request, classifier, options, send))
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        # The fork may have died without answering. If it did answer, the other side ignores this message.
        send(error=AudioError("timeout" if late else "crashed").as_dict())


def _run_in_fork(work: Callable[[], None]) -> int:
    """Run a function in a fork of this process, wait, and return the fork's status as `os.waitpid` does.

    When the process at the other end of standard input is gone, both end at once.
    """
    ended, alive = os.pipe()
    fork = os.fork()
    if not fork:
        try:
            die_with_parent()
            os.dup2(_NO_INPUT, 0)  # the next request belongs to the parent
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(alive)
    ends = select.poll()
    for file in (ended, 0):
        ends.register(file, 0)  # no events requested: poll() then reports only a closed pipe (POLLHUP)
    if ended not in dict(ends.poll()):
        os.kill(fork, signal.SIGKILL)
        os._exit(0)
    os.close(ended)
    return os.waitpid(fork, 0)[1]


def _handle_request(
    request: dict[str, Any], classifier: Classifier, options: argparse.Namespace, send: SendMessage
) -> None:
    def progress(stage: str) -> None:
        if stage == "decoding":
            limit_cpu_time(options.cpu_seconds)
        send(stage=stage)

    limit_cpu_time(min(OPENING_CPU_SECONDS, options.cpu_seconds), options.cpu_seconds + OPENING_CPU_SECONDS)
    limits = AudioLimits(max_bytes=options.max_bytes, max_seconds=options.max_seconds)
    try:
        path = Path(request["path"])
        out_dir = Path(request["out_dir"]) if request["out_dir"] else None
        if out_dir:
            out_dir.mkdir(parents=True, exist_ok=True)
        confine(read=[path, *READABLE_PATHS], write=[out_dir] if out_dir else [])
        if not request.get("cover_only"):
            send(tags=read_tags(path))
        if out_dir:
            send(cover=_make_cover(path, out_dir))
        if request.get("tags_only") or request.get("cover_only"):
            send(result={})
            return
        analysis = classifier.analyse(path, limits=limits, pictures_dir=out_dir, progress=progress)
        if out_dir and not plays_in_browsers(path, analysis.audio["kind"], analysis.audio["codec"]):
            send(stage="copying")
            transcode(path, out_dir / f"playable{PLAYABLE_EXTENSION}", limits)
        send(result=analysis.as_dict())
    except AudioError as error:
        send(error=error.as_dict())
    except MemoryError:
        send(error=AudioError("out_of_memory").as_dict())
    except Exception:
        traceback.print_exc()  # a bug in Earmark: log it
        send(error=AudioError("crashed").as_dict())


def _make_cover(path: Path, out_dir: Path) -> dict[str, Any] | None:
    """Make a cover from a file's pictures, in a fork: whatever they do to it, the music can be heard all the same."""
    answer = out_dir / "cover.json"

    def work() -> None:
        limit_cpu_time(COVER_CPU_SECONDS)
        answer.write_text(json.dumps(make_embedded_cover(path, out_dir)))

    cover: dict[str, Any] | None = None if _run_in_fork(work) else json.loads(answer.read_text())
    answer.unlink(missing_ok=True)
    if cover is None:
        for size in COVER_SIZES:
            (out_dir / cover_file_name(size)).unlink(missing_ok=True)
    return cover


def _warm_up(classifier: Classifier) -> None:
    """Analyse a file of noise once.

    What libraries load and compile at their first use is then shared by all forks, and does not count towards a
    track's memory limit.
    """
    rate = 22_050
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.wav")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(random.Random(0).randbytes(4 * 2 * rate))  # noqa: S311 - not for cryptography
        read_tags(path)
        make_cover(_small_picture(), Path(folder))
        make_embedded_cover(path, Path(folder))
        classifier.analyse(path, pictures_dir=Path(folder))
        transcode(path, Path(folder, f"playable{PLAYABLE_EXTENSION}"))


def _small_picture() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (32, 32)).save(picture, "JPEG")
    return picture.getvalue()


def _read_requests(idle: float) -> Iterator[dict[str, Any]]:
    """Yield requests as they arrive, until none has come for `idle` seconds or standard input is closed."""
    line = b""
    while select.select([0], [], [], idle)[0]:
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        line += chunk
        if line.endswith(b"\n"):  # the next request is only sent after this one has been answered
            yield json.loads(line)
            line = b""


def _message_writer(out: TextIO, request_id: str) -> SendMessage:
    def send(**message: Any) -> None:
        # Start a new line: a fork that died may have left an incomplete one.
        out.write(f"\n{json.dumps({'id': request_id} | message)}\n")
        out.flush()

    return send


def _reserve_stdout() -> TextIO:
    """Return standard output for the protocol, and redirect what libraries print to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="classifier.analysis_child")
    parser.add_argument("--model", required=True)
    parser.add_argument("--models-dir", required=True)
    for name in ("max-bytes", "memory", "cpu-seconds"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("max-seconds", "idle"):
        parser.add_argument(f"--{name}", type=float, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
