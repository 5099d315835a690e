"""A person's genres."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from library.genres import BUILTIN_GENRES, OwnGenres
from library.models import Genre, GenreRecompute, Track, User
from library.text.folding import search_text

#: The most own genres, and the most tags, that a menu lists.
LISTED_LABELS = 100


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

    @property
    def listed(self) -> list[GenreChoice]:
        """Those to choose from in a menu: the first ones. The others are chosen by their names."""
        return list(itertools.islice(self._by_key.values(), len(BUILTIN_CHOICES) + LISTED_LABELS))

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


def genre_choices_for(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], GenreChoice]:
    """The genres that are named by pairs of an owner's id and a key, in one query. Own genres may be retired."""
    wanted = set(keys)
    own = {(owner, key) for owner, key in wanted if key not in BUILTIN_GENRES}
    rows = Genre.objects.filter(owner__in={owner for owner, _ in own}, key__in={key for _, key in own})
    found = {(row.owner_id, row.key): row for row in rows} if own else {}
    names = GenreNames(BUILTIN_CHOICES)
    return {
        pair: GenreChoice(row.key, row.name, f"hue-{row.hue}", own=True)
        if (row := found.get(pair))
        else names.by_key(pair[1])
        for pair in wanted
    }


def own_genres_of(owner: User) -> QuerySet[Genre]:
    return Genre.objects.filter(owner=owner, retired_at=None)


def own_genres_containing(owner: User, text: str) -> list[Genre]:
    """The owner's own genres with this text in their names, in any case and with or without accents."""
    words = search_text(text)
    return [genre for genre in own_genres_of(owner) if words in search_text(genre.name)]


def own_genres_for_tags(owner: User) -> OwnGenres:
    """The owner's own genres, for `known_genre_from_tag`."""
    return OwnGenres(own_genres_of(owner).values_list("name", "key"))


def track_count_by_genre(owner: User) -> dict[str, int]:
    """Numbers of the owner's tracks by effective genre; "" for tracks without one."""
    rows = Track.objects.filter(owner=owner).order_by().values_list("genre").annotate(Count("pk"))
    return dict(rows)


def track_count_by_source(owner: User, genre: str) -> dict[str, int]:
    """Numbers of the owner's tracks that have this effective genre, by `Track.Source`."""
    rows = Track.objects.filter(owner=owner, genre=genre).order_by().values_list("genre_source")
    return dict(rows.annotate(Count("pk")))


def finished_genre_recompute_of(owner: User) -> GenreRecompute | None:
    """The pass that has changed genres in the owner's library, until its owner has seen that."""
    return GenreRecompute.objects.filter(owner=owner).exclude(finished_at=None).first()
