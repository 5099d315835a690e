"""The kinds of filters that a search has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.forms import IntegerField
from django_filters import BooleanFilter
from django_filters import rest_framework as filters

from library.genres import UNSURE
from library.models import Track
from library.search.form import IdListField, StrictBooleanField, TextListField

#: What a list can be sorted by, and the column of each. Tracks without a value come last in both directions.
ORDERING_COLUMNS = {
    "created_at": "created_at",
    "title": "sort_title",
    "artist": "sort_artist",
    "album": "sort_album",  # then by `ALBUM_ORDER`
    "duration": "duration",
    "year": "year",
    "confidence": "confidence",
    "genre": "genre",
    "starred_at": "starred_at",
    "rating": "rating",
    "play_count": "play_count",
    "last_played_at": "last_played_at",
}
NULLABLE_COLUMNS = ("duration", "year", "confidence", "starred_at", "rating", "last_played_at")
#: The order within an album title, in both directions: two albums of one title stay apart.
ALBUM_ORDER = [
    F(column).asc(nulls_last=True) for column in ("album_entry_id", "disc_number", "track_number")
] + [F("sort_title").asc()]


class TextListFilter(filters.MultipleChoiceFilter):  # type: ignore[misc]
    field_class = TextListField


class IdListFilter(filters.MultipleChoiceFilter):  # type: ignore[misc]
    field_class = IdListField


class StrictBooleanFilter(BooleanFilter):  # type: ignore[misc]
    field_class = StrictBooleanField


class WholeNumberFilter(filters.NumberFilter):  # type: ignore[misc]
    field_class = IntegerField


class OccurrenceFilter(StrictBooleanFilter):
    """Whether a track occurs in a table."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_of_rows = model

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        occurs = Exists(self.model_of_rows._default_manager.filter(track=OuterRef("pk")).order_by())
        return qs.filter(occurs if value else ~occurs)


class PresenceFilter(StrictBooleanFilter):
    """Whether a column has a value."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return qs if value is None else qs.filter(**{f"{self.field_name}__isnull": not value})


class PlayedFilter(StrictBooleanFilter):
    """Whether a track was ever played. Each of the two answers is read from an index of its own."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.filter(last_played_at__isnull=False) if value else qs.filter(play_count=0)


class BoundedNumberFilter(filters.NumberFilter):  # type: ignore[misc]
    """A number within bounds, compared with a column."""

    def __init__(self, column: str, lookup: str, bounds: tuple[int, int], help_text: str) -> None:
        super().__init__(column, lookup, min_value=bounds[0], max_value=bounds[1], help_text=help_text)


class StableOrderingFilter(filters.OrderingFilter):  # type: ignore[misc]
    """Sorts by the given columns and then by id, so that equal rows keep one order."""

    #: The columns by the names that they are sorted by, and those that may have no value.
    columns: Mapping[str, str] = ORDERING_COLUMNS
    nullable: Collection[str] = NULLABLE_COLUMNS

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        return qs.order_by(*ordering_expressions(value, self.columns, self.nullable)) if value else qs


def genre_condition(genres: Collection[str]) -> Q:
    """Tracks with one of these effective genres. They are unsure if they have been analysed and have none."""
    named = Q(genre__in=[genre for genre in genres if genre != UNSURE])
    return named | Q(genre="", status=Track.Status.READY) if UNSURE in genres else named


def ordering_expressions(
    names: list[str],
    columns: Mapping[str, str] = ORDERING_COLUMNS,
    nullable: Collection[str] = NULLABLE_COLUMNS,
) -> list[Any]:
    """Expressions for `QuerySet.order_by`, from names of `columns`; "-" before a name reverses it."""
    expressions: list[Any] = []
    for name in names:
        column = columns[name.removeprefix("-")]
        last = True if column in nullable else None
        down = name.startswith("-")
        expressions.append(F(column).desc(nulls_last=last) if down else F(column).asc(nulls_last=last))
        if column == "sort_album":
            expressions += ALBUM_ORDER
    return [*expressions, "-id" if names[0].startswith("-") else "id"]
