"""A person's genres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from library.genres import BUILTIN_GENRES
from library.models import Genre, Track, User


@dataclass(frozen=True, slots=True)
class GenreChoice:
    """A genre to choose or show. `css` is the class of its colour, `own` whether it is a person's own genre."""

    key: str
    name: str
    css: str
    own: bool = False


class GenreNames:
    """All genres of a person by key, the built-in ones first."""

    def __init__(self, choices: list[GenreChoice]) -> None:
        self._by_key = {choice.key: choice for choice in choices}

    def __iter__(self) -> Iterator[GenreChoice]:
        return iter(self._by_key.values())

    def by_key(self, key: str) -> GenreChoice:
        """The genre with that key. For an unknown key, a genre that is named after it."""
        return self._by_key.get(key) or GenreChoice(key, key.replace("-", " ").capitalize(), "hue-0")


BUILTIN_CHOICES = [GenreChoice(key, name, f"genre-{key}") for key, name in BUILTIN_GENRES.items()]


def genre_names_of(owner: User) -> GenreNames:
    """The built-in genres, and the owner's own genres that are not retired."""
    return GenreNames(
        BUILTIN_CHOICES
        + [GenreChoice(own.key, own.name, f"hue-{own.hue}", own=True) for own in own_genres_of(owner)]
    )


def own_genres_of(owner: User) -> QuerySet[Genre]:
    return Genre.objects.filter(owner=owner, retired_at=None)


def track_count_by_genre(owner: User) -> dict[str, int]:
    """Numbers of the owner's tracks by effective genre; "" for tracks without one."""
    rows = Track.objects.filter(owner=owner).order_by().values_list("genre").annotate(Count("pk"))
    return dict(rows)
