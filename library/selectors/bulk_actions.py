"""A person's bulk actions."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from library.models import BulkAction, BulkActionTrack, Track, User

#: How long a bulk action is listed among the recent changes.
RECENT_PERIOD = timedelta(days=1)


def bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """A person's bulk actions without their `data`, latest first."""
    return BulkAction.objects.filter(person=person).defer("data").order_by("-created_at", "-id")


def recent_bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """A person's bulk actions of the last day and those that are under way, latest first."""
    recent = Q(created_at__gt=timezone.now() - RECENT_PERIOD)
    under_way = Q(status__in=BulkAction.UNFINISHED) | Q(undo_progress_at__isnull=False)
    return bulk_actions_of(person).filter(recent | under_way)


def unsure_track_count(person: User, action: BulkAction) -> int:
    """How many of the tracks that a person's action has skipped have no genre, and wait for somebody to choose one."""
    return (
        _skipped(person, action)
        .filter(
            track__genre_source=Track.Source.NONE, track__status=Track.Status.READY, track__deleted_at=None
        )
        .count()
    )


def nameless_genre_count(person: User, action: BulkAction) -> int:
    """How many of the tracks that a person's action has skipped have files that name no known genre."""
    return _skipped(person, action).filter(track__file_label="", track__deleted_at=None).count()


def _skipped(person: User, action: BulkAction) -> QuerySet[BulkActionTrack]:
    return BulkActionTrack.objects.filter(
        action__person=person, action=action, state=BulkActionTrack.State.SKIPPED
    )
