"""`kill -9` of the web process during an upload: nothing incomplete is kept, and accepted files are analysed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import sounds
from tests.reliability.installation import Installation, kill, receives_into, serving, wait_for

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def token(installation: Installation) -> str:
    return installation.site.token("alice@example.org")


@pytest.fixture
def song(tmp_path: Path, request: pytest.FixtureRequest) -> bytes:
    """A different file for each test."""
    seed = sum(request.node.name.encode())
    return sounds.write(tmp_path / "song.wav", seconds=3.5, seed=seed).read_bytes()


def test_half_a_form_is_no_upload(installation: Installation, token: str, song: bytes) -> None:
    before = installation.stored_files()
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'
    tail = b"\r\n--b--\r\n"

    def half() -> Iterator[bytes]:
        yield head
        yield song[: len(song) // 2]
        wait_for(lambda: receives_into(installation.folder / "incoming", pid))
        kill(pid)
        yield song[len(song) // 2 :]
        yield tail

    length = len(head) + len(song) + len(tail)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(length)}
    with serving(installation, token) as (client, pid), pytest.raises(httpx.TransportError):
        client.post("/tracks/", content=half(), headers=headers)
    assert installation.stored_files() == before
    assert installation.status() == {}


def test_a_file_in_pieces_goes_on_where_it_was(installation: Installation, token: str, song: bytes) -> None:
    half = len(song) // 2
    with serving(installation, token) as (client, pid):
        begun = client.post("/uploads/", headers=TUS | {"Upload-Length": str(len(song))})
        address = httpx.URL(begun.headers["Location"]).path.removeprefix("/api/v1")
        [waiting] = (installation.folder / "incoming/partial").iterdir()

        def pieces() -> Iterator[bytes]:
            yield song[:half]
            wait_for(lambda: waiting.stat().st_size > 0)
            kill(pid)
            yield song[half:]

        headers = TUS | {"Upload-Offset": "0", "Content-Length": str(len(song))}
        with pytest.raises(httpx.TransportError):
            client.patch(address, content=pieces(), headers=headers)

    with serving(installation, token) as (client, _):
        offset = int(client.head(address, headers=TUS).headers["Upload-Offset"])
        assert 0 < offset <= half
        done = client.patch(address, content=song[offset:], headers=TUS | {"Upload-Offset": str(offset)})
        assert done.headers["Earmark-State"] == "added"
        track = done.headers["Earmark-Track"].removeprefix("/api/v1")
        assert client.get(f"{track}file/").content == song
    assert not waiting.exists()
    assert all(installation.originals().values())


def test_a_file_stored_before_its_row_is_orphaned_and_can_be_uploaded_again(
    installation: Installation, token: str, song: bytes
) -> None:
    before = installation.referenced_files()
    with serving(installation, token, "upload stored") as (client, _), pytest.raises(httpx.TransportError):
        client.post("/tracks/", files={"file": ("twice.wav", song)})
    assert installation.referenced_files() == before
    [orphaned] = installation.stored_files() - before

    os.utime(installation.folder / "files" / orphaned, (0, 0))
    assert orphaned in installation.manage("doctor")
    assert installation.stored_files() == before

    with serving(installation, token) as (client, _):
        assert client.post("/tracks/", files={"file": ("twice.wav", song)}).status_code == 202
    assert installation.stored_files() == installation.referenced_files()


def test_a_row_without_its_task_is_analysed_all_the_same(
    installation: Installation, token: str, song: bytes
) -> None:
    """The process dies after committing the row and before enqueueing the task."""
    # Analyse what other tests left: a worker that is busy at its start looks for lost tasks a minute later.
    installation.manage("worker", "--batch", "--no-startup-delay")
    with serving(installation, token, "upload committed") as (client, _), pytest.raises(httpx.TransportError):
        client.post("/tracks/", files={"file": ("no task.wav", song)})
    assert installation.status()["no task.wav"] == ("queued", "", 0)
    installation.expire_leases()
    installation.worker()
    wait_for(installation.all_finished)
    assert installation.status()["no task.wav"] == ("ready", "", 1)
    assert installation.stored_files() == installation.referenced_files()
    assert all(installation.originals().values())
