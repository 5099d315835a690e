"""The recipes of docs/api.md run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mutagen.id3 import APIC, ID3, TALB, TIT2, TPE1

from earmark_client import Library
from tests import sounds
from tests.covers import picture
from tests.live import ROOT, Site
from tests.reliability.installation import wait_for

RECIPES = re.findall(
    r"^### (.+?)\n.*?^```(sh|python)\n(.*?)^```", (ROOT / "docs" / "api.md").read_text(), re.M | re.S
)


@pytest.fixture
def env(site: Site, tmp_path: Path) -> dict[str, str]:
    """A library with one track on an album with a cover, and a folder with another song and three of a genre."""
    (tmp_path / "music" / "Dub").mkdir(parents=True)
    sounds.write(tmp_path / "music" / "song.mp3", seconds=5)
    for number in range(3):
        sounds.write(tmp_path / "music" / "Dub" / f"{number}.mp3", seconds=4.5 + number)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    command = bin_folder / "earmark"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m earmark_client.cli "$@"\n')
    command.chmod(0o755)
    token = site.token(f"{tmp_path.name}@example.org".replace("_", "-"))
    on_album = sounds.write(tmp_path / "other.mp3", seconds=4)
    tags = ID3()
    tags.add(TIT2(text="other"))
    tags.add(TPE1(text="The Gravel Kings"))
    tags.add(TALB(text="Foundry"))
    tags.add(APIC(mime="image/jpeg", type=3, data=picture()))
    tags.save(on_album)
    with Library(site.url, token) as library:
        track = library.upload(on_album)
        wait_for(lambda: library.track(track["id"])["status"] == "ready")
    return os.environ | {
        "EARMARK_URL": site.url,
        "EARMARK_TOKEN": token,
        "PYTHONPATH": str(ROOT / "clients" / "python"),
        "PATH": f"{bin_folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def test_there_are_recipes() -> None:
    assert len(RECIPES) == 9


@pytest.mark.parametrize(("title", "language", "code"), RECIPES, ids=[title for title, *_ in RECIPES])
def test_a_recipe(title: str, language: str, code: str, env: dict[str, str], tmp_path: Path) -> None:
    shell = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    run = subprocess.run([*shell, code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    if "unsure" not in code:
        assert run.stdout.strip()
    if title.startswith("Teach"):
        assert "Knows 3 examples" in run.stdout
        assert "other is like" in run.stdout
    if title.startswith("List the albums"):
        assert run.stdout == "The Gravel Kings\tFoundry\t\n"
        (cover,) = (tmp_path / "covers").iterdir()
        assert cover.read_bytes()[8:12] == b"WEBP"
