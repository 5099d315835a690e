"""The kinds of filters that a search has."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django_filters import BooleanFilter
from django_filters import rest_framework as filters

from library.models import Track
from library.search.form import StrictBooleanField, TextListField

#: What a list can be sorted by, and the column of each. Tracks without a value come last in both directions.
ORDERING_COLUMNS = {
    "created_at": "created_at",
    "title": "sort_title",
    "artist": "sort_artist",
    "album": "sort_album",
    "duration": "duration",
    "year": "year",
    "confidence": "confidence",
    "genre": "genre",
}
NULLABLE_COLUMNS = ("duration", "year", "confidence")


class TextListFilter(filters.MultipleChoiceFilter):  # type: ignore[misc]
    field_class = TextListField


class StrictBooleanFilter(BooleanFilter):  # type: ignore[misc]
    field_class = StrictBooleanField


class BoundedNumberFilter(filters.NumberFilter):  # type: ignore[misc]
    """A number within bounds, compared with a column."""

    def __init__(self, column: str, lookup: str, bounds: tuple[int, int], help_text: str) -> None:
        super().__init__(column, lookup, min_value=bounds[0], max_value=bounds[1], help_text=help_text)


class StableOrderingFilter(filters.OrderingFilter):  # type: ignore[misc]
    """Sorts by the given columns and then by id, so that equal rows keep one order."""

    def filter(self, qs: QuerySet[Track], value: list[str] | None) -> QuerySet[Track]:
        return qs.order_by(*ordering_expressions(value)) if value else qs


def ordering_expressions(names: list[str]) -> list[Any]:
    """Expressions for `QuerySet.order_by`, from names of `ORDERING_COLUMNS`; "-" before a name reverses it."""
    expressions: list[Any] = []
    for name in names:
        column = ORDERING_COLUMNS[name.removeprefix("-")]
        last = True if column in NULLABLE_COLUMNS else None
        down = name.startswith("-")
        expressions.append(F(column).desc(nulls_last=last) if down else F(column).asc(nulls_last=last))
    return [*expressions, "-id" if names[0].startswith("-") else "id"]
