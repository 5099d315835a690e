"""Hearing a file in a process of its own, so that no file can harm the process that asks.

Only the standard library is imported: the web process and the worker hold a `Listener`, and neither
loads numpy or a decoder.
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
#: How often `on_beat` is called while a file is heard, in seconds.
BEAT = 10.0
#: One thread each: answers are then the same on every machine, and workers share the cores among themselves.
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR")

#: The longest answer, that for a track of three hours, is a fiftieth of this.
LONGEST_LINE = 2**24

Messages = Iterator[dict[str, Any]]


def own_environment() -> dict[str, str]:
    """Environment variables of a process that reads uploaded files: none of the site's secrets."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | _ONE_THREAD


class Listener:
    """One listening process: started when first needed, restarted when it died.

    Sizes in bytes, times in seconds. `timeout` bounds the wall-clock and the CPU time of one file, `memory`
    the address space it may take beyond what the loaded model takes. An idle process ends after `idle`.
    Threads may share a listener; their files are heard one after the other.
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
    ) -> None:
        self._command = [
            sys.executable, "-m", "classifier.child", "--model", model, "--models-dir", str(models_dir),
            "--max-bytes", str(max_bytes), "--max-seconds", str(max_seconds), "--memory", str(memory),
            "--cpu-seconds", str(timeout), "--idle", str(idle),
        ]  # fmt: skip
        self._timeout = timeout
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The listening process's id, None while there is none."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def listen(
        self,
        path: str | Path,
        *,
        out_dir: Path | None = None,
        on_stage: Callable[[str], None] | None = None,
        on_tags: Callable[[dict[str, Any]], None] | None = None,
        on_beat: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Hear a file: `Analysis.as_dict()`.

        With `out_dir`, `peaks.json`, a `spectrogram.*` and, where browsers need one, a `playable.*` are
        written there. `on_beat` is called every few seconds as long as the process is at work.
        Raises AudioError: what decoding refuses, and `out_of_memory`, `timeout`, `crashed`.
        """
        request = {"path": str(Path(path).absolute()), "out_dir": str(out_dir) if out_dir else None}
        return self._ask(request, on_stage=on_stage, on_tags=on_tags, on_beat=on_beat)

    def read_tags(self, path: str | Path) -> dict[str, Any]:
        """What a file says about itself, without hearing it: `classifier.tags.read_all_tags`.

        Raises AudioError: `timeout`, `out_of_memory`, `crashed`.
        """
        tags: dict[str, Any] = {}
        request = {"path": str(Path(path).absolute()), "out_dir": None, "tags_only": True}
        self._ask(request, on_tags=tags.update)
        return tags

    def _ask(
        self,
        request: dict[str, Any],
        *,
        on_stage: Callable[[str], None] | None = None,
        on_tags: Callable[[dict[str, Any]], None] | None = None,
        on_beat: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        with self._lock:
            try:
                answer = self._hear(self._send(request, on_beat), on_stage, on_tags)
            except BaseException:
                self._stop()  # whatever it was doing, nobody waits for it any more
                raise
        if "error" in answer:
            raise AudioError(**answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _send(self, request: dict[str, Any], on_beat: Callable[[], None] | None) -> Messages:
        """Hand a request over; what the process answers. One that just ends for idleness is replaced."""
        number = secrets.token_hex(8)  # what a file taught the process to say beforehand has another
        line = json.dumps({"id": number} | request).encode() + b"\n"
        for child in (self._running(), None):
            if child is None:
                child = self._start()
            assert child.stdin is not None
            messages = self._messages(child, number, on_beat)
            try:
                child.stdin.write(line)
                next(messages)  # {"accepted": true}
                return messages
            except (BrokenPipeError, AudioError):
                self._stop()
        raise RuntimeError("The listening process does not start; its reason is in the log.")

    def _hear(
        self,
        messages: Messages,
        on_stage: Callable[[str], None] | None,
        on_tags: Callable[[dict[str, Any]], None] | None,
    ) -> dict[str, Any]:
        for message in messages:
            if "stage" in message and on_stage:
                on_stage(message["stage"])
            elif "tags" in message and on_tags:
                on_tags(message["tags"])
            elif "error" in message or "result" in message:
                return message
        raise AssertionError("messages end by an exception")

    def _messages(
        self, child: subprocess.Popen[bytes], number: str, on_beat: Callable[[], None] | None
    ) -> Messages:
        """What the process says to the request of that number, until the caller has heard enough.

        Raises AudioError when it dies or is late.
        """
        assert child.stdout is not None
        deadline = time.monotonic() + self._timeout
        unfinished = b""
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not ready.select(min(left, BEAT)):
                    if on_beat:
                        on_beat()
                    continue
                said = os.read(child.stdout.fileno(), 1 << 16)
                if not said:
                    raise AudioError("timeout" if child.wait() == -signal.SIGXCPU else "crashed")
                *lines, unfinished = (unfinished + said).split(b"\n")
                if len(unfinished) > LONGEST_LINE:
                    raise AudioError("crashed")
                yield from (message for line in lines if (message := _message(line, number)))
        raise AudioError("timeout")

    def _running(self) -> subprocess.Popen[bytes] | None:
        return self._child if self.pid else None

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            self._command,
            cwd=ROOT,
            env=own_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the worker, which then finishes what it began
        )
        return self._child

    def _stop(self) -> None:
        if self._child is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)  # with what it has forked
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        self._child = None


def _message(line: bytes, number: str) -> dict[str, Any] | None:
    """What a line says, if it says anything and belongs to this request: a process that dies may break off."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message.get("id") == number else None
