"""Stars on tracks, albums and artists, and ratings of tracks: what an owner thinks of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.errors import DomainError
from library.models import Album, Artist, BulkAction, BulkActionTrack, Track
from library.models.tracks import MAX_RATING
from library.services.edit_conflicts import locked_row
from library.text import whole_number


def track_star(*, track: Track, starred: bool) -> None:
    """Give a track a star, or take it away. A track that has one keeps the date of it.

    Raises DomainError: `not_found`.
    """
    _star_set(track, starred)


def album_star(*, album: Album, starred: bool) -> None:
    """Give an album a star, or take it away, as `track_star` does."""
    _star_set(album, starred)


def artist_star(*, artist: Artist, starred: bool) -> None:
    """Give an artist a star, or take it away, as `track_star` does."""
    _star_set(artist, starred)


def track_rate(*, track: Track, rating: int | None) -> None:
    """Rate a track from 1 to 5; None removes its rating. Raises DomainError: `bad_value`, `not_found`."""
    rating_check(rating)
    with transaction.atomic():
        current = locked_row(track)
        if current.rating != rating:
            current.rating = rating
            current.save(update_fields=["rating", "updated_at"])
    track.rating, track.updated_at = current.rating, current.updated_at


def rating_check(rating: int | None) -> None:
    """Raises DomainError: `bad_value`, unless the rating is one from 1 to 5, or None."""
    if rating is not None and not 1 <= rating <= MAX_RATING:
        raise DomainError("bad_value", f"A rating is a number from 1 to {MAX_RATING}.", 422)


def rating_from_text(text: str) -> int | None:
    """The rating that a form or the value of a bulk action names; "0" means none. Raises DomainError: `bad_value`."""
    number = whole_number(text)
    if number is None:
        raise DomainError("bad_value", f"Choose a rating from 1 to {MAX_RATING}.", 422)
    rating_check(number or None)
    return number or None


def rating_text(rating: int | None) -> str:
    """A rating in words: "1 star", "4 stars", "no rating"."""
    if rating is None:
        return "no rating"
    return "1 star" if rating == 1 else f"{rating} stars"


def tracks_star_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Star those tracks of a batch that have no star."""
    now = timezone.now()
    due = Track.objects.select_for_update().filter(owner=action.person, pk__in=ids, starred_at=None)
    new = list(due.order_by().values_list("pk", flat=True))
    Track.objects.filter(pk__in=new).update(starred_at=now, updated_at=now)
    return {pk: {"starred_at": now.isoformat()} for pk in new}


def tracks_star_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Take away the stars that the action gave; not one that was taken away and given anew since."""
    count = 0
    given_at: dict[str, list[UUID]] = {}
    for target in targets:
        given_at.setdefault((target.before or {})["starred_at"], []).append(target.track_id)
    for at, ids in given_at.items():
        given = Track.all_objects.filter(
            owner=action.person, pk__in=ids, starred_at=datetime.fromisoformat(at)
        )
        count += given.filter(deleted_at=None).count()
        given.update(starred_at=None, updated_at=timezone.now())
    return count


def tracks_unstar_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Take the stars from a batch of tracks, and remember their dates."""
    starred = Track.objects.select_for_update().filter(
        owner=action.person, pk__in=ids, starred_at__isnull=False
    )
    had = dict(starred.order_by().values_list("pk", "starred_at"))
    Track.objects.filter(pk__in=had).update(starred_at=None, updated_at=timezone.now())
    return {pk: {"starred_at": at.isoformat()} for pk, at in had.items() if at}


def tracks_unstar_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Give the stars back, with their dates, to tracks that have none."""
    dates = {
        target.track_id: datetime.fromisoformat((target.before or {})["starred_at"]) for target in targets
    }
    rows = _locked(action, list(dates)).filter(starred_at=None)
    return _restore(rows, "starred_at", dates)


def tracks_rate_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, int | None]]:
    """Give a batch of tracks the action's rating, and remember theirs."""
    rating = action.data["rating"]
    tracks = Track.objects.select_for_update().filter(owner=action.person, pk__in=ids)
    had = {pk: old for pk, old in tracks.order_by().values_list("pk", "rating") if old != rating}
    Track.objects.filter(pk__in=had).update(rating=rating, updated_at=timezone.now())
    return {pk: {"rating": old} for pk, old in had.items()}


def tracks_rate_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Give the ratings back to tracks that still have the action's."""
    ratings = {target.track_id: (target.before or {})["rating"] for target in targets}
    return _restore(_locked(action, list(ratings)).filter(rating=action.data["rating"]), "rating", ratings)


def _star_set(row: Track | Album | Artist, starred: bool) -> None:
    with transaction.atomic():
        current = locked_row(row)
        if (current.starred_at is not None) != starred:
            current.starred_at = timezone.now() if starred else None
            # Programs that follow changes hear of tracks only.
            touched = ["updated_at"] if isinstance(current, Track) else []
            current.save(update_fields=["starred_at", *touched])
    row.starred_at = current.starred_at
    if isinstance(row, Track) and isinstance(current, Track):
        row.updated_at = current.updated_at


def _locked(action: BulkAction, ids: list[UUID]) -> QuerySet[Track]:
    return Track.all_objects.select_for_update().filter(owner=action.person, pk__in=ids).order_by()


def _restore(rows: QuerySet[Track], field: str, values: dict[UUID, Any]) -> int:
    """Set a field of these tracks to its value of before; returns how many of them are not in the bin."""
    tracks = list(rows.only("pk", "deleted_at", field))
    for track in tracks:
        setattr(track, field, values[track.pk])
        track.updated_at = timezone.now()
    Track.all_objects.bulk_update(tracks, [field, "updated_at"])
    return sum(track.deleted_at is None for track in tracks)
