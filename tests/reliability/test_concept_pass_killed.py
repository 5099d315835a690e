"""`kill -9` while Earmark sets what was switched on: every batch is there or not, and the next worker goes on."""

from __future__ import annotations

import signal

from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

#: More open tracks than a batch has.
MAKE_LIBRARY = """
from library import services
from tests.learning import make_heard_tracks, teach_genre, teach_surely
alice = services.user_add(email="alice@example.org", password="a quiet listening room")
teach_surely(alice, teach_genre)
make_heard_tracks(alice, "dub", range(500, 800), likeness=0.97)
"""
SWITCH_ON = """
from library import services
from library.models import Concept
services.concept_switch_on(concept=Concept.objects.get())
"""


def set_tracks(installation: Installation) -> tuple[int, int]:
    """How many tracks are to have the genre, and how many have it."""
    [row] = installation.sql(
        "SELECT (SELECT count(*) FROM library_concepttrack),"
        " (SELECT count(*) FROM library_track WHERE genre = 'dub' AND genre_source = 'learned')"
    )
    return int(row[0]), int(row[1])


def waiting(installation: Installation) -> int:
    [row] = installation.sql("SELECT count(*) FROM library_conceptpass")
    return int(row[0])


def test_killed_at_either_point(installation: Installation) -> None:
    installation.manage("shell", "--no-imports", "-c", MAKE_LIBRARY)
    switch_on = ("shell", "--no-imports", "-c", SWITCH_ON)

    point = "genres set, not committed"
    killed = installation.start("-m", "tests.reliability.crash_points", point, *switch_on)
    assert killed.wait(DEADLINE) == -signal.SIGKILL
    assert set_tracks(installation) == (0, 0)
    assert installation.sql("SELECT sets_since FROM library_concept") != [(None,)]
    assert waiting(installation) == 1

    installation.expire_leases()
    assert installation.worker(point=point).wait(DEADLINE) == -signal.SIGKILL
    assert set_tracks(installation) == (0, 0)

    installation.expire_leases()
    worker = installation.worker()
    wait_for(lambda: set_tracks(installation) == (300, 300) and not waiting(installation))
    worker.terminate()
    assert worker.wait(DEADLINE) == 0
