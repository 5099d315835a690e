"""A search as people see it: addresses that add, remove or turn around a filter, and filters in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format

from library.genres import UNSURE
from library.models import Tag, Track
from library.search.filters import TrackFilterSet
from library.search.query import filterset_problems, printable_excerpt
from library.selectors import GenreNames, tags_of
from library.text import clock, fold

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
}
SOURCE_LABELS = {"owner": "Said by you", "model": "Heard by the model", "none": "Nobody’s word"}
#: Filters that hold one value, and the words around it.
_RANGES = {"year": ("From {}", "Until {}"), "confidence": ("At least {} sure", "At most {} sure")}
_RANGES |= {"duration": ("From {}", "Up to {}"), "added": ("Added since {}", "Added until {}")}


@dataclass(frozen=True, slots=True)
class IgnoredParameter:
    """A parameter that has no effect, as it stands in the address, and the address without it."""

    text: str
    detail: str
    query: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    text: str
    query: str
    css: str = ""
    denied: bool = False


def query_with(params: QueryDict, /, **values: str | None) -> str:
    """The search with other values of some filters (None: without), from its first page on."""
    query = params.copy()
    query.pop("page", None)
    for name, value in values.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()


def query_toggling(params: QueryDict, name: str, value: str, *, instead: str = "") -> str:
    """The search with a value of a filter that may have several, or without it when it is there.

    What it said of the value under the name `instead` is taken away.
    """
    query = params.copy()
    query.pop("page", None)
    values = query.getlist(name)
    query.setlist(
        name, [other for other in values if other != value] if value in values else [*values, value]
    )
    if instead:
        query.setlist(instead, [other for other in query.getlist(instead) if other != value])
    return "?" + query.urlencode()


def ignored_parameters(found: TrackFilterSet, known: Collection[str]) -> list[IgnoredParameter]:
    """The parameters of a search that are neither filters nor `known`, or whose value will not do."""
    return [
        IgnoredParameter(
            printable_excerpt(
                "&".join(f"{problem.name}={value}" for value in found.data.getlist(problem.name))
            ),
            problem.detail,
            query_with(found.data, **{problem.name: None}),
        )
        for problem in filterset_problems(found, extra_params=known)
    ]


def chips(found: TrackFilterSet, genres: GenreNames) -> list[Chip]:
    """The filters in force, in words."""
    params, asked = found.params, found.active_filters
    tags = {tag.key: tag for tag in tags_of(found.owner)} if {"tag", "not_tag"} & set(asked) else {}
    made: dict[str, Chip] = {}
    for name, value in asked.items():
        kind, ending = name.removeprefix("not_"), name.rpartition("_")[0]
        if name == "q":
            made[name] = Chip(f"“{value}”", query_with(params, q=None))
        elif name == "needs_you":
            made[name] = Chip("Needs you" if value else "Needs nothing", query_with(params, needs_you=None))
        elif ending in _RANGES:
            made[ending] = _range_chip(params, ending, asked)
        elif name != "ordering":
            for one in value:
                text, css = _word(kind, one, genres, tags)
                denied = kind != name
                text = f"not {text}" if denied else text
                made[f"{name}={one}"] = Chip(text, query_toggling(params, name, one), css, denied)
    return list(made.values())


def _word(kind: str, value: str, genres: GenreNames, tags: dict[str, Tag]) -> tuple[str, str]:
    """What a filter's value is called, and the class that gives it its colour."""
    if kind == "genre":
        genre = genres.by_key(value)
        return genre.name, "" if value == UNSURE else genre.css
    if kind == "tag":
        tag = tags.get(fold(value))
        return (tag.name, f"hue-{tag.hue}") if tag else (value, "")
    if kind == "source":
        return SOURCE_LABELS[value], ""
    if kind == "status":
        return Track.Status(value).label, ""
    return (value.upper() if kind == "format" else value), ""


def _range_chip(params: QueryDict, word: str, asked: dict[str, Any]) -> Chip:
    bounds = ("after", "before") if word == "added" else ("min", "max")
    names = [f"{word}_{bound}" for bound in bounds]
    low, high = (asked.get(name) for name in names)
    query = query_with(params, **dict.fromkeys(names))
    if word == "year" and low is not None and high == low + 9 and low % 10 == 0:
        return Chip(f"{low}s", query)
    if low == high:
        return Chip(_shown(word, low), query)
    said = zip(_RANGES[word], (low, high), strict=True)
    words = [around.format(_shown(word, value)) for around, value in said if value is not None]
    return Chip(", ".join([words[0], *(second.lower() for second in words[1:])]), query)


def _shown(word: str, value: Any) -> str:
    if word == "added":
        return date_format(value, "j M Y")
    if word == "duration":
        return clock(float(value))
    if word == "confidence":
        return f"{Decimal(value) * 100:.0f} %"
    return f"{value:.0f}"
