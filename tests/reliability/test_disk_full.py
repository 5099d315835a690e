"""On a disk that is full to the last byte, people still read, sign in and delete; a wrong disk is named at start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests import sounds
from tests.live import DEADLINE, ROOT, Site, own_environment, running_site

pytestmark = pytest.mark.skipif(
    "EARMARK_DATABASE_URL" in os.environ, reason="PostgreSQL has a disk of its own"
)
PASSWORD = "a quiet listening room"
ROOM = {"EARMARK_RESERVE_BYTES": str(4 * 2**20), "EARMARK_KEEP_FREE_BYTES": str(8 * 2**20)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB, if the system lets a test mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"only root can mount a disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> None:
    """Write until nothing more fits, not even a byte."""
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"\0" * 2**16)
    with (disk / "rest").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"\0")
    assert os.statvfs(disk).f_bavail == 0


def sign_in(browser: httpx.Client) -> None:
    page = browser.get("/account/login/")
    assert page.status_code == 200
    form = dict(re.findall(r'name="(csrfmiddlewaretoken|idempotency_key)" value="([^"]+)"', page.text))
    form |= {"username": "alice@example.org", "password": PASSWORD}
    assert browser.post("/account/login/", data=form).status_code == 302


def test_reading_signing_in_and_deleting_go_on(disk: Path, tmp_path: Path) -> None:
    song = sounds.write(tmp_path / "song.wav", seconds=3.5)
    with running_site(disk, workers=0, **ROOM) as site:
        token = site.token("alice@example.org")
        with site.client(Authorization=f"Bearer {token}") as program, song.open("rb") as file:
            track = program.post("/api/v1/tracks/", files={"file": file}).raise_for_status().json()
            assert (disk / "reserve").stat().st_size == 4 * 2**20
            fill(disk)

            assert program.get("/api/v1/tracks/").json()["results"]
            assert not (disk / "reserve").exists()
            with httpx.Client(base_url=site.url, timeout=DEADLINE) as browser:
                sign_in(browser)
                assert song.name.removesuffix(".wav") in browser.get("/").text
                assert "not enough room" in browser.get("/upload/").text
            other = sounds.write(tmp_path / "other.wav", seconds=4)
            with other.open("rb") as more:
                refused = program.post("/api/v1/tracks/", files={"file": more})
            assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
            begun = program.post(
                "/api/v1/uploads/",
                headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(other.stat().st_size)},
            )
            if begun.status_code == 201:
                refused = program.patch(
                    begun.headers["Location"],
                    content=other.read_bytes(),
                    headers={
                        "Tus-Resumable": "1.0.0", "Upload-Offset": "0",
                        "Content-Type": "application/offset+octet-stream",
                    },
                )  # fmt: skip
                assert refused.status_code == 507
            assert program.delete(f"/api/v1/tracks/{track['id']}/").status_code == 204
            assert program.get("/api/v1/bin/").json()["results"]


def test_uploads_stop_before_the_disk_is_full(disk: Path, tmp_path: Path) -> None:
    song = sounds.write(tmp_path / "song.wav", seconds=3.5)
    full = ROOM | {"EARMARK_KEEP_FREE_BYTES": str(2**30)}
    with (
        running_site(disk, workers=0, **full) as site,
        site.client(Authorization=f"Bearer {site.token('alice@example.org')}") as program,
    ):
        with song.open("rb") as file:
            refused = program.post("/api/v1/tracks/", files={"file": file})
        assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
        assert program.get("/api/v1/tracks/").json()["results"] == []


def prepare(env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr.strip()


def test_a_disk_that_is_read_only(disk: Path) -> None:
    with own_environment(disk) as env:
        assert prepare(env | ROOM)[0] == 0
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        status, said = prepare(env | ROOM)
        assert status == 1
        assert said.startswith("CommandError: Earmark cannot write to")
        assert "read-only" in said
        assert "Traceback" not in said

        status, said = prepare(env | {"EARMARK_DATA_DIR": str(disk / "new")})
        assert status == 1
        assert "cannot be made or written to" in said.splitlines()[-1]


def test_a_data_folder_that_was_moved(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    with own_environment(here) as env:
        url = f"sqlite:///{tmp_path / 'earmark.sqlite3'}"
        site = Site("", env | {"EARMARK_DATABASE_URL": url} | ROOM)
        site.manage("prepare")
        site.manage("shell", "--no-imports", "-c", ADD_TRACK)
        status, said = prepare(site.env | {"EARMARK_DATA_DIR": str(there)})
        assert status == 1
        assert "Was the data folder moved" in said
        assert prepare(site.env)[0] == 0


ADD_TRACK = """
from library import services
from tests.factories import upload
owner = services.user_add(email="alice@example.org", password="a quiet listening room")
services.track_add(owner=owner, upload=upload())
"""
