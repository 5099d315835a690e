"""`make run`'s last step: web and worker start together, and one Ctrl-C ends all of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.live import DEADLINE, own_environment
from tests.reliability.installation import wait_for

ROOT = Path(__file__).resolve().parents[1]


def answer(url: str) -> str:
    """The first answer of a server that is just starting."""

    def ask() -> str | None:
        try:
            return httpx.get(url, timeout=60).text
        except httpx.ConnectError:
            return None

    return str(wait_for(ask))


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


@pytest.fixture
def own_port() -> Iterator[int]:
    """A port for a server that is told its number: it is held, and nobody else is given it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_one_ctrl_c_ends_it_all(tmp_path: Path, own: dict[str, str], own_port: int) -> None:
    address = f"127.0.0.1:{own_port}"
    env = own | {
        "EARMARK_BIND": address,
        "EARMARK_LOG_LEVEL": "INFO",  # the worker says when it starts
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
        output, _ = running.communicate(timeout=DEADLINE)
        assert running.returncode == 130
        assert "Traceback" not in output
        wait_for(lambda: still_running(tmp_path) == [])
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
