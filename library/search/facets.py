"""The facets of a search, each declared once: filters, counts, links and chips read all they need from here.

To add a facet, add an entry to `FACETS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django_filters import rest_framework as django_filters

from classifier.formats import AUDIO_FORMATS
from library.genres import UNSURE
from library.models import PlaylistItem, Tagging, Track
from library.search.facet_types import Facet, Missing, Range, RangeValue
from library.search.filter_types import (
    BoundedNumberFilter,
    IdListFilter,
    OccurrenceFilter,
    PlayedFilter,
    PresenceFilter,
    TextListFilter,
    WholeNumberFilter,
)
from library.search.form import NONE
from library.search.value_counts import (
    album_counts,
    artist_counts,
    counts_within,
    missing_count,
    moods_counted,
    tag_counts,
)
from library.search.value_names import ValueNames
from library.text import clock

#: The label of `UNSURE`.
UNSURE_LABEL = "Not sure"
#: Each with its lower bound and without its upper one.
CONFIDENCE_BANDS: list[tuple[float | None, float | None]] = [(0.9, None), (0.7, 0.9), (0.5, 0.7), (None, 0.5)]
CONFIDENCE_BAND_LABELS = ("90 % and more", "70 to 90 %", "50 to 70 %", "below 50 %")

#: The numbers of days that are offered for when tracks were added, and last played.
WITHIN_DAYS = (7, 30, 365)

SOURCES = {source.value or NONE: source.label for source in reversed(Track.Source)}


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
    return (tag.name, tag.css) if tag else (value, "")


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


def _last_days(param: str) -> Callable[[Counter[Any]], Iterable[RangeValue]]:
    """The values of a facet that is counted by `counts_within`."""
    values = [RangeValue(days, f"Last {days} days", {param: str(days)}) for days in WITHIN_DAYS]
    return lambda counts: values


def _days_text(days: Any) -> str:
    return "day" if days == 1 else f"{days} days"


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
            "has_tag": OccurrenceFilter(Tagging, help_text="Whether the track has any tag."),
        },
        count=tag_counts,
        values=lambda names, used: sorted(names.tags, key=lambda key: (names.tags[key].search_text, key)),
        label=_tag_label,
        missing=Missing("has_tag", "No tag", missing_count("has_tag", "tag", "not_tag")),
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
            "has_year": PresenceFilter("year", help_text="Whether the track has a year."),
        },
        column="decade",
        counted_alone=True,
        missing=Missing("has_year", "No year", lambda filterset, counts: counts[None]),
        range=Range(
            ("year_min", "year_max"), "From {}", "Until {}", lambda year: f"{year:.0f}", _decade_name
        ),
        range_values=_decades,
    ),
    Facet(
        name="added",
        title="Added",
        filters={
            "added_within_days": WholeNumberFilter(
                method="filter_added_within_days",
                min_value=1,
                max_value=36_500,
                help_text="Added in the last so many days, each of 24 hours.",
            )
        },
        count=lambda filterset: counts_within(filterset, "added_within_days", "created_at", WITHIN_DAYS),
        range=Range(("added_within_days",), "Added in the last {}", "", _days_text),
        range_values=_last_days("added_within_days"),
    ),
    Facet(
        name="played",
        title="Played",
        filters={
            "played_within_days": WholeNumberFilter(
                method="filter_played_within_days",
                min_value=1,
                max_value=36_500,
                help_text="Last played in the last so many days, each of 24 hours.",
            ),
            "played": PlayedFilter(help_text="Whether the track was ever played."),
        },
        count=lambda filterset: counts_within(
            filterset, "played_within_days", "last_played_at", WITHIN_DAYS, "played"
        ),
        range=Range(("played_within_days",), "Played in the last {}", "", _days_text),
        range_values=_last_days("played_within_days"),
        missing=Missing("played", "Never played", missing_count("played", "played_within_days")),
    ),
    Facet(
        name="playlist",
        title="Playlists",
        filters={
            "in_playlist": OccurrenceFilter(PlaylistItem, help_text="Whether the track is in any playlist.")
        },
        count=lambda filterset: {},
        missing=Missing("in_playlist", "In no playlist", missing_count("in_playlist")),
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
#: Those that say how a list can be narrowed, and nothing about a library as a whole.
ONLY_FOR_LISTS = ("artist", "album", "tag", "added", "played", "playlist")
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
