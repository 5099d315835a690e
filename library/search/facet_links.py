"""Facets as links: each value toggles itself in the query string of the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from library.search.chips import query_toggling, query_with
from library.search.facet_counts import facet_counts
from library.search.facet_types import Facet, RangeValue
from library.search.facets import FACETS
from library.search.filters import TrackFilterSet
from library.search.value_names import ValueNames, value_names
from library.selectors import GenreNames


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, and how many tracks it finds. `state` is "on", "not" (excluded) or "".

    `query` toggles the value, `exclude_query` its exclusion; "" if values of the facet cannot be excluded. `is_missing`
    is whether it stands for tracks without any other value.
    """

    label: str
    count: int
    query: str
    state: str = ""
    exclude_query: str = ""
    css: str = ""
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class FacetLinks:
    name: str
    title: str
    choices: list[FacetValue]


def facets_of(
    filterset: TrackFilterSet, genres: GenreNames, *, without: Collection[str] = ()
) -> list[FacetLinks]:
    """The facets of a search that have any values, but for those in `without`.

    Each has its values in the order people expect.
    """
    counts = facet_counts(filterset, without=without)
    used = {
        name: {*counts[name], *_chosen(filterset, name), *_chosen(filterset, f"not_{name}")}
        for name in ("tag", "artist", "album")
    }
    names = value_names(filterset.owner, genres, used)
    links = [
        FacetLinks(
            facet.name,
            facet.title,
            [
                *(
                    _ranges(filterset, facet, counts[facet.name])
                    if facet.range
                    else _words(filterset, facet, counts[facet.name], names)
                ),
                *_missing(filterset, facet, counts[facet.name]),
            ],
        )
        for facet in FACETS
        if facet.name not in without
    ]
    return [facet for facet in links if facet.choices]


def _chosen(filterset: TrackFilterSet, param: str) -> list[str]:
    values: list[str] = filterset.active_filters.get(param, [])
    return values


def _words(
    filterset: TrackFilterSet, facet: Facet, counts: Counter[Any], names: ValueNames
) -> Iterator[FacetValue]:
    """The values of a facet whose filter takes several words."""
    params, name, exclude = _params_of_values(filterset, facet), facet.name, facet.exclude_param
    chosen, excluded = _chosen(filterset, name), _chosen(filterset, exclude)
    for value in facet.values(names, {*counts, *chosen, *excluded}):
        on, off = value in chosen, value in excluded
        if counts[value] or on or off:
            label, css = facet.label(names, value)
            yield FacetValue(
                label,
                counts[value],
                query_toggling(params, name, value, opposite=exclude),
                "on" if on else "not" if off else "",
                query_toggling(params, exclude, value, opposite=name) if exclude else "",
                css,
            )


def _ranges(filterset: TrackFilterSet, facet: Facet, counts: Counter[Any]) -> Iterator[FacetValue]:
    """The values of a facet that are ranges."""
    assert facet.range
    params = facet.range.params
    for value in facet.range_values(counts):
        on = _is_chosen(filterset, params, value)
        bounds = {param: None if on else value.bounds.get(param) for param in params}
        count = counts[value.key]
        if count or on:
            query = query_with(_params_of_values(filterset, facet), **bounds)
            yield FacetValue(value.label, count, query, "on" if on else "")


def _missing(filterset: TrackFilterSet, facet: Facet, counts: Counter[Any]) -> Iterator[FacetValue]:
    """The value for tracks without any of a facet's values, if it has one."""
    if facet.missing is None:
        return
    param = facet.missing.param
    on = filterset.active_filters.get(param) is False
    if (count := facet.missing.count(filterset, counts)) or on:
        own = dict.fromkeys(facet.filters) | {param: None if on else "false"}
        query = query_with(filterset.params, **own)
        yield FacetValue(facet.missing.label, count, query, "on" if on else "", is_missing=True)


def _params_of_values(filterset: TrackFilterSet, facet: Facet) -> QueryDict:
    """The parameters to which a facet's values are added: no track has a value and none."""
    params = filterset.params
    if facet.missing:
        params.pop(facet.missing.param, None)
    return params


def _is_chosen(filterset: TrackFilterSet, params: Sequence[str], value: RangeValue) -> bool:
    active = filterset.active_filters
    given = {param: float(active[param]) for param in params if param in active}
    return given == {param: float(bound) for param, bound in value.bounds.items()}
