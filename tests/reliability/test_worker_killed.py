"""`kill -9` of the worker at every point: the next worker finishes its track, exactly once."""

from __future__ import annotations

import signal
import sys

import pytest

from tests import sounds
from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

#: The point where a worker is killed → attempts until the track is ready.
POINTS = {
    "claimed": 1,
    "leased": 2,
    "decoding": 2,
    "listening": 2,
    "drawing": 2,
    "one file stored": 2,
    "all files stored": 2,
    "row written, not committed": 2,
    "row committed": 1,
}


def name(point: str) -> str:
    return f"killed when {point}.wav"


@pytest.fixture(scope="module")
def killed(installation: Installation) -> Installation:
    """A worker was killed at each point, with a track of its own; then another one ran until the queue was empty."""
    files = [
        sounds.write(installation.folder / name(point), seconds=3.5 + number / 8)
        for number, point in enumerate(POINTS)
    ]
    installation.upload(*files)
    for point in POINTS:
        # Takes the first task in the queue: tasks of dead workers do not come back by themselves.
        assert installation.worker(point=point).wait(DEADLINE) == -signal.SIGKILL
    installation.expire_leases()
    living = installation.worker()
    wait_for(installation.all_finished)
    living.terminate()
    assert living.wait(DEADLINE) == 0
    return installation


@pytest.mark.parametrize("point", POINTS)
def test_the_track_is_ready_exactly_once(killed: Installation, point: str) -> None:
    assert killed.status()[name(point)] == ("ready", "", POINTS[point])
    heard = killed.sql(
        f"SELECT count(*) FROM library_prediction p JOIN library_track t ON t.id = p.track_id "
        f"WHERE t.original_name = '{name(point)}'"
    )
    assert heard == [(1,)]
    assert killed.originals()[name(point)]


def test_no_file_is_left_and_none_is_missing(killed: Installation) -> None:
    assert killed.stored_files() == killed.referenced_files()
    assert len(killed.stored_files()) == 3 * len(POINTS)  # original, peaks, spectrogram


def test_a_file_that_kills_three_workers_kills_no_fourth(
    installation: Installation, killed: Installation
) -> None:
    installation.upload(sounds.write(installation.folder / "poison.wav", seconds=6))
    for _ in range(3):
        assert installation.worker(point="leased").wait(DEADLINE) == -signal.SIGKILL
        installation.expire_leases()
        installation.manage("doctor")  # or the sweep of any worker
    assert installation.status()["poison.wav"] == ("failed", "crashed", 3)
    assert installation.stored_files() == installation.referenced_files()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_outlives_its_worker(killed: Installation) -> None:
    wait_for(lambda: killed.remaining_processes() == [])
