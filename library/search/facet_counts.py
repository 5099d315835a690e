"""How many tracks of a search have each value of a field.

A facet's counts obey all filters but its own, so that choosing one value does not hide what others there are.
The fields with one value a track, but for the many years, are counted together in one pass over the tracks
found, by the combinations that there are, and added up here: as many queries as facets would each search anew.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from library.genres import UNSURE
from library.models import Tagging, Track
from library.search.filters import TrackFilterSet
from library.selectors.bin import binned_ids_of
from library.selectors.moods import mood_counts

TOP_TAGS = 30
#: Bands of the model's confidence, from and to.
BANDS: list[tuple[float | None, float | None]] = [(0.9, None), (0.7, 0.9), (0.5, 0.7), (None, 0.5)]
#: Which filters are a facet's own.
OWN = {
    "genre": ("genre", "not_genre"),
    "source": ("source",),
    "format": ("format",),
    "status": ("status",),
    "year": ("year_min", "year_max"),
    "confidence": ("confidence_min", "confidence_max"),
    "tag": ("tag", "not_tag"),
    "mood": ("mood", "not_mood"),
}
#: Columns of the facets that have one value a track; status tells unsure tracks from those not heard yet.
#: In the order of the index `search`, so that a database need not sort to count them together.
COLUMNS = {"status": "status", "genre": "genre", "source": "genre_source", "format": "kind", "year": "decade"}


def facet_counts(found: TrackFilterSet) -> dict[str, Counter[Any]]:
    """Tracks by facet and value: genres with `unsure`, decades as their first year, bands by their number,
    the commonest tags by their key.
    """
    counts: dict[str, Counter[Any]] = {facet: Counter() for facet in OWN}
    asked = found.active_filters
    alone = [facet for facet in (*COLUMNS, "confidence") if facet == "year" or set(OWN[facet]) & set(asked)]
    if together := [facet for facet in (*COLUMNS, "confidence") if facet not in alone]:
        _add_up(found.queryset_without(), together, counts)
    for facet in alone:
        _add_up(found.queryset_without(*OWN[facet]), [facet], counts)
    counts["tag"].update(_tag_counts(found))
    counts["mood"].update(mood_counts(found.queryset_without(*OWN["mood"])))
    return counts


def _add_up(tracks: QuerySet[Track], facets: list[str], counts: dict[str, Counter[Any]]) -> None:
    """Count tracks by all of these facets in one query."""
    wanted = facets if facets == ["year"] else {"status", *facets}
    columns = [column for facet, column in COLUMNS.items() if facet in wanted]
    bands = {f"band_{number}": Count("pk", filter=band) for number, band in enumerate(map(_in_band, BANDS))}
    rows = (
        tracks.annotate(decade=F("year") / 10 * 10)
        .values(*columns)
        .annotate(n=Count("pk"), **bands if "confidence" in facets else {})
    )
    for row in rows:
        for facet in facets:
            if facet == "confidence":
                counts[facet].update({number: row[f"band_{number}"] for number in range(len(BANDS))})
                continue
            value = row[COLUMNS[facet]]
            if facet == "genre" and not value:
                if row["status"] != Track.Status.READY:
                    continue
                value = UNSURE
            elif facet == "source":
                value = value or "none"
            counts[facet][value] += row["n"]


def _in_band(band: tuple[float | None, float | None]) -> Q:
    low, high = band
    return (Q(confidence__gte=low) if low is not None else Q()) & (
        Q(confidence__lte=high) if high is not None else Q()
    )


def _tag_counts(found: TrackFilterSet) -> dict[str, int]:
    """The commonest tags of the tracks found; those that are chosen, too, if any track has them."""
    taggings = Tagging.objects.filter(tag__owner=found.owner)
    if set(found.active_filters) - {*OWN["tag"], "ordering"}:
        taggings = taggings.filter(track__in=found.queryset_without(*OWN["tag"]).values("pk"))
    else:
        taggings = taggings.exclude(track__in=binned_ids_of(found.owner))
    rows = taggings.order_by().values_list("tag__key").annotate(n=Count("pk")).order_by("-n", "tag__key")
    return dict(rows[:TOP_TAGS])
