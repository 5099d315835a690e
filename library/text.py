"""Names as people compare them, and ids as they send them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from pathlib import PurePosixPath


def fold(text: str) -> str:
    """A text without case, accents and doubled spaces: "Beyoncé " and "BEYONCE" are the same.

    Letters that Unicode does not take apart (ø, ß, ł) are what `str.casefold` makes of them.
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def without_control_characters(text: str) -> str:
    """The text in Unicode's composed form (NFC), without characters that nothing can show."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C")


def key_from(name: str) -> str:
    """A name as a word for addresses and columns: "Drum & Bass" becomes "drum-bass"."""
    return re.sub(r"[^\w]+", "-", fold(name)).strip("-")


def title_from(name: str) -> str:
    """What to call a track whose file, of that name, carries no title."""
    return PurePosixPath(name).stem.replace("_", " ").strip() or name


def in_lines(words: Iterable[str], room: int) -> str:
    """Words in a column, to be found by `a_line`: as many of the first as there is room for."""
    text = ""
    for word in words:
        if len(longer := (text or "\n") + word + "\n") > room:
            break
        text = longer
    return text


def a_line(word: str) -> str:
    """What a column filled by `in_lines` contains when the word is among them. No word has a line break in it."""
    return f"\n{word}\n"


def clock(seconds: float | None) -> str:
    """Seconds as "3:07" or "1:02:45"."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def parsed_uuid(text: str) -> uuid.UUID:
    """An id as a form sent it; what is none becomes the one that nothing has."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
