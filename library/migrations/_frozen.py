"""What migrations need of the code as it was when they were written. Nothing here may change.

The underscore keeps Django from taking this module for a migration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORDS = {
    "blues": ("blues",),
    "classical": ("classical", "classic", "baroque", "opera", "symphony"),
    "country": ("country",),
    "disco": ("disco",),
    "hiphop": ("hiphop", "hip hop", "rap", "trap"),
    "jazz": ("jazz",),
    "metal": ("metal",),
    "pop": ("pop",),
    "reggae": ("reggae", "dub", "ska"),
    "rock": ("rock", "rock'n'roll", "rocknroll"),
}


def fold(text: str) -> str:
    """A text without case, accents and doubled spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def genre_in_tag(text: str) -> str:
    """The built-in genre that a file's genre tag names; "" when it names none, or several."""
    words = re.sub(r"[-_/;,&.]+", " ", fold(text))
    named = [
        genre
        for genre, names in _WORDS.items()
        if re.search(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b", words)
    ]
    return named[0] if len(named) == 1 else ""


def in_lines(words: Iterable[str], room: int) -> str:
    """Words, each on a line of its own: as many of the first as there is room for."""
    text = ""
    for word in words:
        if len(longer := (text or "\n") + word + "\n") > room:
            break
        text = longer
    return text
