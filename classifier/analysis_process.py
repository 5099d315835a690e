"""Analyse files in a separate process, so that no file can harm the process that asks.

Only the standard library is imported: the web process and the worker hold an `AnalysisProcess`, and neither
loads numpy or a decoder. `analysis_child` is the program that runs in the separate process.
"""

from __future__ import annotations

import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from classifier.errors import AudioError

ROOT = Path(__file__).resolve().parent.parent
#: Seconds between calls of `on_heartbeat` while a file is analysed.
HEARTBEAT_SECONDS = 10.0
#: One thread per library: results are then the same on every machine, and workers do not compete for cores.
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
#: OpenBLAS's are set where it would compute wrong results on the processor; with other ones results would differ.
_KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR"),
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
)
#: A longer line from the process means that something is wrong: the longest result, for a track of three hours, is a
#: fiftieth of this.
MAX_LINE_BYTES = 2**24

Messages = Iterator[dict[str, Any]]


def sandbox_environment() -> dict[str, str]:
    """Return the environment for a process that reads uploaded files: without the site's secrets."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | _ONE_THREAD


class AnalysisProcess:
    """A process that analyses files: started when first needed, and again after it has died.

    Sizes are in bytes, times in seconds. `timeout` limits both the wall-clock and the CPU time for one file, `memory`
    the address space it may take in addition to the loaded model. A process that has been idle for `idle` ends, and one
    that has read `max_files` files is replaced before the next: whatever a library leaks is given back.
    Threads may share an instance; their files are analysed one after the other.
    """

    def __init__(
        self,
        *,
        model: str,
        models_dir: Path,
        max_bytes: int = 500 * 2**20,
        max_seconds: float = 10_800,
        memory: int = 2 * 2**30,
        timeout: int = 900,
        idle: float = 300,
        max_files: int = 500,
    ) -> None:
        self._command = [
            sys.executable, "-m", "classifier.analysis_child", "--model", model, "--models-dir", str(models_dir),
            "--max-bytes", str(max_bytes), "--max-seconds", str(max_seconds), "--memory", str(memory),
            "--cpu-seconds", str(timeout), "--idle", str(idle),
        ]  # fmt: skip
        self._timeout = timeout
        self._max_files = max_files
        self._file_count = 0
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process is not running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def analyse(
        self,
        path: str | Path,
        *,
        out_dir: Path | None = None,
        on_stage: Callable[[str], None] | None = None,
        on_tags: Callable[[dict[str, Any]], None] | None = None,
        on_cover: Callable[[dict[str, Any] | None], None] | None = None,
        on_heartbeat: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Analyse a file and return `Analysis.as_dict()`.

        With `out_dir`, `peaks.json`, a `spectrogram.*`, the pictures of `read_cover` and, if browsers cannot play the
        file, a `playable.*` are written there. `on_stage` is called with each stage, `on_tags` with the file's tags as
        soon as they are read, `on_cover` with the answer of `read_cover` after that, `on_heartbeat` every few seconds
        while the process is working.
        Raises AudioError with the codes of decoding and `out_of_memory`, `timeout` and `crashed`.
        """
        request = {"path": str(Path(path).absolute()), "out_dir": str(out_dir) if out_dir else None}
        return self._run_request(
            request, on_stage=on_stage, on_tags=on_tags, on_cover=on_cover, on_heartbeat=on_heartbeat
        )

    def read_tags(self, path: str | Path) -> dict[str, Any]:
        """Read a file's tags as `classifier.tag_reader.read_tags` does, without analysing its audio.

        Raises AudioError with the code `timeout`, `out_of_memory` or `crashed`.
        """
        tags: dict[str, Any] = {}
        request = {"path": str(Path(path).absolute()), "out_dir": None, "tags_only": True}
        self._run_request(request, on_tags=tags.update)
        return tags

    def read_cover(self, path: str | Path, *, out_dir: Path) -> dict[str, Any] | None:
        """Make a cover from the pictures in a file's tags as `classifier.covers.make_embedded_cover` does.

        Raises AudioError with the code `timeout`, `out_of_memory` or `crashed`.
        """
        covers: list[dict[str, Any] | None] = [None]
        request = {"path": str(Path(path).absolute()), "out_dir": str(out_dir), "cover_only": True}
        self._run_request(request, on_cover=covers.append)
        return covers[-1]

    def _run_request(
        self,
        request: dict[str, Any],
        *,
        on_stage: Callable[[str], None] | None = None,
        on_tags: Callable[[dict[str, Any]], None] | None = None,
        on_cover: Callable[[dict[str, Any] | None], None] | None = None,
        on_heartbeat: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        with self._lock:
            try:
                messages = self._send(request, on_heartbeat)
                answer = self._final_message(messages, on_stage, on_tags, on_cover)
            except BaseException:
                self._stop()  # nobody waits for its result any more
                raise
            self._file_count += 1
            if self._file_count >= self._max_files:
                self._stop()
        if "error" in answer:
            raise AudioError(**answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _send(self, request: dict[str, Any], on_heartbeat: Callable[[], None] | None) -> Messages:
        """Send a request and return the messages that answer it. A process that ended while idle is replaced."""
        # Unpredictable: a message that a hostile file has planted earlier carries another id and is ignored.
        request_id = secrets.token_hex(8)
        line = json.dumps({"id": request_id} | request).encode() + b"\n"
        for child in (self._running(), None):
            if child is None:
                child = self._start()
            assert child.stdin is not None
            messages = self._messages(child, request_id, on_heartbeat)
            try:
                child.stdin.write(line)
                next(messages)  # {"accepted": true}
                return messages
            except (BrokenPipeError, AudioError):
                self._stop()
        raise RuntimeError("The analysis process does not start; see the log for the reason.")

    def _final_message(
        self,
        messages: Messages,
        on_stage: Callable[[str], None] | None,
        on_tags: Callable[[dict[str, Any]], None] | None,
        on_cover: Callable[[dict[str, Any] | None], None] | None,
    ) -> dict[str, Any]:
        for message in messages:
            if "stage" in message and on_stage:
                on_stage(message["stage"])
            elif "tags" in message and on_tags:
                on_tags(message["tags"])
            elif "cover" in message and on_cover:
                on_cover(message["cover"])
            elif "error" in message or "result" in message:
                return message
        raise AssertionError("the messages always end with a result or an exception")

    def _messages(
        self, child: subprocess.Popen[bytes], request_id: str, on_heartbeat: Callable[[], None] | None
    ) -> Messages:
        """Yield the messages for a request until the caller stops asking for them.

        Raises AudioError when the process dies or exceeds the timeout.
        """
        assert child.stdout is not None
        deadline = time.monotonic() + self._timeout
        unfinished = b""
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not ready.select(min(left, HEARTBEAT_SECONDS)):
                    if on_heartbeat:
                        on_heartbeat()
                    continue
                chunk = os.read(child.stdout.fileno(), 1 << 16)
                if not chunk:
                    raise AudioError("timeout" if child.wait() == -signal.SIGXCPU else "crashed")
                *lines, unfinished = (unfinished + chunk).split(b"\n")
                if len(unfinished) > MAX_LINE_BYTES:
                    raise AudioError("crashed")
                yield from (message for line in lines if (message := _parse_message(line, request_id)))
        raise AudioError("timeout")

    def _running(self) -> subprocess.Popen[bytes] | None:
        return self._child if self.pid else None

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            self._command,
            cwd=ROOT,
            env=sandbox_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # so that Ctrl-C reaches only the worker, which then finishes its current file
        )
        self._file_count = 0
        return self._child

    def _stop(self) -> None:
        if self._child is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)  # including its forks
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        self._child = None


def _parse_message(line: bytes, request_id: str) -> dict[str, Any] | None:
    """Decode one line. None for an incomplete line, as a dying process leaves, and for other requests' messages."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message.get("id") == request_id else None
