"""The play queue that a person's players share, and what one of them says that it plays."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from library.errors import DomainError
from library.models import PlayQueue, Track, User
from library.models.play_queues import PLAYER_NAME_LENGTH

#: The most tracks that a play queue has. Players save it again and again.
MAX_QUEUE = 10_000


def play_queue_save(
    *, owner: User, tracks: Sequence[Track], current: int | None, position_ms: int, client: str
) -> None:
    """Replace the owner's play queue by these tracks. `current` is a place among them, None for an empty one.

    Raises DomainError: `too_many_queued`.
    """
    if len(tracks) > MAX_QUEUE:
        raise DomainError("too_many_queued", f"A play queue has at most {MAX_QUEUE:,} tracks.", 422)
    PlayQueue.objects.update_or_create(
        owner=owner,
        defaults={
            "track_ids": [str(track.pk) for track in tracks if track.owner_id == owner.pk],
            "current": current if tracks else None,
            "position_ms": position_ms,
            "changed_at": timezone.now(),
            "changed_by": client[:PLAYER_NAME_LENGTH],
        },
    )


def now_playing_set(*, track: Track, client: str) -> None:
    """Note which track one of its owner's players plays now. It counts no play."""
    PlayQueue.objects.update_or_create(
        owner=track.owner,
        defaults={
            "playing": track,
            "playing_since": timezone.now(),
            "playing_by": client[:PLAYER_NAME_LENGTH],
        },
    )
