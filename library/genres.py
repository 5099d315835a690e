"""The built-in genres, those of the GTZAN dataset, and which genre a file's tag names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from library.text import fold, slug_from

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


def builtin_genre_from_tag(text: str) -> str:
    """The built-in genre that a file's genre tag names; "" if it names none or several.

    "Heavy Metal" is metal and "Hip-Hop/Rap" is hiphop, but "Blues Rock" could be either.
    """
    words = re.sub(r"[-_/;,&.]+", " ", fold(text))
    named = [genre for genre, pattern in _PATTERNS.items() if pattern.search(words)]
    return named[0] if len(named) == 1 else ""


def known_genre_from_tag(text: str, own_genres: Mapping[str, str]) -> str:
    """The key of the own or built-in genre that a file's genre tag names; "" if it names neither.

    `own_genres` has the keys of the owner's genres by `slug_from` of their names. The whole tag has to be that name:
    with an own genre "Acid Jazz", a file that says "Acid jazz" is that, and not jazz.
    """
    return own_genres.get(slug_from(text)) or builtin_genre_from_tag(text)
