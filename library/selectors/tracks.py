"""Tracks, their file tags, predictions and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Min, Q, QuerySet, Sum, When
from django.utils import timezone

from library.models import FileTags, Prediction, Track, User, Verdict
from library.models.tracks import EDITABLE_FIELDS
from library.selectors.track_artists import with_artists
from library.text import title_from_filename


def with_prediction(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """Tracks with their album and current prediction, without its timeline, which is long and not shown in lists."""
    return tracks.select_related("prediction", "album_entry").defer("prediction__segments")


def tracks_of(owner: User) -> QuerySet[Track]:
    """The owner's tracks with their predictions, newest first."""
    return with_prediction(Track.objects.filter(owner=owner))


def tracks_in_given_order(owner: User, ids: list[UUID]) -> QuerySet[Track]:
    """The owner's tracks among these ids, in the order of the ids."""
    in_order = Case(*(When(pk=pk, then=place) for place, pk in enumerate(ids)), default=len(ids))
    return tracks_of(owner).filter(pk__in=ids).order_by(in_order)


def tracks_by_id(owner: User, ids: Iterable[UUID]) -> dict[UUID, Track]:
    """The owner's tracks among these ids, with their predictions and artists.

    The owner is compared here: given both conditions, SQLite reads all tracks of the owner.
    """
    found = with_prediction(Track.objects.filter(pk__in=list(ids)).order_by())
    found = found.prefetch_related(with_artists())
    return {track.pk: track for track in found if track.owner_id == owner.pk}


def predictions_of(owner: User, track: Track) -> QuerySet[Prediction]:
    """All predictions for one of the owner's tracks, newest first."""
    return Prediction.objects.filter(track__owner=owner, track=track)


def file_tags_of(owner: User, track: Track) -> FileTags:
    """The tags in the track's file; an unsaved row with `read_at` None if they have not been read yet."""
    return FileTags.objects.filter(track__owner=owner, track=track).first() or FileTags(track=track)


def file_tag_values_of(owner: User, track: Track) -> dict[str, Any]:
    """The editable fields as the file's tags have them; empty if the tags have not been read yet."""
    tags = file_tags_of(owner, track)
    if tags.read_at is None:
        return {}
    values = {field: getattr(tags, field) for field in EDITABLE_FIELDS}
    return values | {"title": tags.title or title_from_filename(track.original_name)}


def tracks_by_hash(owner: User, hashes: list[str]) -> dict[str, UUID]:
    """The ids of the owner's tracks whose files have these SHA-256 hashes, by hash."""
    return dict(Track.objects.filter(owner=owner, sha256__in=hashes).order_by().values_list("sha256", "pk"))


@dataclass(frozen=True, slots=True)
class HeardProgress:
    """How many tracks were added, and how many of them are heard or have failed."""

    done: int
    added: int


def heard_progress_of(owner: User) -> HeardProgress | None:
    """How far the analysis has come with what was added to the owner's library; None when no track waits for it.

    Counted are the tracks added since the beginning of the day on which the oldest of those that wait was added.
    """
    tracks = Track.objects.filter(owner=owner).order_by()
    waiting = tracks.filter(status__in=(Track.Status.QUEUED, Track.Status.ANALYSING))
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is None:
        return None
    since = timezone.localtime(oldest).replace(hour=0, minute=0, second=0, microsecond=0)
    finished = Q(status__in=(Track.Status.READY, Track.Status.FAILED))
    added = tracks.filter(created_at__gte=since)
    return HeardProgress(**added.aggregate(done=Count("pk", finished), added=Count("pk")))


def usage_of(owner: User) -> dict[str, Any]:
    """The size of the owner's library: see `usage_in`."""
    return usage_in(Track.objects.filter(owner=owner))


def usage_in(tracks: QuerySet[Track]) -> dict[str, Any]:
    """Totals of these tracks: `tracks`, `bytes`, `seconds`, and how many of them need a verdict (`needs_you`)."""
    totals = tracks.order_by().aggregate(
        tracks=Count("pk"),
        bytes=Sum("size"),
        seconds=Sum("duration"),
        needs_you=Count("pk", Q(needs_you=True)),
    )
    return {name: value or 0 for name, value in totals.items()}


def verdicts_of(owner: User, track: Track) -> QuerySet[Verdict]:
    """All verdicts on one of the owner's tracks, newest first."""
    return Verdict.objects.filter(track__owner=owner, track=track).select_related("person")


def genre_history_of(owner: User, track: Track) -> list[Prediction | Verdict]:
    """Predictions and verdicts of a track, newest first."""
    predictions = predictions_of(owner, track).defer("segments")
    return sorted([*predictions, *verdicts_of(owner, track)], key=lambda row: row.created_at, reverse=True)
