"""Albums and artists by words of their names, and the artists by their first letters."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr

from library.models import Album, Artist, User
from library.selectors.albums import albums_of, artists_of, with_main_genre
from library.text.folding import search_text

#: The letter of the artists whose names begin with none.
NO_LETTER = "#"


def albums_named(owner: User, text: str) -> QuerySet[Album]:
    """The owner's albums with all of these words in the title or the artist's name; none for an empty text."""
    found = albums_of(owner) if search_text(text) else albums_of(owner).none()
    for word in search_text(text).split():
        found = found.filter(Q(sort_title__contains=word) | Q(artist__sort_name__contains=word))
    return found


def artists_named(owner: User, text: str) -> QuerySet[Artist]:
    """The owner's artists with all of these words in the name; none for an empty text."""
    found = artists_of(owner) if search_text(text) else artists_of(owner).none()
    for word in search_text(text).split():
        found = found.filter(sort_name__contains=word)
    return found


def artist_letters_of(owner: User) -> list[str]:
    """The first letters of the owner's artists in their order, capital; `NO_LETTER` for all that is no letter."""
    first = artists_of(owner).order_by().values_list(Substr("sort_name", 1, 1), flat=True).distinct()
    letters = {letter.upper() if letter.isalpha() else NO_LETTER for letter in first}
    return sorted(letters, key=lambda letter: (letter != NO_LETTER, letter))


def artists_by_letter(owner: User, letter: str) -> QuerySet[Artist]:
    """The owner's artists whose names begin with a letter, as `artist_letters_of` names it."""
    if letter != NO_LETTER:
        return artists_of(owner).filter(sort_name__startswith=search_text(letter))
    letters = Q()
    for other in artist_letters_of(owner):
        letters |= Q(sort_name__startswith=search_text(other))
    return artists_of(owner).exclude(letters)


def albums_by_artist(owner: User, artists: Iterable[Artist], most: int) -> dict[UUID, list[Album]]:
    """Up to `most` albums of each of these artists by year, by the artist's id: the covers beside their names."""
    found: dict[UUID, list[Album]] = {}
    albums = with_main_genre(albums_of(owner).filter(artist__in=[artist.pk for artist in artists]))
    for album in albums.order_by("year", "sort_title", "pk"):
        if album.artist_id and len(some := found.setdefault(album.artist_id, [])) < most:
            some.append(album)
    return found
