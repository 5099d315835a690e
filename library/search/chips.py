"""A search as people see it: its filters in words, and links that add, remove or reverse one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.http import QueryDict

from library.search.facets import FACETS_BY_PARAM, RANGES_BY_PARAM
from library.search.filters import TrackFilterSet
from library.search.query import filterset_problems, printable_excerpt
from library.search.typed import plain_words
from library.search.value_names import value_names
from library.selectors import GenreNames

ORDERING_LABELS = {
    "": "Newest first",
    "created_at": "Oldest first",
    "title": "Title",
    "artist": "Artist",
    "album": "Album",
    "genre": "Genre",
    "-year": "Year, newest first",
    "year": "Year, oldest first",
    "duration": "Shortest first",
    "-duration": "Longest first",
    "confidence": "Least sure first",
    "-confidence": "Most sure first",
    "-starred_at": "Starred, latest first",
    "-rating": "Best rated first",
    "-play_count": "Most played",
    "-last_played_at": "Recently played",
}


#: The chips of filters that are true or false.
YES_NO_LABELS = {
    "needs_you": ("Needs you", "Needs nothing"),
    "starred": ("Starred", "Not starred"),
    "has_tag": ("Any tag", "No tag"),
    "has_year": ("Any year", "No year"),
    "in_playlist": ("In a playlist", "In no playlist"),
    "played": ("Played", "Never played"),
}


@dataclass(frozen=True, slots=True)
class IgnoredParameter:
    """A parameter that has no effect. `text` is how it stands in the URL, `query` the search without it."""

    text: str
    detail: str
    query: str


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter. `query` is the search without it."""

    text: str
    query: str
    css: str = ""
    excluded: bool = False


def query_with(params: QueryDict, /, **values: str | None) -> str:
    """The first page of the search with these values set; None removes a parameter."""
    query = params.copy()
    query.pop("page", None)
    for name, value in values.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()


def query_toggling(params: QueryDict, name: str, value: str, *, opposite: str = "") -> str:
    """The first page of the search with one of a parameter's values added, or removed if it is there.

    The value is also removed from the parameter `opposite`.
    """
    query = params.copy()
    query.pop("page", None)
    values = query.getlist(name)
    query.setlist(
        name, [other for other in values if other != value] if value in values else [*values, value]
    )
    if opposite:
        query.setlist(opposite, [other for other in query.getlist(opposite) if other != value])
    return "?" + query.urlencode()


def ignored_parameters(filterset: TrackFilterSet, known: Collection[str]) -> list[IgnoredParameter]:
    """The parameters that are neither filters nor `known`, or that have an invalid value."""
    return [
        IgnoredParameter(
            printable_excerpt(
                "&".join(f"{problem.name}={value}" for value in filterset.data.getlist(problem.name))
            ),
            problem.detail,
            query_with(filterset.data, **{problem.name: None}),
        )
        for problem in filterset_problems(filterset, extra_params=known)
    ]


def chips(filterset: TrackFilterSet, genres: GenreNames) -> list[Chip]:
    """The active filters in words."""
    params, active = filterset.params, filterset.active_filters
    used = {
        "tag": [*active.get("tag", []), *active.get("not_tag", [])],
        **{name: active.get(name, []) for name in ("artist", "album")},
    }
    names = value_names(filterset.owner, genres, used)
    made: dict[str, Chip] = {}
    for name, value in active.items():
        if name == "q":
            made[name] = Chip(f"“{value}”", query_with(params, q=None))
        elif name == "search":
            text = f"“{value}”" if plain_words(value) and '"' not in value else value
            made[name] = Chip(text, query_with(params, search=None))
        elif name in YES_NO_LABELS:
            yes, no = YES_NO_LABELS[name]
            made[name] = Chip(yes if value else no, query_with(params, **{name: None}))
        elif bounds := RANGES_BY_PARAM.get(name):
            label = bounds.label(*(active.get(param) for param in bounds.params))
            made[bounds.params[0]] = Chip(label, query_with(params, **dict.fromkeys(bounds.params)))
        elif facet := FACETS_BY_PARAM.get(name):
            excluded = name == facet.exclude_param
            for one in value:
                text, css = facet.label(names, one)
                text = f"not {text}" if excluded else text
                made[f"{name}={one}"] = Chip(text, query_toggling(params, name, one), css, excluded)
    return list(made.values())
