"""Ctrl-C stops the client at once, whatever the site does, and it reports what it has sent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.live import ROOT
from tests.stub_server import StubRequest, StubResponse, stub_site

FILES = 12
ANSWERED = 2
JOBS = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files larger than a socket's buffer, so that a site that does not read keeps the client waiting."""
    (tmp_path / "music").mkdir()
    for number in range(FILES):
        with (tmp_path / "music" / f"{number:02}.mp3").open("wb") as file:
            file.write(bytes([number]))
            file.truncate(12_000_000)
    return tmp_path / "music"


@pytest.fixture
def heeded_signals() -> Iterator[None]:
    """Undo that a process started in the background ignores SIGINT, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("held", ["before the body is read", "before the answer"])
def test_ctrl_c_ends_running_uploads_and_begins_no_other(held: str, folder: Path, tmp_path: Path) -> None:
    begun: SimpleQueue[int] = SimpleQueue()
    gate = threading.Event()
    numbers = iter(range(FILES))

    def answer(request: StubRequest) -> StubResponse:
        if request.path == "tracks/check/":
            request.body()
            return 200, {"here": []}
        number = next(numbers)
        if number < ANSWERED or held == "before the answer":
            request.body()
        begun.put(number)
        if number >= ANSWERED:
            gate.wait()
        return 202, {"id": str(number), "duplicate": False}

    with stub_site(answer) as url:
        env = os.environ | {
            "EARMARK_URL": url,
            "EARMARK_TOKEN": "t",
            "EARMARK_CONFIG": str(tmp_path / "config"),
        }
        command = [sys.executable, "-m", "earmark_client.cli", "upload", "--jobs", str(JOBS), str(folder)]
        program = subprocess.Popen(
            command, cwd=ROOT / "clients/python", env=env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            for _ in range(ANSWERED + JOBS):
                begun.get(timeout=60)
            program.send_signal(signal.SIGINT)
            out, err = program.communicate(timeout=60)
        finally:
            program.kill()
            gate.set()
    assert program.returncode == 130
    told = re.fullmatch(
        r"Stopped: (\d+) sent, 0 there already, 0 failed, (\d+) not sent yet\. Run the same command to continue\.",
        err.strip(),
    )
    assert told, err
    # An upload whose answer has just come may not be counted yet.
    sent, left = map(int, told.groups())
    assert sent <= ANSWERED
    assert sent + left == FILES
    assert out == ""
    assert begun.empty()
