"""Moods, and their stations: the tracks that have most of a mood."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, QuerySet

from library.models import Mood, Track, User
from library.models.tags import MOOD_THRESHOLD
from library.selectors.bin import binned_ids_of


def station_of(owner: User, mood: str) -> QuerySet[Mood]:
    """The owner's tracks that have a mood, strongest first."""
    station = Mood.objects.filter(owner=owner, name=mood, score__gte=MOOD_THRESHOLD)
    station = station.exclude(track__in=binned_ids_of(owner))
    return station.order_by("-score", "track_id")


def moods_of(owner: User) -> dict[str, int]:
    """Numbers of the owner's tracks by mood, sorted by name."""
    return dict(sorted(mood_counts(Track.objects.filter(owner=owner)).items()))


def mood_counts(tracks: QuerySet[Track]) -> Counter[str]:
    """Numbers of these tracks by mood."""
    counts: Counter[str] = Counter()
    for lines, count in tracks.order_by().values_list("mood_lines").annotate(Count("pk")):
        counts.update(dict.fromkeys(lines.split("\n")[1:-1], count))
    return counts
