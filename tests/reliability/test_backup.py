"""A library that is backed up and restored is the same as before, byte for byte."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import sounds
from tests.live import own_environment
from tests.reliability.installation import Installation, wait_for

TABLES = ("user", "track", "prediction", "embedding", "learningvector", "mood", "concept", "answer")

TEACH = """
from library import services
concept = services.concept_add(owner=Track.objects.first().owner, tag="late")
services.concept_answer(concept=concept, track=Track.objects.first(), yes=False)
"""


@pytest.fixture(scope="module", autouse=True)
def needs_tools(installation: Installation) -> None:
    if "EARMARK_DATABASE_URL" in installation.env and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed")


@pytest.fixture(scope="module")
def library(installation: Installation) -> Installation:
    """Two analysed tracks, one in the queue, and one that failed."""
    songs = [sounds.write(installation.folder / f"{n}.mp3", seconds=3.5 + n / 8) for n in range(2)]
    installation.upload(*songs, sounds.write(installation.folder / "too short.wav", seconds=1))
    worker = installation.worker()
    wait_for(installation.all_finished)
    worker.terminate()
    worker.wait()
    installation.upload(sounds.write(installation.folder / "waits.wav", seconds=3.5))
    installation.manage("shell", "--command", TEACH)
    return installation


def rows(installation: Installation) -> dict[str, list[Any]]:
    """All rows by table. PostgreSQL returns binary columns as memoryviews, whose repr does not show their bytes."""

    def shown(row: tuple[Any, ...]) -> str:
        return repr([bytes(value) if isinstance(value, memoryview) else value for value in row])

    return {table: sorted(map(shown, installation.sql(f"SELECT * FROM library_{table}"))) for table in TABLES}


def contents(installation: Installation) -> dict[str, str]:
    return {
        name: hashlib.sha256((installation.folder / "files" / name).read_bytes()).hexdigest()
        for name in installation.stored_files()
    }


def test_there_and_back(library: Installation, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    assert "8 files" in library.manage("backup", str(saved))  # four originals, four pictures
    subprocess.run(["sha256sum", "--check", "--quiet", "files.sha256"], cwd=saved, check=True)

    (tmp_path / "new").mkdir()
    with own_environment(tmp_path / "new") as env:
        new = Installation(tmp_path / "new", env)
        assert "No problems found." in new.manage("restore", str(saved))
        assert all(rows(library).values())
        assert rows(new) == rows(library)
        assert contents(new) == contents(library)
        assert all(new.originals().values())

        with pytest.raises(subprocess.CalledProcessError):
            new.manage("restore", str(saved))  # there is a library already
        new.manage("restore", "--force", str(saved))
        assert rows(new) == rows(library)

        new.worker()  # it works: the queued track is analysed
        wait_for(new.all_finished)
        new.stop()
        assert new.status()["waits.wav"][0] == "ready"


def test_a_second_backup_copies_only_what_is_new(library: Installation, tmp_path: Path) -> None:
    library.manage("backup", str(tmp_path))
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "files").rglob("*.*")}
    library.manage("backup", str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "files").rglob("*.*")} == times


def rot(file: Path) -> None:
    file.write_bytes(b"rotten")


@pytest.mark.parametrize("damage", [rot, Path.unlink])
def test_a_damaged_backup_changes_nothing(
    library: Installation, tmp_path: Path, damage: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    library.manage("backup", str(tmp_path))
    damage(next((tmp_path / "files").rglob("original.mp3")))
    before = rows(library)
    with pytest.raises(subprocess.CalledProcessError):
        library.manage("restore", "--force", str(tmp_path))
    assert "Nothing was changed" in capfd.readouterr().err
    assert rows(library) == before


def test_the_bin_is_not_in_it(library: Installation, tmp_path: Path) -> None:
    """The dump has its rows, but the backup lacks their files, so restoring deletes them."""
    library.sql(
        "UPDATE library_track SET deleted_at = '2026-01-01 00:00:00+00:00' WHERE original_name = '0.mp3'"
    )
    try:
        library.manage("backup", str(tmp_path / "saved"))
    finally:
        library.sql("UPDATE library_track SET deleted_at = NULL")
    (tmp_path / "new").mkdir()
    with own_environment(tmp_path / "new") as env:
        new = Installation(tmp_path / "new", env)
        assert "No problems found." in new.manage("restore", str(tmp_path / "saved"))
        names = {name for (name,) in new.sql("SELECT original_name FROM library_track")}
        assert names == {"1.mp3", "too short.wav", "waits.wav"}
