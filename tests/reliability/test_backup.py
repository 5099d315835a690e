"""A library that is backed up and restored is the same as before, byte for byte."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import sounds
from tests.live import own_environment
from tests.reliability.installation import Installation, wait_for

Capture = pytest.CaptureFixture[str]
TABLES = ("user", "track", "prediction", "embedding", "learningvector", "mood", "concept", "answer", "cover")

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
    """Two analysed tracks, one of them with a cover, one in the queue, and one that failed."""
    songs = [
        sounds.write(installation.folder / f"{n}.mp3", seconds=3.5 + n / 8, cover=n == 0) for n in range(2)
    ]
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
    assert "11 files" in library.manage(
        "backup", str(saved)
    )  # four originals, four pictures, a cover in three sizes
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


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def original_of(library: Installation, name: str) -> Path:
    [(stored,)] = library.sql(f"SELECT original FROM library_track WHERE original_name = '{name}'")
    return library.folder / "files" / stored


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


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
@pytest.mark.parametrize("since", ["0.2", "0.1"])
def test_a_damaged_database_changes_nothing(
    library: Installation, tmp_path: Path, damage: Callable[[Path], None], since: str, capfd: Capture
) -> None:
    """A backup of 0.1 has no checksum of its database: there, only what cannot be read is noticed."""
    library.manage("backup", str(tmp_path))
    [database] = [path for path in tmp_path.glob("database.*") if path.name != "database.sha256"]
    if since == "0.1":
        (tmp_path / "database.sha256").unlink()
        damage = cut if damage is flip else damage
    damage(database)
    before, files = rows(library), contents(library)
    capfd.readouterr()
    with pytest.raises(subprocess.CalledProcessError):
        library.manage("restore", "--force", str(tmp_path))
    said = capfd.readouterr().err
    assert said.startswith("CommandError: "), said
    assert "Nothing was changed" in said or "has no database" in said
    assert (rows(library), contents(library)) == (before, files)


def test_what_decayed_is_named_and_a_good_copy_is_kept_and_restored(
    library: Installation, tmp_path: Path, capfd: Capture
) -> None:
    """A flipped bit is found by reading, so by the first backup; a wrong size by each of them."""
    library.manage("backup", str(tmp_path / "saved"))
    before = contents(library)
    damaged = [original_of(library, name) for name in ("0.mp3", "1.mp3", "waits.wav")]
    for path, damage in zip(damaged, [flip, cut, lambda path: path.write_bytes(b"")], strict=True):
        damage(path)

    for folder, expected in [("saved", damaged[1:]), ("fresh", damaged)]:
        capfd.readouterr()
        with pytest.raises(subprocess.CalledProcessError) as failed:
            library.manage("backup", str(tmp_path / folder))
        assert failed.value.returncode == 1
        said = capfd.readouterr().err
        assert said.count("no longer what was uploaded") == len(expected)
        assert all(str(path.relative_to(library.folder / "files")) in said for path in expected)

    library.manage("restore", "--force", str(tmp_path / "saved"))
    assert contents(library) == before
    library.manage("doctor", "--verify", "--again")

    with pytest.raises(subprocess.CalledProcessError):  # what was damaged already is not called whole
        library.manage("restore", "--force", str(tmp_path / "fresh"))
    assert "damaged or missing: 3" in capfd.readouterr().err
    library.manage("doctor", "--repair-from", str(tmp_path / "saved"))
    assert contents(library) == before
    library.manage("restore", "--force", str(tmp_path / "saved"))


def test_a_second_backup_looks_at_what_is_there(library: Installation, tmp_path: Path) -> None:
    library.manage("backup", str(tmp_path))
    [original, picture] = [next((tmp_path / "files").rglob(kind)) for kind in ("original.mp3", "peaks*")]
    cut(original)
    picture.unlink()
    assert "11 files are in" in (said := library.manage("backup", str(tmp_path)))
    assert "2 of them were copied now" in said
    subprocess.run(["sha256sum", "--check", "--quiet", "files.sha256"], cwd=tmp_path, check=True)
    (tmp_path / "files.sha256").unlink()  # as after a backup that was killed
    assert "7 of them were copied now" in library.manage("backup", str(tmp_path))  # not the originals


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
