"""What genres there are for somebody, and what was said about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from library.genres import BUILTIN_GENRES
from library.models import BulkAction, Genre, Track, User

#: For so long an undo is offered on a page of its own.
RECENT_PERIOD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GenreChoice:
    """A genre as it is shown. `css` is the class that gives it its colour."""

    key: str
    name: str
    css: str
    own: bool = False


class GenreNames:
    """Every genre of somebody, the ten first."""

    def __init__(self, choices: list[GenreChoice]) -> None:
        self._by_key = {choice.key: choice for choice in choices}

    def __iter__(self) -> Iterator[GenreChoice]:
        return iter(self._by_key.values())

    def by_key(self, key: str) -> GenreChoice:
        """The genre of that key; one that is none of theirs is shown by its key."""
        return self._by_key.get(key) or GenreChoice(key, key.replace("-", " ").capitalize(), "hue-0")


BUILTIN_CHOICES = [GenreChoice(key, name, f"genre-{key}") for key, name in BUILTIN_GENRES.items()]


def genre_names_of(owner: User) -> GenreNames:
    """The ten, and the owner's own that are in use."""
    return GenreNames(
        BUILTIN_CHOICES
        + [GenreChoice(own.key, own.name, f"hue-{own.hue}", own=True) for own in own_genres_of(owner)]
    )


def own_genres_of(owner: User) -> QuerySet[Genre]:
    return Genre.objects.filter(owner=owner, retired_at=None)


def track_count_by_genre(owner: User) -> dict[str, int]:
    """How many tracks have each effective genre; "" for those that have none."""
    rows = Track.objects.filter(owner=owner).order_by().values_list("genre").annotate(Count("pk"))
    return dict(rows)


def bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """What somebody did that can be undone, or was; the latest first."""
    return BulkAction.objects.filter(person=person).defer("data").order_by("-created_at", "-id")


def recent_bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """What somebody did in the last day, and what is still being done; the latest first."""
    recent = Q(created_at__gt=timezone.now() - RECENT_PERIOD) | Q(status__in=BulkAction.UNFINISHED)
    return bulk_actions_of(person).filter(recent)
