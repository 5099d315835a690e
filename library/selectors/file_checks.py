"""Which originals are damaged, and which are to be read again to find out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from library.models import FileCheck, Track


def damage_of(track: Track) -> str:
    """What is known to be wrong with a track's original: a value of `FileCheck.Damage`, or ""."""
    check = getattr(track, "file_check", None)
    return check.damage if check else ""


def originals_unread_since(moment: datetime) -> QuerySet[Track]:
    """Tracks, of all owners, whose original has not been read as a whole since then, longest ago first.

    They include tracks in the bin. Uploading a file reads it, too.
    """
    unread = Q(file_check__checked_at__lt=moment) | Q(file_check__checked_at=None, created_at__lt=moment)
    return (
        Track.all_objects.filter(unread)
        .select_related("file_check")
        .order_by(F("file_check__checked_at").asc(nulls_first=True), "created_at")
    )


def originals_due() -> QuerySet[Track]:
    """Tracks whose original is to be read again: none when EARMARK_VERIFY_DAYS is 0."""
    if not (days := settings.EARMARK_VERIFY_DAYS):
        return Track.all_objects.none()
    return originals_unread_since(timezone.now() - timedelta(days=days))


def damaged_counts() -> dict[str, int]:
    """Numbers of damaged originals, of all owners, by what is wrong with them."""
    found = FileCheck.objects.exclude(damage="").values_list("damage").annotate(Count("pk"))
    return dict.fromkeys(FileCheck.Damage.values, 0) | dict(found)
