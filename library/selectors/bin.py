"""The bin: deleted tracks that can still be restored. Everything else leaves them out.

`Track.objects` does so by itself. Reads through other tables (taggings, moods, playlist items) exclude
`binned_ids_of`: a small set that a database looks up once, where a join would fetch every track.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from library.models import Track, User
from library.selectors.tracks import with_prediction


def bin_of(owner: User) -> QuerySet[Track]:
    """The tracks in the owner's bin, last deleted first."""
    binned = Track.all_objects.filter(owner=owner, deleted_at__isnull=False)
    return with_prediction(binned).order_by("-deleted_at", "-id")


def tracks_including_binned(owner: User, ids: list[UUID]) -> QuerySet[Track]:
    """The owner's tracks among these ids, in the library or in the bin: for deleting them permanently."""
    return Track.all_objects.filter(owner=owner, pk__in=ids).order_by("pk")


def binned_ids_of(*owners: User) -> QuerySet[Track, Any]:
    """The ids of the tracks in these people's bins, as a subquery."""
    return Track.all_objects.filter(owner__in=owners, deleted_at__isnull=False).order_by().values("pk")


def bin_usage_in(tracks: QuerySet[Track]) -> dict[str, int]:
    """How many of these tracks are in a bin (`bin_tracks`), and their size (`bin_bytes`)."""
    binned = tracks.filter(deleted_at__isnull=False).order_by()
    totals = binned.aggregate(bin_tracks=Count("pk"), bin_bytes=Sum("size"))
    return {name: value or 0 for name, value in totals.items()}


def bin_usage_of(owner: User) -> dict[str, int]:
    """The size of the owner's bin: see `bin_usage_in`."""
    return bin_usage_in(Track.all_objects.filter(owner=owner))


def purged_after(deleted_at: datetime) -> datetime:
    """When a track that was moved to the bin at that time is deleted permanently."""
    return deleted_at + timedelta(days=settings.EARMARK_BIN_DAYS)
