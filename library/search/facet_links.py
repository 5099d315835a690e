"""Facets as links: each value toggles itself in the search's address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from classifier.formats import AUDIO_FORMATS
from library.genres import UNSURE
from library.models import Track
from library.search.chips import SOURCE_LABELS, query_toggling, query_with
from library.search.facet_counts import BANDS, facet_counts
from library.search.filters import TrackFilterSet
from library.selectors import GenreNames, tags_of
from library.text import fold

TITLES = {
    "genre": "Genre",
    "source": "Whose word",
    "confidence": "How sure the model is",
    "tag": "Tags",
    "mood": "Moods",
    "year": "Decade",
    "format": "Format",
    "status": "Analysis",
}
CONFIDENCE_BAND_LABELS = ("90 % and more", "70 to 90 %", "50 to 70 %", "up to 50 %")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value and how many tracks it finds. `state` is "on", "not" or "". The queries toggle it and, where a
    field may be denied, its opposite.
    """

    label: str
    count: int
    query: str
    state: str = ""
    exclude_query: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    title: str
    choices: list[FacetValue]


def facets_of(found: TrackFilterSet, genres: GenreNames) -> list[Facet]:
    """Every facet of a search that has anything to choose, its values in the order people expect."""
    counts = facet_counts(found)
    tags = {tag.key: tag for tag in tags_of(found.owner).filter(key__in=_keys(found, counts["tag"]))}
    moods = {
        *counts["mood"],
        *found.active_filters.get("mood", []),
        *found.active_filters.get("not_mood", []),
    }
    named = {
        "genre": [*((genre.key, genre.name, genre.css) for genre in genres), (UNSURE, "Not sure", "")],
        "source": [(source, label, "") for source, label in SOURCE_LABELS.items()],
        "tag": [(key, tag.name, f"hue-{tag.hue}") for key, tag in sorted(tags.items())],
        "mood": [(mood, mood.capitalize(), "") for mood in sorted(moods)],
        "format": [(kind, kind.upper(), "") for kind in AUDIO_FORMATS],
        "status": [(status, label, "") for status, label in Track.Status.choices],
    }
    choices = {name: _words(found, name, rows, counts[name]) for name, rows in named.items()}
    choices["confidence"] = _bands(found, counts["confidence"])
    choices["year"] = _decades(found, counts["year"])
    return [Facet(name, title, choices[name]) for name, title in TITLES.items() if choices[name]]


def _keys(found: TrackFilterSet, counts: Counter[str]) -> set[str]:
    chosen = [*found.active_filters.get("tag", []), *found.active_filters.get("not_tag", [])]
    return {*counts, *map(fold, chosen)}


def _words(
    found: TrackFilterSet, name: str, rows: list[tuple[str, str, str]], counts: Counter[Any]
) -> list[FacetValue]:
    """Values of a filter that may have several: (value, label, css)."""
    params, no = found.params, f"not_{name}"
    deniable = no in found.filters
    made = []
    for value, label, css in rows:
        on, denied = (value in found.active_filters.get(which, []) for which in (name, no))
        if counts[value] or on or denied:
            made.append(
                FacetValue(
                    label,
                    counts[value],
                    query_toggling(params, name, value, instead=no),
                    "on" if on else "not" if denied else "",
                    query_toggling(params, no, value, instead=name) if deniable else "",
                    css,
                )
            )
    return made


def _range(
    found: TrackFilterSet, name: str, bounds: tuple[str | None, str | None], label: str, count: int
) -> FacetValue:
    """A value that is a lower and an upper bound."""
    names = (f"{name}_min", f"{name}_max")
    asked = tuple(found.active_filters.get(each) for each in names)
    on = any(asked) and all(
        (value is None) == (bound is None) and (value is None or float(value) == float(bound or 0))
        for value, bound in zip(asked, bounds, strict=True)
    )
    values = dict.fromkeys(names) if on else dict(zip(names, bounds, strict=True))
    return FacetValue(label, count, query_with(found.params, **values), "on" if on else "")


def _decades(found: TrackFilterSet, counts: Counter[Any]) -> list[FacetValue]:
    return [
        _range(found, "year", (str(max(decade, 1)), str(decade + 9)), f"{decade}s", counts[decade])
        for decade in sorted((decade for decade in counts if decade is not None), reverse=True)
    ]


def _bands(found: TrackFilterSet, counts: Counter[Any]) -> list[FacetValue]:
    made = []
    for number, (label, bounds) in enumerate(zip(CONFIDENCE_BAND_LABELS, BANDS, strict=True)):
        low, high = (None if bound is None else str(bound) for bound in bounds)
        choice = _range(found, "confidence", (low, high), label, counts[number])
        if choice.count or choice.state:
            made.append(choice)
    return made
