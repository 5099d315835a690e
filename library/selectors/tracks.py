"""Tracks, and what was heard in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Sum, When

from library.models import ApiToken, FileTags, Prediction, Track, User, Verdict
from library.models.tracks import EDITABLE_FIELDS
from library.text import title_from_filename


def tracks_of(owner: User) -> QuerySet[Track]:
    """The owner's tracks, newest first, each with its current prediction (without the long timeline)."""
    return Track.objects.filter(owner=owner).select_related("prediction").defer("prediction__segments")


def tracks_in_given_order(owner: User, ids: list[UUID]) -> QuerySet[Track]:
    """Those of the tracks that are the owner's, in the order in which they are named."""
    in_order = Case(*(When(pk=pk, then=place) for place, pk in enumerate(ids)), default=len(ids))
    return tracks_of(owner).filter(pk__in=ids).order_by(in_order)


def tracks_by_id(owner: User, ids: Iterable[UUID]) -> dict[UUID, Track]:
    """Those of the tracks that are the owner's.

    The owner is looked at last: asked for both, SQLite goes through all that the owner has.
    """
    found = Track.objects.filter(pk__in=list(ids)).order_by().select_related("prediction")
    return {track.pk: track for track in found.defer("prediction__segments") if track.owner_id == owner.pk}


def predictions_of(owner: User, track: Track) -> QuerySet[Prediction]:
    """Everything models heard in one of the owner's tracks, newest first."""
    return Prediction.objects.filter(track__owner=owner, track=track)


def file_tags_of(owner: User, track: Track) -> FileTags:
    """What the file itself says, with `read_at` None as long as nobody has read that."""
    return FileTags.objects.filter(track__owner=owner, track=track).first() or FileTags(track=track)


def file_tag_values_of(owner: User, track: Track) -> dict[str, Any]:
    """What title, artist, album and year are as the file says; nothing as long as its tags have not been read."""
    tags = file_tags_of(owner, track)
    if tags.read_at is None:
        return {}
    values = {field: getattr(tags, field) for field in EDITABLE_FIELDS}
    return values | {"title": tags.title or title_from_filename(track.original_name)}


def tracks_by_hash(owner: User, hashes: list[str]) -> dict[str, UUID]:
    """Which of these files are in the library: the track's id by the file's SHA-256."""
    return dict(Track.objects.filter(owner=owner, sha256__in=hashes).order_by().values_list("sha256", "pk"))


def usage_of(owner: User) -> dict[str, Any]:
    """How much there is in somebody's library."""
    return usage_in(Track.objects.filter(owner=owner))


def usage_in(tracks: QuerySet[Track]) -> dict[str, Any]:
    """How much these tracks are together."""
    totals = tracks.order_by().aggregate(
        tracks=Count("pk"),
        bytes=Sum("size"),
        seconds=Sum("duration"),
        needs_you=Count("pk", Q(needs_you=True)),
    )
    return {name: value or 0 for name, value in totals.items()}


def verdicts_of(owner: User, track: Track) -> QuerySet[Verdict]:
    """Every word on one of the owner's tracks, newest first."""
    return Verdict.objects.filter(track__owner=owner, track=track).select_related("person")


def genre_history_of(owner: User, track: Track) -> list[Prediction | Verdict]:
    """What was heard in a track and said about it, newest first."""
    heard = predictions_of(owner, track).defer("segments")
    return sorted([*heard, *verdicts_of(owner, track)], key=lambda row: row.created_at, reverse=True)


def api_tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)
