"""The filters of lists of albums and of artists."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from library.models import Album, Artist
from library.search.filter_types import BoundedNumberFilter, PresenceFilter, StableOrderingFilter
from library.text.folding import search_text

MAX_WORDS_LENGTH = 200


class AlbumOrderingFilter(StableOrderingFilter):
    columns = {"title": "sort_title", "year": "year", "created_at": "created_at", "starred_at": "starred_at"}
    nullable = ("year", "starred_at")


class ArtistOrderingFilter(StableOrderingFilter):
    columns = {"name": "sort_name", "created_at": "created_at", "starred_at": "starred_at"}
    nullable = ("starred_at",)


class AlbumFilterSet(filters.FilterSet):  # type: ignore[misc]
    """The filters of albums. An album is found if it passes all of them."""

    q = filters.CharFilter(
        method="filter_q",
        max_length=MAX_WORDS_LENGTH,
        help_text="Words in the title or the album artist; all of them must be there. Case and accents do not matter.",
    )
    starred = PresenceFilter("starred_at", help_text="Whether the album has a star.")
    artist = filters.UUIDFilter("artist", help_text="The id of the album artist.")
    year = BoundedNumberFilter("year", "exact", (1, 9999), "The year.")
    ordering = AlbumOrderingFilter(
        fields=list(AlbumOrderingFilter.columns),
        help_text="What to sort by; `-` before a name reverses it. Separate several by commas. By title without it.",
    )

    class Meta:
        model = Album
        fields: list[str] = []

    def filter_q(self, albums: QuerySet[Album], name: str, value: str) -> QuerySet[Album]:
        return _with_words(albums, value, "sort_title", "artist__sort_name")


class ArtistFilterSet(filters.FilterSet):  # type: ignore[misc]
    """The filters of artists."""

    q = filters.CharFilter(
        method="filter_q",
        max_length=MAX_WORDS_LENGTH,
        help_text="Words in the name; all of them must be there. Case and accents do not matter.",
    )
    starred = PresenceFilter("starred_at", help_text="Whether the artist has a star.")
    ordering = ArtistOrderingFilter(
        fields=list(ArtistOrderingFilter.columns),
        help_text="What to sort by; `-` before a name reverses it. Separate several by commas. By name without it.",
    )

    class Meta:
        model = Artist
        fields: list[str] = []

    def filter_q(self, artists: QuerySet[Artist], name: str, value: str) -> QuerySet[Artist]:
        return _with_words(artists, value, "sort_name")


def _with_words(rows: QuerySet[Any], text: str, *columns: str) -> QuerySet[Any]:
    """Rows that have each word of a text in one of the columns; none, if the text has no letter."""
    words = search_text(text).split()
    if not words:
        return rows.none()
    for word in words:
        in_one = Q()
        for column in columns:
            in_one |= Q(**{f"{column}__contains": word})
        rows = rows.filter(in_one)
    return rows
