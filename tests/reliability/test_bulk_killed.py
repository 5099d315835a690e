"""`kill -9` of a worker that deletes an account or undoes a bulk action: the next one goes on with it."""

from __future__ import annotations

import signal

from tests.live import DEADLINE
from tests.reliability.installation import LONG_AGO, Installation, wait_for

#: Two people, one with more tracks than are deleted or undone at once.
SEED = """
from library import services
from library.models import Track, User
from library.services.tagging_requests import tracks_tag
for name, count in (("alice", 1100), ("charlie", 1)):
    owner = services.user_add(email=f"{name}@example.org", password="a quiet listening room")
    Track.objects.bulk_create(
        Track(owner=owner, title="Song", sha256=f"{number:064}", size=1, kind="mp3", status="failed")
        for number in range(count)
    )
"""
UNDO = """
from library import services
from library.models import Track, User
alice = User.objects.get(email="alice@example.org")
action = services.tracks_tag(tracks=Track.objects.filter(owner=alice), person=alice, names=["live"])
services.bulk_action_undo_later(action=action)
"""
DELETE = """
from library import services
from library.models import User
assert not services.user_delete(user=User.objects.get(email="alice@example.org"))
"""


def test_an_undo_and_a_deletion_go_on(installation: Installation) -> None:
    installation.manage("shell", "--no-imports", "-c", SEED)

    installation.manage("shell", "--no-imports", "-c", UNDO)
    killed = installation.worker(point="first batch undone")
    assert killed.wait(DEADLINE) == -signal.SIGKILL
    assert installation.sql("SELECT count(*) FROM library_tagging") == [(850,)]
    assert installation.sql("SELECT undone FROM library_bulkaction") == [(250,)]
    # As two minutes later, for the sweep of the next worker.
    installation.sql(f"UPDATE library_bulkaction SET undo_progress_at = {LONG_AGO}")
    living = installation.worker()
    wait_for(lambda: installation.sql("SELECT 1 FROM library_bulkaction WHERE undo_progress_at IS NULL"))
    living.terminate()
    assert living.wait(DEADLINE) == 0
    assert installation.sql("SELECT undone FROM library_bulkaction") == [(1100,)]
    assert installation.sql("SELECT count(*) FROM library_tagging") == [(0,)]

    installation.manage("shell", "--no-imports", "-c", DELETE)
    killed = installation.worker(point="first batch of an account deleted")
    assert killed.wait(DEADLINE) == -signal.SIGKILL
    assert installation.sql("SELECT count(*) FROM library_track") == [(851,)]
    installation.sql(
        f"UPDATE library_user SET deletion_progress_at = {LONG_AGO} WHERE deletion_progress_at IS NOT NULL"
    )
    living = installation.worker()
    wait_for(lambda: len(installation.sql("SELECT 1 FROM library_user")) == 1)
    living.terminate()
    assert living.wait(DEADLINE) == 0
    assert installation.sql("SELECT count(*) FROM library_track") == [(1,)]
    assert installation.sql("SELECT email FROM library_user") == [("charlie@example.org",)]
