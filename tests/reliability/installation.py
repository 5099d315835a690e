"""A site whose processes may be killed, with access to its rows and files from outside."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg2

from tests.live import DEADLINE, ROOT, Site

ADD = """
import sys
from pathlib import Path
from library import services
from library.models import User
from library.incoming.handler import OnDiskUploadedFile
owner = User.objects.filter(email="alice@example.org").first() or services.user_add(
    email="alice@example.org", password="a quiet listening room")
for path in {paths!r}:
    services.track_add(owner=owner, upload=OnDiskUploadedFile(Path(path), Path(path).name))
"""
#: Names of all stored files that rows name.
NAMED = " UNION ".join(
    f"SELECT {name} FROM library_track WHERE {name} <> ''"
    for name in ("original", "peaks", "spectrogram", "playable")
)
LONG_AGO = "'2001-01-01 00:00:00'"
WORKER = ("worker", "--interval", "0.1", "--no-startup-delay")


def wait_for(condition: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """The first true value that `condition` returns; polls it, with a deadline.

    For what stays as it is once it is there. What passes is waited for at a gate: `Place.worker_at_the_gate`.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen in time")


@dataclass
class Installation:
    folder: Path
    env: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "tmp").mkdir()
        # By this variable, left-over processes are found.
        self.env = self.env | {"TMPDIR": str(self.folder / "tmp"), "EARMARK_LOG_LEVEL": "WARNING"}

    @property
    def site(self) -> Site:
        return Site("", self.env)

    def manage(self, *arguments: str) -> str:
        return self.site.manage(*arguments)

    def start(self, *command: str, pass_fds: tuple[int, ...] = (), **env: str) -> subprocess.Popen[bytes]:
        """Start a process of the site, with its output in a file of the folder."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT, env=self.env | env, stdout=log, stderr=log, pass_fds=pass_fds, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, *arguments: str, point: str = "", **env: str) -> subprocess.Popen[bytes]:
        """Start a worker; with `point`, one that is killed there."""
        program = ("-m", "tests.reliability.crash_points", point) if point else ("manage.py",)
        return self.start(*program, *WORKER, *arguments, **env)

    @contextmanager
    def worker_paused_at(self, stage: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that has reached this stage of a track and is paused there until the block ends."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                gate = ("-m", "tests.reliability.pause_point", stage, str(theirs.fileno()))
                worker = self.start(*gate, *WORKER, pass_fds=(theirs.fileno(),), **env)
            ours.settimeout(DEADLINE)
            assert ours.recv(1), "the worker has ended"
            yield worker

    def stop(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def upload(self, *paths: Path) -> None:
        """Let Alice upload files. They are moved into the library."""
        self.manage("shell", "--no-imports", "-c", ADD.format(paths=[str(path) for path in paths]))

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Query or change the database directly."""
        if url := self.env.get("EARMARK_DATABASE_URL"):
            connection: Any = psycopg2.connect(url)
        else:
            connection = sqlite3.connect(self.folder / "earmark.sqlite3", timeout=30)
        with closing(connection), connection, closing(connection.cursor()) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def status(self) -> dict[str, tuple[str, str, int]]:
        """Status, error code and attempts of each track, by file name."""
        rows = self.sql("SELECT original_name, status, error_code, attempts FROM library_track")
        return {name: (status, code, attempts) for name, status, code, attempts in rows}

    def all_finished(self) -> bool:
        return all(status in ("ready", "failed") for status, _, _ in self.status().values())

    def expire_leases(self) -> None:
        """Make every lease expire, and every queued track look as if it had waited for long."""
        self.sql(f"UPDATE library_track SET leased_until = {LONG_AGO} WHERE leased_until IS NOT NULL")
        self.sql(f"UPDATE library_track SET updated_at = {LONG_AGO} WHERE status = 'queued'")
        self.sql(f"UPDATE library_upgradepass SET leased_until = {LONG_AGO}")
        self.sql(f"UPDATE library_learnedmodelfit SET leased_until = {LONG_AGO}")
        self.sql(f"UPDATE library_conceptpass SET leased_until = {LONG_AGO}")
        self.sql(f"UPDATE library_learnedmodel SET updated_at = {LONG_AGO}")
        self.sql(f"UPDATE library_basemodelchange SET updated_at = {LONG_AGO}")

    def stored_files(self) -> set[str]:
        files = self.folder / "files"
        return {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}

    def referenced_files(self) -> set[str]:
        return {name for (name,) in self.sql(NAMED)}

    def originals(self) -> dict[str, bool]:
        """Whether the stored bytes of each track are those that were uploaded, by file name."""
        rows = self.sql("SELECT original_name, original, sha256 FROM library_track")
        return {
            name: hashlib.sha256((self.folder / "files" / stored).read_bytes()).hexdigest() == digest
            for name, stored, digest in rows
        }

    def remaining_processes(self) -> list[int]:
        """Ids of this site's processes (on Linux)."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if f"TMPDIR={self.folder}/tmp".encode() in environment.read_bytes().split(b"\0"):
                    found.append(int(environment.parent.name))
        return found


@contextmanager
def serving(
    installation: Installation, token: str, point: str = "", **env: str
) -> Iterator[tuple[httpx.Client, int]]:
    """A web server, killed at the end: a client of it, and its process id."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        bind = f"fd://{listening.fileno()}"
        gunicorn = ("gunicorn", "--config", "python:config.server", "config.asgi", "--bind", bind)
        program = ("-m", "tests.reliability.crash_points", point) if point else ("-m",)
        process = installation.start(*program, *gunicorn, pass_fds=(listening.fileno(),), **env)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE
        ) as client:
            yield client, process.pid
        kill(process.pid)


def receives_into(folder: Path, pid: int) -> bool:
    """Whether a process of this web server receives a body into a file of the folder, which has no name."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    opened = [link for child in children for link in Path(f"/proc/{child}/fd").iterdir()]
    return any(os.readlink(link).startswith(f"{folder}/#") for link in opened if link.is_symlink())


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
