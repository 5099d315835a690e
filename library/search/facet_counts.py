"""How many tracks of a search have each value of a facet.

The counts of a facet obey all filters but its own, so that choosing one value does not hide the others.
Facets with one value per track (except years, of which there are many) are counted together: one query returns the
combinations of values that occur, and they are added up here. A query per facet would repeat the search each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from library.models import Track
from library.search.facet_types import Facet
from library.search.facets import FACETS
from library.search.filters import TrackFilterSet

#: The columns in the order of the index `search`: grouped in this order, rows need not be sorted.
_INDEXED = next(index.fields for index in Track._meta.indexes if index.name == "search")


def facet_counts(filterset: TrackFilterSet, *, without: Collection[str] = ()) -> dict[str, Counter[Any]]:
    """Numbers of tracks by facet and value; of the facets in `without` there are none.

    Genres include `unsure`, a decade is its first year, a confidence band its number, a tag its key, an
    artist or album its id: of these three, only the most frequent are counted.
    """
    counts: dict[str, Counter[Any]] = {facet.name: Counter() for facet in FACETS}
    active = set(filterset.active_filters)
    by_column = [facet for facet in FACETS if not facet.count]
    single = [facet for facet in by_column if facet.counted_alone or active & set(facet.filters)]
    if combined := [facet for facet in by_column if facet not in single]:
        _count_together(filterset.queryset_without(), combined, counts)
    for facet in single:
        _count_together(filterset.queryset_without(*facet.filters), [facet], counts)
    for facet in FACETS:
        if facet.count and facet.name not in without:
            counts[facet.name].update(facet.count(filterset))
    return counts


def _count_together(tracks: QuerySet[Track], facets: list[Facet], counts: dict[str, Counter[Any]]) -> None:
    """Add the counts of all these facets, in one query."""
    columns = {facet.column for facet in facets if not facet.bands}
    if not any(facet.counted_alone for facet in facets):
        columns.add("status")
    bands = {
        f"{facet.name}_{number}": Count("pk", filter=_within(facet.column, *bounds))
        for facet in facets
        for number, bounds in enumerate(facet.bands)
    }
    rows = (
        tracks.annotate(decade=F("year") / 10 * 10)
        .values(*sorted(columns, key=lambda column: (*_INDEXED, "decade").index(column)))
        .annotate(n=Count("pk"), **bands)
    )
    for row in rows:
        for facet in facets:
            if facet.bands:
                counts[facet.name].update(
                    {number: row[f"{facet.name}_{number}"] for number in range(len(facet.bands))}
                )
                continue
            value = facet.value_of(row) if facet.value_of else row[facet.column]
            if value != "":
                counts[facet.name][value] += row["n"]


def _within(column: str, low: float | None, below: float | None) -> Q:
    bounds = ((f"{column}__gte", low), (f"{column}__lt", below))
    return Q(**{lookup: bound for lookup, bound in bounds if bound is not None})
