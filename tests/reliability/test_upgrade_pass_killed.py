"""`kill -9` of the worker in the middle of the upgrade pass: the next worker goes on where it stopped."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests import sounds
from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

TRACKS = 3


def services(installation: Installation, call: str) -> None:
    installation.manage(
        "shell", "--no-imports", "-c", f"from library import services; assert services.{call}()"
    )


def count(installation: Installation, table: str) -> int:
    ((number,),) = installation.sql(f"SELECT count(*) FROM library_{table}")
    return int(number)


def kill_worker(installation: Installation, point: str) -> None:
    assert installation.worker(point=point).wait(DEADLINE) == -signal.SIGKILL
    installation.expire_leases()


def run_to_the_end(installation: Installation) -> None:
    """A worker resumes the pass when it starts, by its sweep."""
    worker = installation.worker()
    wait_for(lambda: not count(installation, "upgradepass"))
    worker.terminate()
    assert worker.wait(DEADLINE) == 0


@pytest.fixture
def old(installation: Installation) -> Installation:
    """Tracks as an earlier version of Earmark left them: analysed, without their tags and vectors in rows."""
    if not installation.status():
        files = [installation.folder / f"{number}.wav" for number in range(TRACKS)]
        installation.upload(
            *(sounds.write(file, seconds=3.5 + number / 8) for number, file in enumerate(files))
        )
        assert installation.worker("--batch").wait(DEADLINE) == 0
    assert set(installation.status().values()) == {("ready", "", 1)}
    for table in ("filetags", "learningvector", "upgradeattempt"):
        installation.sql(f"DELETE FROM library_{table}")
    services(installation, "upgrade_pass_start")
    return installation


def what_must_stay(installation: Installation) -> list[list[tuple[Any, ...]]]:
    statements = (
        "SELECT id, genre, genre_source, prediction_id, updated_at, status FROM library_track ORDER BY id",
        "SELECT id, track_id, model_version, label, created_at FROM library_prediction ORDER BY id",
        "SELECT track_id, model, created_at FROM library_embedding ORDER BY track_id",
    )
    return [installation.sql(statement) for statement in statements]


def test_the_next_worker_goes_on(old: Installation) -> None:
    before = what_must_stay(old)
    done = []
    for point in ("one part filled in", "heard again, not stored", "one part filled in"):
        if done:
            services(old, "upgrade_pass_resume")
        kill_worker(old, point)
        done.append((count(old, "filetags"), count(old, "learningvector")))
    assert done == [(1, 0), (TRACKS, 0), (TRACKS, 1)]
    run_to_the_end(old)
    assert (count(old, "filetags"), count(old, "learningvector")) == (TRACKS, TRACKS)
    assert count(old, "upgradeattempt") == 0
    assert what_must_stay(old) == before
    assert old.stored_files() == old.referenced_files()


def test_a_file_that_kills_three_workers_kills_no_fourth(old: Installation) -> None:
    for number in range(3):
        if number:
            services(old, "upgrade_pass_resume")
        kill_worker(old, "heard again, not stored")
    run_to_the_end(old)
    assert old.sql("SELECT part, attempts FROM library_upgradeattempt") == [("vectors", 3)]
    newest = old.sql("SELECT id FROM library_track ORDER BY created_at DESC LIMIT 1")
    assert old.sql("SELECT track_id FROM library_upgradeattempt") == newest
    assert count(old, "learningvector") == TRACKS - 1
