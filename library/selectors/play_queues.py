"""The play queue of a person, and what is being played."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from library.models import PlayQueue, User

#: A player that says nothing any more plays a track of unknown length for so long, and any other for so much longer.
SILENCE = timedelta(minutes=10)


def play_queue_of(owner: User) -> PlayQueue | None:
    """The owner's play queue; None if no player has ever saved one."""
    return PlayQueue.objects.filter(owner=owner, changed_at__isnull=False).first()


def queued_ids(queue: PlayQueue) -> list[UUID]:
    """The ids of a play queue in their order, also of tracks that are gone."""
    return [UUID(text) for text in queue.track_ids]


def now_playing_of(owner: User) -> PlayQueue | None:
    """The row with the track that one of the owner's players plays now; None if none has said so lately."""
    rows = PlayQueue.objects.filter(owner=owner, playing__deleted_at=None, playing__owner=owner)
    row = rows.select_related("playing").first()
    if row is None or row.playing is None or row.playing_since is None:
        return None
    lasts = timedelta(seconds=row.playing.duration or 0) + SILENCE
    return row if timezone.now() - row.playing_since < lasts else None
