"""The client's output when nobody reads it, and on terminals that lack some letters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import ROOT
from tests.stub_server import StubRequest, StubResponse, stub_site

TRACK = {
    "id": "1",
    "title": "Jóga “愛”",
    "original_name": "愛.mp3",
    "status": "ready",
    "error": None,
    "genre": {"label": "Pop"},
    "duplicate": False,
}


def answer(request: StubRequest) -> StubResponse:
    body = request.body()
    if b"refuse me" in body:
        return 415, {"code": "not_audio", "detail": "No “music”."}
    if request.path == "tracks/check/":
        return 200, {"here": []}
    if request.path == "tracks/" and request.method == "GET":
        return 200, {"results": [TRACK] * 2000, "next": None}
    return 200, TRACK


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with stub_site(answer) as url:
        # Unbuffered, so that flushing cannot fail at exit.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        yield env | {
            "EARMARK_URL": url,
            "EARMARK_TOKEN": "t",
            "EARMARK_CONFIG": str(tmp_path / "config"),
        }


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "Jóga “愛”.mp3"
    path.write_bytes(b"music")
    return path


def earmark(
    *arguments: str | Path, env: dict[str, str], **options: Any
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "earmark_client.cli", *arguments]
    return subprocess.run(command, cwd=ROOT / "clients/python", env=env, timeout=60, **options)


@pytest.mark.parametrize("errors_too", [False, True], ids=["output", "output and errors"])
@pytest.mark.parametrize("command", ["upload", "upload --wait", "export", "--help"])
def test_nobody_reads(command: str, errors_too: bool, env: dict[str, str], song: Path) -> None:
    """As in `earmark upload … | head`: it ends like other programs, without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    refused = song.with_name("refused.mp3")
    refused.write_bytes(b"refuse me")
    paths = [song, refused] if command.startswith("upload") else []
    errors = writing if errors_too else subprocess.PIPE
    run = earmark(*command.split(), *paths, env=env, stdout=writing, stderr=errors)
    os.close(writing)
    assert run.returncode == 141
    assert [line for line in (run.stderr or b"").splitlines() if os.fsencode(refused) not in line] == []


@pytest.mark.parametrize(
    "terminal",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=["C", "C without UTF-8", "ascii"],
)
def test_a_terminal_without_all_letters(terminal: dict[str, str], env: dict[str, str], song: Path) -> None:
    refused = song.with_name("愛.mp3")
    refused.write_bytes(b"refuse me")
    run = earmark("upload", "--wait", song, refused, env=env | terminal, capture_output=True)
    assert run.returncode == 1
    said = (run.stdout + run.stderr).decode("utf-8")
    assert "1 sent, 0 there already, 1 failed.\n" in said
    assert "Traceback" not in said
    assert "愛.mp3: No “music”." in said or r"\u611b.mp3: No \u201cmusic\u201d." in said
    assert "Jóga “愛”: Pop" in said or r"J\xf3ga \u201c\u611b\u201d: Pop" in said

    run = earmark("export", env=env | terminal, capture_output=True)
    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout.decode("utf-8").splitlines()[0])["title"] == TRACK["title"]
