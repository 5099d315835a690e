"""Names as people compare them."""

from __future__ import annotations

import re
import unicodedata


def fold(text: str) -> str:
    """A text without case, accents and doubled spaces: "Beyoncé " and "BEYONCE" are the same.

    Letters that Unicode does not take apart (ø, ß, ł) are what `str.casefold` makes of them.
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def key_from(name: str) -> str:
    """A name as a word for addresses and columns: "Drum & Bass" becomes "drum-bass"."""
    return re.sub(r"[^\w]+", "-", fold(name)).strip("-")
