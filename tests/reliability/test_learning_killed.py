"""`kill -9` while Earmark learns, or applies what was accepted: what counts stays, and the next worker goes on."""

from __future__ import annotations

import signal

from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

#: Alice's verdicts are enough to learn from, so that this enqueues it.
MAKE_LIBRARY = """
from library import services
from tests.learning import make_misheard_library
make_misheard_library(services.user_add(email="alice@example.org", password="a quiet listening room"))
"""
ACCEPT = """
from library import services
from library.models import LearnedModel
services.learned_rows_accept(model=LearnedModel.objects.get(status="candidate"))
"""


def versions(installation: Installation) -> list[tuple[str, int]]:
    found = installation.sql(
        "SELECT status, (SELECT count(*) FROM library_learnedrow WHERE model_id = version.id)"
        " FROM library_learnedmodel AS version ORDER BY number"
    )
    return [(str(status), int(rows)) for status, rows in found]


def sources(installation: Installation) -> dict[str, int]:
    return dict(installation.sql("SELECT genre_source, count(*) FROM library_track GROUP BY genre_source"))


def run_worker_until(installation: Installation, versions_are: list[tuple[str, int]], learned: int) -> None:
    """A worker finds what was left by its sweep, when it starts."""
    worker = installation.worker()
    wait_for(
        lambda: versions(installation) == versions_are and sources(installation).get("learned", 0) == learned
    )
    worker.terminate()
    assert worker.wait(DEADLINE) == 0


def test_killed_at_either_point(installation: Installation) -> None:
    installation.manage("shell", "--no-imports", "-c", MAKE_LIBRARY)
    before = sources(installation)
    assert before == {"owner": 20, "model": 6}

    assert installation.worker(point="learned, not a candidate yet").wait(DEADLINE) == -signal.SIGKILL
    assert versions(installation) == [("fitting", 5)]
    assert sources(installation) == before
    installation.expire_leases()
    run_worker_until(installation, [("candidate", 5)], learned=0)

    accept = ("shell", "--no-imports", "-c", ACCEPT)
    point = "learned genres set, not committed"
    killed = installation.start("-m", "tests.reliability.crash_points", point, *accept)
    assert killed.wait(DEADLINE) == -signal.SIGKILL
    # It is in use; the genres are still to follow.
    assert versions(installation) == [("active", 5)]
    assert sources(installation) == before
    installation.expire_leases()
    run_worker_until(installation, [("active", 5)], learned=5)
