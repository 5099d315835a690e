"""`kill -9` of a worker that deletes a playlist or merges a tag: the next one goes on with it, and an undo is exact."""

from __future__ import annotations

import signal

from tests.live import DEADLINE
from tests.reliability.installation import LONG_AGO, Installation, wait_for

#: A person with more tracks than are changed at once.
SEED = """
from library import services
from library.models import Track
owner = services.user_add(email="alice@example.org", password="a quiet listening room")
Track.objects.bulk_create(
    Track(owner=owner, title="Song", sha256=f"{number:064}", size=1, kind="mp3", status="failed")
    for number in range(1100)
)
"""
PLAYLIST = """
from library import services
from library.models import Track, User
alice = User.objects.get(email="alice@example.org")
playlist = services.playlist_add(owner=alice, name="Everything")
services.playlist_append(playlist=playlist, tracks=Track.objects.filter(owner=alice).order_by("sha256"))
"""
DELETE_PLAYLIST = """
from library import services
from library.models import Playlist
services.playlist_delete(playlist=Playlist.objects.get(), in_background=True)
"""
MERGE = """
from library import services
from library.models import Tag, Track, User
alice = User.objects.get(email="alice@example.org")
services.tracks_tag(tracks=Track.objects.filter(owner=alice), person=alice, names=["live"])
into = services.tag_add(owner=alice, name="late")
services.tag_merge(tag=Tag.objects.get(name="live"), into=into, in_background=True)
"""
UNDO_LAST = """
from library import services
from library.models import BulkAction
services.bulk_action_undo(action=BulkAction.objects.latest("created_at"))
"""
ITEMS = "SELECT id, track_id, position FROM library_playlistitem ORDER BY position"


def die_and_go_on(installation: Installation) -> None:
    """Of two workers, the first is killed after a batch of a bulk action; the second does the rest."""
    killed = installation.worker(point="first batch carried out")
    assert killed.wait(DEADLINE) == -signal.SIGKILL
    assert installation.sql("SELECT done FROM library_bulkaction WHERE status = 'running'") == [(250,)]
    installation.sql(f"UPDATE library_bulkaction SET updated_at = {LONG_AGO} WHERE status = 'running'")
    living = installation.worker()
    wait_for(lambda: not installation.sql("SELECT 1 FROM library_bulkaction WHERE status = 'running'"))
    living.terminate()
    assert living.wait(DEADLINE) == 0


def test_the_deletion_of_a_playlist_and_a_merge_of_tags_go_on(installation: Installation) -> None:
    installation.manage("shell", "--no-imports", "-c", SEED)

    installation.manage("shell", "--no-imports", "-c", PLAYLIST)
    items = installation.sql(ITEMS)
    installation.manage("shell", "--no-imports", "-c", DELETE_PLAYLIST)
    die_and_go_on(installation)
    assert installation.sql("SELECT count(*) FROM library_playlist") == [(0,)]
    installation.manage("shell", "--no-imports", "-c", UNDO_LAST)
    assert installation.sql(ITEMS) == items

    installation.manage("shell", "--no-imports", "-c", MERGE)
    die_and_go_on(installation)
    tags = (
        "SELECT name, count(*) FROM library_tag JOIN library_tagging ON tag_id = library_tag.id GROUP BY name"
    )
    assert installation.sql(tags) == [("late", 1100)]
    installation.manage("shell", "--no-imports", "-c", UNDO_LAST)
    assert installation.sql(tags) == [("live", 1100)]
