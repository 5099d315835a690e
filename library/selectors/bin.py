"""The bin: tracks that were deleted and have not gone for good yet. Everything else leaves them out.

`Track.objects` does so by itself. What is read by way of other tables (taggings, moods, playlist items) excludes
`binned_ids_of`: a small set that a database looks up once, where a join would fetch every track.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from library.models import Track, User


def bin_of(owner: User) -> QuerySet[Track]:
    """What lies in the owner's bin, the latest first."""
    binned = Track.all_objects.filter(owner=owner, deleted_at__isnull=False)
    return binned.select_related("prediction").defer("prediction__segments").order_by("-deleted_at", "-id")


def tracks_including_binned(owner: User, ids: list[UUID]) -> QuerySet[Track]:
    """Those of the tracks that are the owner's, in the library or in the bin: for deleting them for good."""
    return Track.all_objects.filter(owner=owner, pk__in=ids).order_by("pk")


def binned_ids_of(*owners: User) -> QuerySet[Track, Any]:
    """The ids of what lies in these people's bins, to be used inside another query."""
    return Track.all_objects.filter(owner__in=owners, deleted_at__isnull=False).order_by().values("pk")


def bin_usage_in(tracks: QuerySet[Track]) -> dict[str, int]:
    """How many of these tracks lie in a bin, and how many bytes they hold: `bin_tracks`, `bin_bytes`."""
    binned = tracks.filter(deleted_at__isnull=False).order_by()
    totals = binned.aggregate(bin_tracks=Count("pk"), bin_bytes=Sum("size"))
    return {name: value or 0 for name, value in totals.items()}


def bin_usage_of(owner: User) -> dict[str, int]:
    """How much there is in the owner's bin: `bin_tracks`, `bin_bytes`."""
    return bin_usage_in(Track.all_objects.filter(owner=owner))


def purged_after(deleted_at: datetime) -> datetime:
    """When a track that was deleted then goes for good."""
    return deleted_at + timedelta(days=settings.EARMARK_BIN_DAYS)
