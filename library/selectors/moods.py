"""Moods, and the stations they make: the tracks that have most of one."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from library.models import Mood, User
from library.models.tags import MOOD_FROM


def station_of(owner: User, mood: str) -> QuerySet[Mood]:
    """What the owner's tracks have of a mood, the strongest first; tracks that have not enough are not there."""
    station = Mood.objects.filter(owner=owner, name=mood, score__gte=MOOD_FROM)
    return station.order_by("-score", "track_id")


def moods_of(owner: User) -> dict[str, int]:
    """The moods that any of the owner's tracks has, by name, and how many have each."""
    rows = Mood.objects.filter(owner=owner, score__gte=MOOD_FROM).values_list("name")
    return dict(rows.annotate(Count("pk")).order_by("name"))
