"""Folders that the client uploads: odd names are uploaded, and skipped files are reported."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from earmark_client import Library
from earmark_client.cli import main
from earmark_client.folders import find_music
from tests import sounds
from tests.live import ROOT, Site
from tests.stub_server import StubRequest, StubResponse, stub_site


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The site's logging is configured in this process, and would log the client's requests."""
    caplog.set_level(logging.WARNING, "httpx")


@pytest.fixture
def library(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    token = site.token(f"{secrets.token_hex(6)}@example.org")
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("EARMARK_URL", site.url)
    monkeypatch.setenv("EARMARK_TOKEN", token)
    return Library(site.url, token)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


@pytest.mark.parametrize("large", [False, True], ids=["whole", "in pieces"])
def test_a_name_that_is_not_utf8_goes_up(
    library: Library,
    music: Path,
    large: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if large:
        monkeypatch.setattr("earmark_client.library.TUS_FROM_BYTES", 10_000)
    sounds.write(music / "a.wav", seconds=3.5).rename(music / os.fsdecode(b"Mot\xf6rhead.wav"))
    sounds.write(music / "z.wav", seconds=4)
    (music / os.fsdecode(b"no m\xfcsic.mp3")).write_bytes(b"no music at all")
    assert main(["upload", str(music)]) == 1
    told = capsys.readouterr()
    assert told.out == "2 sent, 0 there already, 1 failed.\n"
    assert f"  {music}/no m\ufffdsic.mp3: This is not an audio file" in told.err
    names = sorted(track["original_name"] for track in library.tracks())
    assert names == ["Mot\ufffdrhead.wav", "z.wav"]


def test_what_is_left_out_is_said_and_counted(
    library: Library, music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sounds.write(music / "song.ogg", seconds=4)
    for name in ["1.jpg", "2.JPG", "3.txt", "LICENSE", ".hidden.mp3"]:
        (music / name).write_bytes(b"something else")
    (music / ".git").mkdir()
    (tmp_path / "elsewhere").mkdir()
    sounds.write(tmp_path / "elsewhere" / "other.ogg", seconds=5)
    (music / "link").symlink_to(tmp_path / "elsewhere")
    # Reported once, although the folder is given twice.
    assert main(["upload", str(music), str(music)]) == 0
    told = capsys.readouterr()
    assert told.out == "1 sent, 0 there already, 0 failed.\n"
    assert told.err == (
        "Left out: 4 files that are not music (.jpg 2, .txt 1, no extension 1); 2 hidden files or folders; "
        f"1 folder that is a link: {music}/link.\n"
    )
    # A link that is given itself is followed.
    assert main(["upload", str(music / "link")]) == 0
    assert capsys.readouterr().out == "1 sent, 0 there already, 0 failed.\n"


def test_a_folder_that_cannot_be_read_is_named_and_fails(
    library: Library, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root may read everything, but no path that is too long."""
    sounds.write(music / "song.ogg", seconds=4)
    here = os.open(music, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert main(["upload", str(music)]) == 1
    told = capsys.readouterr()
    assert told.out == "1 sent, 0 there already, 0 failed.\n"
    assert told.err.startswith(f"Left out: 1 folder that cannot be read: {music}/ddd")
    assert told.err.endswith("d (File name too long).\n")


def test_many_kinds_and_folders_are_counted_not_listed(music: Path) -> None:
    for number in range(7):
        (music / f"file.{number}").touch()
        (music / f"link{number}").symlink_to(music)
    kinds, links = find_music([music]).left_out_lines()
    assert kinds.startswith("7 files that are not music (")
    assert kinds.endswith(", others 2)")
    assert links.startswith(f"7 folders that are links: {music}/link0, ")
    assert links.endswith("link4 and 2 more")


def test_a_name_cannot_steer_the_terminal(music: Path) -> None:
    (music / "a.\x1b[2J\n").touch()
    assert find_music([music]).left_out_lines() == ["1 file that is not music (.\ufffd[2j\ufffd 1)"]


@pytest.mark.parametrize("named", [False, True], ids=["in a folder", "named"])
def test_a_pipe_is_never_opened(named: bool, music: Path, tmp_path: Path) -> None:
    """Opening a FIFO waits until another process opens it for writing."""
    os.mkfifo(music / "pipe.mp3")
    (music / "song.mp3").write_bytes(b"music")

    def answer(request: StubRequest) -> StubResponse:
        request.body()
        return 200, {"here": [], "id": "1", "duplicate": False}

    with stub_site(answer) as url:
        paths = [music / "pipe.mp3", music / "song.mp3"] if named else [music]
        run = subprocess.run(
            [sys.executable, "-m", "earmark_client.cli", "upload", *paths],
            cwd=ROOT / "clients/python",
            env=os.environ | {"EARMARK_URL": url, "EARMARK_TOKEN": "t", "EARMARK_CONFIG": str(tmp_path / "c")},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert run.returncode == 1
    assert run.stdout == "1 sent, 0 there already, 1 failed.\n"
    assert (
        run.stderr == f"  {music}/pipe.mp3: This is not a regular file, but a pipe, a socket or a device.\n"
    )


def test_a_copy_of_a_file_that_was_refused_has_failed_too(
    library: Library, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (music / "a.mp3").write_bytes(b"no music at all")
    (music / "copy.mp3").write_bytes(b"no music at all")
    assert main(["upload", str(music)]) == 1
    told = capsys.readouterr()
    assert told.out == "0 sent, 0 there already, 2 failed.\n"
    assert f"  {music}/copy.mp3: This is not an audio file" in told.err
