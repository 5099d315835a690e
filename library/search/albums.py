"""The albums that a search of tracks finds, in an order."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from library.models import Album
from library.search.filters import TrackFilterSet
from library.selectors import albums_of, albums_with

#: What a list of albums can be sorted by: labels by the value of the parameter `sort`.
ALBUM_SORTS = {
    "": "Title",
    "artist": "Artist",
    "-year": "Year, newest first",
    "year": "Year, oldest first",
    "added": "Added, newest first",
    "starred": "Starred first",
}
_TITLE = ("sort_title", "pk")
_ORDERS: dict[str, tuple[Any, ...]] = {
    "": _TITLE,
    "artist": (
        F("artist__sort_name").asc(nulls_last=True),
        "artist",
        F("year").asc(nulls_last=True),
        *_TITLE,
    ),
    "-year": (F("year").desc(nulls_last=True), *_TITLE),
    "year": (F("year").asc(nulls_last=True), *_TITLE),
    "added": ("-created_at", "-pk"),
    "starred": (F("starred_at").desc(nulls_last=True), *_TITLE),
}


def albums_found(filterset: TrackFilterSet, sort: str = "") -> QuerySet[Album]:
    """The albums with at least one track that the search finds. An unknown `sort` is that by title."""
    owner = filterset.owner
    searched = set(filterset.active_filters) - {"ordering"}
    albums = albums_with(owner, filterset.queryset_without()) if searched else albums_of(owner)
    return albums.order_by(*_ORDERS.get(sort, _TITLE))
