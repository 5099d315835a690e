"""`make run`'s last step: web and worker start together, and one Ctrl-C ends all of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live import own_environment

ROOT = Path(__file__).resolve().parents[1]


def answer(url: str) -> str:
    """The first answer of a server that is just starting."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.read().decode()
        except urllib.error.URLError:
            threading.Event().wait(0.1)
    raise AssertionError("the site does not answer")


def still_running(folder: Path) -> list[int]:
    """Processes that were started with this data folder (Linux)."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        # A process may end while one looks, and those of others cannot be read.
        with suppress(OSError):
            if f"EARMARK_DATA_DIR={folder}".encode() in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[dict[str, str]]:
    with own_environment(tmp_path) as env:
        yield env


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_one_ctrl_c_ends_it_all(tmp_path: Path, own: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    env = own | {
        "EARMARK_BIND": address,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True)
    running = subprocess.Popen(
        ["honcho", "start"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert "Sign in" in answer(f"http://{address}/account/login/")
        assert running.stdout is not None
        for line in running.stdout:
            if "Starting worker" in line:
                break
        assert len(still_running(tmp_path)) >= 3
        os.killpg(running.pid, signal.SIGINT)
        output, _ = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "Traceback" not in output
        assert still_running(tmp_path) == []
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
