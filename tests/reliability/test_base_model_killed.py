"""`kill -9` while another base model listens, and while tracks follow it: it goes on there, nothing is done twice."""

from __future__ import annotations

import signal
from typing import Any

from tests import sounds
from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

TRACKS = 3
REANALYSE = ("reanalyse", "--model", "mfcc-cnn-1")
DECIDE = """
from library import services
from library.models import BaseModelChange
services.base_model_{what}(change=BaseModelChange.objects.get())
"""


def killed(installation: Installation, point: str, *arguments: str) -> None:
    process = installation.start("-m", "tests.reliability.crash_points", point, *arguments)
    assert process.wait(DEADLINE) == -signal.SIGKILL


def what_counts(installation: Installation) -> list[list[tuple[Any, ...]]]:
    statements = (
        "SELECT id, genre, genre_source, confidence, prediction_id, mood_lines FROM library_track ORDER BY id",
        "SELECT track_id, name, score FROM library_mood ORDER BY track_id, name",
        "SELECT track_id, model, vector FROM library_embedding ORDER BY track_id",
        "SELECT track_id, space, vector FROM library_learningvector ORDER BY track_id",
    )
    return [installation.sql(statement) for statement in statements]


def rows(installation: Installation) -> list[tuple[int, int]]:
    """How many rows there are, and how many of them are swapped."""
    swapped = "SUM(CASE WHEN is_swapped THEN 1 ELSE 0 END)"
    ((count, done),) = installation.sql(f"SELECT COUNT(*), {swapped} FROM library_basemodelrow")
    return [(count, done or 0)]


def run_worker_until_swapped(installation: Installation, count: int) -> None:
    """A worker finds what was left by its sweep, when it starts."""
    installation.expire_leases()
    worker = installation.worker()
    wait_for(lambda: rows(installation) == [(TRACKS, count)])
    worker.terminate()
    assert worker.wait(DEADLINE) == 0


def test_killed_at_every_step(installation: Installation) -> None:
    files = [installation.folder / f"{number}.wav" for number in range(TRACKS)]
    installation.upload(*(sounds.write(file, seconds=3.5 + number / 8) for number, file in enumerate(files)))
    assert installation.worker("--batch").wait(DEADLINE) == 0
    before = what_counts(installation)

    killed(installation, "heard by another model", *REANALYSE)
    assert rows(installation) == [(1, 0)]
    killed(installation, "heard by another model, not stored", *REANALYSE)
    assert rows(installation) == [(1, 0)]
    said = installation.manage(*REANALYSE)
    assert "2 heard" in said
    assert rows(installation) == [(TRACKS, 0)]
    ((predictions,),) = installation.sql("SELECT COUNT(*) FROM library_prediction")
    assert predictions == 2 * TRACKS
    assert what_counts(installation) == before

    shell = ("shell", "--no-imports", "-c")
    killed(installation, "tracks exchanged, not committed", *shell, DECIDE.format(what="activate"))
    # It is in use; the tracks are still to follow.
    assert rows(installation) == [(TRACKS, 0)]
    assert what_counts(installation) == before
    run_worker_until_swapped(installation, TRACKS)
    assert installation.sql("SELECT DISTINCT model FROM library_embedding") == [("mfcc-cnn-1 1.0.0",)]

    killed(installation, "tracks exchanged, not committed", *shell, DECIDE.format(what="go_back"))
    assert rows(installation) == [(TRACKS, TRACKS)]
    run_worker_until_swapped(installation, 0)
    assert what_counts(installation) == before
