"""Albums in the orders in which players list them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Avg, F, Max, Q, QuerySet, Sum

from library.models import Album, Track, User
from library.selectors.albums import albums_of

_TITLE = ("sort_title", "pk")


def albums_by_id(owner: User, ids: list[UUID]) -> list[Album]:
    """The owner's albums among these ids, in the order of the ids."""
    found = albums_of(owner).filter(pk__in=ids).order_by()
    by_id = {album.pk: album for album in found}
    return [by_id[pk] for pk in ids if pk in by_id]


def random_albums_of(owner: User, count: int) -> list[Album]:
    """Some of the owner's albums by chance."""
    ids = albums_of(owner).select_related(None).order_by("?").values_list("pk", flat=True)[:count]
    return albums_by_id(owner, list(ids))


def albums_by_years(owner: User, first: int, last: int) -> QuerySet[Album]:
    """The owner's albums of these years, from the first to the last, which may be the earlier one."""
    years = albums_of(owner).filter(year__gte=min(first, last), year__lte=max(first, last))
    return years.order_by("year" if first <= last else "-year", *_TITLE)


def albums_with_genre(owner: User, genre: Q) -> QuerySet[Album]:
    """The owner's albums with a track of a genre, by title. `genre` is a condition on tracks."""
    tracks = Track.objects.filter(genre, owner=owner, album_entry__isnull=False).order_by()
    return albums_of(owner).filter(pk__in=tracks.values("album_entry")).order_by(*_TITLE)


def albums_most_played(owner: User, offset: int, count: int) -> list[Album]:
    """The owner's albums whose tracks were played most often. Albums that were never played are not among them."""
    return _by_tracks(owner, Q(play_count__gt=0), Sum("play_count"), offset, count)


def albums_last_played(owner: User, offset: int, count: int) -> list[Album]:
    """The owner's albums by when a track of theirs was last played, the latest first."""
    return _by_tracks(owner, Q(last_played_at__isnull=False), Max("last_played_at"), offset, count)


def albums_highest_rated(owner: User, offset: int, count: int) -> list[Album]:
    """The owner's albums with rated tracks, by the mean of their ratings, the highest first."""
    return _by_tracks(owner, Q(rating__isnull=False), Avg("rating"), offset, count)


#: Lists that are one query, by their names in the protocol.
_QUERIES: dict[str, Callable[[QuerySet[Album]], QuerySet[Album]]] = {
    "newest": lambda albums: albums.order_by("-created_at", "-pk"),
    "alphabeticalByName": lambda albums: albums.order_by(*_TITLE),
    "alphabeticalByArtist": lambda albums: albums.order_by(
        F("artist__sort_name").asc(nulls_last=True), "artist", F("year").asc(nulls_last=True), *_TITLE
    ),
    "starred": lambda albums: albums.filter(starred_at__isnull=False).order_by("-starred_at", *_TITLE),
}


def albums_in_order(owner: User, order: str) -> QuerySet[Album] | None:
    """All of the owner's albums in an order of `newest`, `alphabeticalByName`, `alphabeticalByArtist`, or the starred
    ones (`starred`), the latest first. None for any other word.
    """
    query = _QUERIES.get(order)
    return query(albums_of(owner)) if query else None


def _by_tracks(owner: User, condition: Q, figure: Any, offset: int, count: int) -> list[Album]:
    tracks = Track.objects.filter(condition, owner=owner, album_entry__isnull=False).order_by()
    albums = tracks.values("album_entry").annotate(figure=figure).order_by("-figure", "album_entry")
    ids = albums.values_list("album_entry", flat=True)
    return albums_by_id(owner, list(ids[offset : offset + count]))
