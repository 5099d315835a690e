"""The facets of a search, each declared once: filters, counts, links and chips read all they need from here.

To add a facet, add an entry to `FACETS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django_filters import rest_framework as django_filters

from classifier.formats import AUDIO_FORMATS
from library.genres import UNSURE
from library.models import Track
from library.search.filter_types import BoundedNumberFilter, IdListFilter, TextListFilter
from library.search.form import NONE
from library.search.value_counts import album_counts, artist_counts, moods_counted, tag_counts
from library.search.value_names import ValueNames
from library.text import clock

if TYPE_CHECKING:
    from library.search.filters import TrackFilterSet

#: The label of `UNSURE`.
UNSURE_LABEL = "Not sure"
#: Each with its lower bound and without its upper one.
CONFIDENCE_BANDS: list[tuple[float | None, float | None]] = [(0.9, None), (0.7, 0.9), (0.5, 0.7), (None, 0.5)]
CONFIDENCE_BAND_LABELS = ("90 % and more", "70 to 90 %", "50 to 70 %", "below 50 %")

SOURCES = {source.value or NONE: source.label for source in reversed(Track.Source)}


@dataclass(frozen=True, slots=True)
class Range:
    """Two parameters that are the lower and the upper bound of a field, both included, and how they read.

    A third one may be an upper bound that is not included.
    """

    params: tuple[str, str] | tuple[str, str, str]
    at_least: str
    at_most: str
    show: Callable[[Any], str]
    """A bound as text."""
    name: Callable[[Any, Any], str] = lambda low, high: ""
    """What some ranges are called, such as "1970s"; "" for all others."""
    below: str = "Below {}"

    def label(self, low: Any, high: Any, below: Any = None) -> str:
        """The bounds in words; None means that there is no such bound."""
        if below is None and low == high:
            return self.show(low)
        if below is None and (name := self.name(low, high)):
            return name
        words = [
            text.format(self.show(bound))
            for text, bound in ((self.at_least, low), (self.at_most, high), (self.below, below))
            if bound is not None
        ]
        return ", ".join([words[0], *(word.lower() for word in words[1:])])


@dataclass(frozen=True, slots=True)
class RangeValue:
    """A value of a facet that is a range. `key` is the value in the facet's counts, `bounds` are its parameters."""

    key: Any
    label: str
    bounds: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A field by which a search can be narrowed.

    Its values are either words, with `values` and `label`, or ranges, with `range` and `range_values`. They are
    counted by `count`, by `bands`, or by the values of `column`.
    """

    name: str
    """Also the parameter of its filter, if its values are words."""
    title: str
    filters: Mapping[str, django_filters.Filter]
    """Its own filters by parameter, which its counts disregard. A filter `not_<name>` excludes a value."""

    column: str = ""
    value_of: Callable[[Mapping[str, Any]], Any] | None = None
    """The value in a row of `status` and `column`, if it is not that of the column; "" for no value."""
    counted_alone: bool = False
    """Whether its column has too many values to be counted together with other columns."""
    bands: list[tuple[float | None, float | None]] = field(default_factory=list)
    """Bounds of `column`, the lower one included, counted together with the columns; a value is a band's number."""
    count: Callable[[TrackFilterSet], Mapping[Any, int]] | None = None

    values: Callable[[ValueNames, Iterable[str]], Iterable[str]] = lambda names, used: used
    """All values in their order, given those that have a count or are chosen."""
    label: Callable[[ValueNames, str], tuple[str, str]] = lambda names, value: (value, "")
    """A value's label, and the CSS class of its colour or ""."""
    range: Range | None = None
    range_values: Callable[[Counter[Any]], Iterable[RangeValue]] = lambda counts: ()

    @property
    def exclude_param(self) -> str:
        """The parameter that excludes a value; "" if values cannot be excluded."""
        return name if (name := f"not_{self.name}") in self.filters else ""


def _genre_label(names: ValueNames, value: str) -> tuple[str, str]:
    if value == UNSURE:
        return UNSURE_LABEL, ""
    genre = names.genres.by_key(value)
    return genre.name, genre.css


def _genre_of(row: Mapping[str, Any]) -> str:
    """A track without a genre is unsure only once it has been analysed."""
    return row["genre"] or (UNSURE if row["status"] == Track.Status.READY else "")


def _tag_label(names: ValueNames, value: str) -> tuple[str, str]:
    tag = names.tags.get(value)
    return (tag.name, f"hue-{tag.hue}") if tag else (value, "")


def _artist_label(names: ValueNames, value: str) -> tuple[str, str]:
    return ("No artist" if value == NONE else names.artists.get(value, "An artist that is gone"), "")


def _album_label(names: ValueNames, value: str) -> tuple[str, str]:
    return ("No album" if value == NONE else names.albums.get(value, "An album that is gone"), "")


def _in_order(names: Iterable[str], used: Iterable[str]) -> list[str]:
    """Those with a name in the order of the names, then the others."""
    return list(dict.fromkeys([*(name for name in names if name in used), *sorted(used)]))


def _confidence_ranges(counts: Counter[Any]) -> Iterable[RangeValue]:
    for number, (label, (low, below)) in enumerate(
        zip(CONFIDENCE_BAND_LABELS, CONFIDENCE_BANDS, strict=True)
    ):
        bounds = {"confidence_min": low, "confidence_below": below}
        yield RangeValue(
            number, label, {name: str(bound) for name, bound in bounds.items() if bound is not None}
        )


def _decades(counts: Counter[Any]) -> Iterable[RangeValue]:
    for decade in sorted((decade for decade in counts if decade is not None), reverse=True):
        bounds = {"year_min": str(max(decade, 1)), "year_max": str(decade + 9)}
        yield RangeValue(decade, f"{decade}s", bounds)


def _decade_name(low: Any, high: Any) -> str:
    is_decade = low is not None and high == low + 9 and low % 10 == 0
    return f"{low}s" if is_decade else ""


FACETS = (
    Facet(
        name="genre",
        title="Genre",
        filters={
            "genre": TextListFilter(
                method="filter_genre",
                help_text="The effective genre, by its key or name, or `unsure`; several: any of them.",
            ),
            "not_genre": TextListFilter(
                method="filter_not_genre", help_text="None of these genres, or `unsure`."
            ),
        },
        column="genre",
        value_of=_genre_of,
        values=lambda names, used: [*(genre.key for genre in names.genres), UNSURE],
        label=_genre_label,
    ),
    Facet(
        name="source",
        title="Genre source",
        filters={
            "source": django_filters.MultipleChoiceFilter(
                method="filter_source",
                choices=list(SOURCES.items()),
                help_text="Where the genre comes from; several: any of them.",
            )
        },
        column="genre_source",
        value_of=lambda row: row["genre_source"] or NONE,
        values=lambda names, used: SOURCES,
        label=lambda names, value: (SOURCES[value], ""),
    ),
    Facet(
        name="confidence",
        title="How sure the model is",
        filters={
            "confidence_min": BoundedNumberFilter(
                "confidence", "gte", (0, 1), "The model's confidence, at least."
            ),
            "confidence_max": BoundedNumberFilter(
                "confidence", "lte", (0, 1), "The model's confidence, at most."
            ),
            "confidence_below": BoundedNumberFilter(
                "confidence", "lt", (0, 1), "The model's confidence, less than."
            ),
        },
        column="confidence",
        bands=CONFIDENCE_BANDS,
        range=Range(
            ("confidence_min", "confidence_max", "confidence_below"),
            "At least {} sure",
            "At most {} sure",
            lambda share: f"{Decimal(share) * 100:.0f} %",
            below="Less than {} sure",
        ),
        range_values=_confidence_ranges,
    ),
    Facet(
        name="artist",
        title="Artist",
        filters={
            "artist": IdListFilter(
                method="filter_artist",
                help_text="The id of one of the track's artists, or `none`; several: any of them.",
            )
        },
        count=artist_counts,
        values=lambda names, used: _in_order(names.artists, used),
        label=_artist_label,
    ),
    Facet(
        name="album",
        title="Album",
        filters={
            "album": IdListFilter(
                method="filter_album",
                help_text="The id of the track's album, or `none`; several: any of them.",
            )
        },
        count=album_counts,
        values=lambda names, used: _in_order(names.albums, used),
        label=_album_label,
    ),
    Facet(
        name="tag",
        title="Tags",
        filters={
            "tag": TextListFilter(method="filter_tag", help_text="A tag on the track; several: all of them."),
            "not_tag": TextListFilter(
                method="filter_not_tag", help_text="A tag that is not on the track; several: none of them."
            ),
        },
        count=tag_counts,
        values=lambda names, used: sorted(names.tags, key=lambda key: (names.tags[key].search_text, key)),
        label=_tag_label,
    ),
    Facet(
        name="mood",
        title="Moods",
        filters={
            "mood": TextListFilter(
                method="filter_mood",
                help_text="A mood for which the track is in the top quarter of all music; several: all of them.",
            ),
            "not_mood": TextListFilter(
                method="filter_not_mood",
                help_text="A mood that the track does not have; several: none of them.",
            ),
        },
        count=moods_counted,
        values=lambda names, used: sorted(used),
        label=lambda names, value: (value.capitalize(), ""),
    ),
    Facet(
        name="year",
        title="Decade",
        filters={
            "year_min": BoundedNumberFilter("year", "gte", (1, 9999), "The year, at the earliest."),
            "year_max": BoundedNumberFilter("year", "lte", (1, 9999), "The year, at the latest."),
        },
        column="decade",
        counted_alone=True,
        range=Range(
            ("year_min", "year_max"), "From {}", "Until {}", lambda year: f"{year:.0f}", _decade_name
        ),
        range_values=_decades,
    ),
    Facet(
        name="format",
        title="Format",
        filters={
            "format": django_filters.MultipleChoiceFilter(
                "kind",
                choices=[(kind, kind.upper()) for kind in AUDIO_FORMATS],
                distinct=False,
                help_text="The file's format; several: any of them.",
            )
        },
        column="kind",
        values=lambda names, used: AUDIO_FORMATS,
        label=lambda names, value: (value.upper(), ""),
    ),
    Facet(
        name="status",
        title="Analysis",
        filters={
            "status": django_filters.MultipleChoiceFilter(
                choices=Track.Status.choices,
                distinct=False,
                help_text="The state of the analysis; several: any of them.",
            )
        },
        column="status",
        values=lambda names, used: Track.Status.values,
        label=lambda names, value: (Track.Status(value).label, ""),
    ),
)
FACETS_BY_NAME = {facet.name: facet for facet in FACETS}
FACETS_BY_PARAM = {param: facet for facet in FACETS for param in facet.filters}

#: Every pair of bounds of a search, by each of its parameters. Three of them have no facet.
RANGES_BY_PARAM = {
    param: bounds
    for bounds in (
        Range(
            ("duration_min", "duration_max", "duration_below"),
            "From {}",
            "Up to {}",
            lambda seconds: clock(float(seconds)),
            below="Under {}",
        ),
        Range(
            ("added_after", "added_before"),
            "Added since {}",
            "Added until {}",
            lambda day: date_format(day, "j M Y"),
        ),
        Range(("rating_min", "rating_max"), "{} and more", "Up to {}", lambda rating: f"{rating:.0f} ★"),
        *(facet.range for facet in FACETS if facet.range),
    )
    for param in bounds.params
}
