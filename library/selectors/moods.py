"""Moods, and the stations they make: the tracks that have most of one."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, QuerySet

from library.models import Mood, Track, User
from library.models.tags import MOOD_THRESHOLD
from library.selectors.bin import binned_ids_of


def station_of(owner: User, mood: str) -> QuerySet[Mood]:
    """What the owner's tracks have of a mood, the strongest first; tracks that have not enough are not there."""
    station = Mood.objects.filter(owner=owner, name=mood, score__gte=MOOD_THRESHOLD)
    station = station.exclude(track__in=binned_ids_of(owner))
    return station.order_by("-score", "track_id")


def moods_of(owner: User) -> dict[str, int]:
    """The moods that any of the owner's tracks has, by name, and how many have each."""
    return dict(sorted(mood_counts(Track.objects.filter(owner=owner)).items()))


def mood_counts(tracks: QuerySet[Track]) -> Counter[str]:
    """How many of these tracks have each mood."""
    counts: Counter[str] = Counter()
    for lines, count in tracks.order_by().values_list("mood_lines").annotate(Count("pk")):
        counts.update(dict.fromkeys(lines.split("\n")[1:-1], count))
    return counts
