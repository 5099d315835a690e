"""The built-in genres, those of the GTZAN dataset, and which genre a file's tag names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from library.text.folding import NameIndex, search_text
from library.text.genre_names import builtin_genre_named, genre_names, is_plain_genre

BUILTIN_GENRES: dict[str, str] = {
    "blues": "Blues",
    "classical": "Classical",
    "country": "Country",
    "disco": "Disco",
    "hiphop": "Hip-hop",
    "jazz": "Jazz",
    "metal": "Metal",
    "pop": "Pop",
    "reggae": "Reggae",
    "rock": "Rock",
}

#: The value of a genre filter for analysed tracks that have no genre.
UNSURE = "unsure"

#: What writers of genre tags put between words, or leave out. No + or #: "C++" is not "C#".
_BETWEEN_WORDS = re.compile(r"[-_/;,&.:!?'()\[\]\s]+")


class OwnGenres:
    """The keys of a person's own genres, by what the genre tags of files say."""

    def __init__(self, genres: Iterable[tuple[str, str]]) -> None:
        """`genres` has the name and the key of each."""
        named = list(genres)
        self._by_name = NameIndex(named)
        self._by_words = NameIndex((_words(name), key) for name, key in named if _words(name))

    def key_for(self, text: str) -> str:
        """The key of the genre of that name, or of the only one whose name has the same words; "" for none."""
        return self._by_name.get(text) or self._by_words.get(_words(text)) or ""


def _words(text: str) -> str:
    return _BETWEEN_WORDS.sub(" ", search_text(text)).strip()


def builtin_genre_from_tag(text: str) -> str:
    """The built-in genre that a file's genre tag names; "" if it names none or several.

    "Heavy Metal" is metal and "Hip-Hop/Rap" is hiphop, but "Blues Rock" could be either.
    """
    named = {builtin_genre_named(name) for name in genre_names(text)} - {""}
    return named.pop() if len(named) == 1 else ""


def known_genre_from_tag(text: str, own_genres: OwnGenres) -> str:
    """The key of the own or built-in genre that a file's genre tag names; "" if it names neither.

    A whole name has to be that of the own genre: with an own genre "Acid Jazz", a file that says "Acid jazz" is that,
    and not jazz.
    """
    if whole := own_genres.key_for(text):
        return whole
    own = {own_genres.key_for(name) for name in genre_names(text)} - {""}
    return own.pop() if len(own) == 1 else builtin_genre_from_tag(text)


def finer_genre_names(text: str) -> list[str]:
    """The names in a file's genre tag that say more than a built-in genre does, or something else."""
    return [name for name in genre_names(text) if not is_plain_genre(name)]
