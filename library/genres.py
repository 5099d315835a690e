"""The built-in genres, those of the GTZAN dataset, and which genre a file's tag names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from library.text.folding import NameIndex, search_text

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

#: Other words for built-in genres in the genre tags of files.
_SYNONYMS = {
    "hiphop": ("hip hop", "rap", "trap"),
    "classical": ("classic", "baroque", "opera", "symphony"),
    "reggae": ("dub", "ska"),
    "rock": ("rock'n'roll", "rocknroll"),
}
_PATTERNS = {
    genre: re.compile(r"\b(?:" + "|".join(map(re.escape, (genre, *_SYNONYMS.get(genre, ())))) + r")\b")
    for genre in BUILTIN_GENRES
}


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
    words = re.sub(r"[-_/;,&.]+", " ", search_text(text))
    named = [genre for genre, pattern in _PATTERNS.items() if pattern.search(words)]
    return named[0] if len(named) == 1 else ""


def known_genre_from_tag(text: str, own_genres: OwnGenres) -> str:
    """The key of the own or built-in genre that a file's genre tag names; "" if it names neither.

    The whole tag has to be the name of the own genre: with an own genre "Acid Jazz", a file that says "Acid jazz" is
    that, and not jazz.
    """
    return own_genres.key_for(text) or builtin_genre_from_tag(text)
