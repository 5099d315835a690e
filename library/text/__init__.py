"""Texts: names as people compare them, values that forms and URLs carry, numbers as people read them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePosixPath

from django.utils.dateparse import parse_datetime

from classifier.visible import without_invisible
from library.text.folding import search_text


def artist_group(artist: str, album: str) -> str:
    """Tracks of one artist are not independent of each other; without an artist, those of one album; "" for neither."""
    if name := search_text(artist):
        return f"artist {name}"
    name = search_text(album)
    return f"album {name}" if name else ""


def without_control_characters(text: str) -> str:
    """The text in Unicode's composed form (NFC), without characters that nobody sees and no script needs."""
    return unicodedata.normalize("NFC", without_invisible(unicodedata.normalize("NFC", text)))


#: Letters that Unicode does not count as control or format characters, and that show nothing all the same.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_VARIATION_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def has_invisible_letter(text: str) -> bool:
    """Whether some character of a text is not seen by whoever reads it: two such texts can look the same."""
    hidden = any(unicodedata.category(c)[0] in "CZ" and c != " " for c in text)
    return hidden or not _BLANK_LETTERS.isdisjoint(text) or bool(_VARIATION_SELECTORS.search(text))


def is_storable(text: str, max_length: int) -> bool:
    """Whether a text of 1 to `max_length` characters can be stored and sent: no control characters, no half characters.

    Whatever the site stores passes this, so that its exports can be read. Forms ask for more (`isprintable`).
    """
    return 1 <= len(text) <= max_length and not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def with_plain_spaces(text: str) -> str:
    """The text with an ordinary space for each blank of another kind, such as U+00A0 or U+3000."""
    return "".join(" " if c.isspace() else c for c in text)


def slug_from(name: str) -> str:
    """A name as a word for URLs and columns: "Drum & Bass" becomes "drum-bass"."""
    return re.sub(r"[^\w]+", "-", search_text(name)).strip("-")


def title_from_filename(name: str) -> str:
    """A title for a track whose file has none, from the name of the file."""
    return " ".join(PurePosixPath(name).stem.replace("_", " ").split()) or name


def join_lines(words: Iterable[str], max_length: int) -> str:
    """Words joined for a column of `max_length` characters, to be searched for `line_term`. Words that do not fit are
    left out.
    """
    text = ""
    for word in words:
        if len(longer := (text or "\n") + word + "\n") > max_length:
            break
        text = longer
    return text


def line_term(word: str) -> str:
    """What a column filled by `join_lines` contains if the word is among its words. Words have no line breaks."""
    return f"\n{word}\n"


def clock(seconds: float | None) -> str:
    """Seconds as "3:07" or "1:02:45"."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def uuid_or_nil(text: str) -> uuid.UUID:
    """Parse a UUID from a form. Returns the nil UUID, which no row has, if the text is not one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def uuids_in(texts: Iterable[str]) -> list[uuid.UUID]:
    """The UUIDs among some texts, each once and in their order."""
    return list(dict.fromkeys(found for text in texts if (found := uuid_or_nil(text)).int))


#: Nothing here is older than the first or will be younger than the last. Near the years 1 and 9999, adding a margin or
#: an offset from UTC overflows.
FIRST_MOMENT, LAST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def aware_datetime(text: str) -> datetime | None:
    """The time that a text in ISO 8601 names; None for anything else, and for a time without an offset from UTC.

    Times before `FIRST_MOMENT` or after `LAST_MOMENT` are these.
    """
    try:
        parsed = parse_datetime(text)
    except ValueError:
        return None
    return bounded_moment(parsed) if parsed and parsed.tzinfo else None


def bounded_moment(moment: datetime) -> datetime:
    """The moment, or the one of `FIRST_MOMENT` and `LAST_MOMENT` that is nearer, if it is not between them."""
    return min(max(moment, FIRST_MOMENT), LAST_MOMENT)


def whole_number(text: str, most: int = 10**9) -> int | None:
    """The number that a text of ASCII digits stands for, at most `most`; None for any other text.

    Python itself refuses to parse numbers of thousands of digits.
    """
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    return most if len(digits) > len(str(most)) else min(int(digits), most)


def track_count_text(count: int) -> str:
    """A number of tracks as people read it: "1 track", "1,234 tracks"."""
    return "1 track" if count == 1 else f"{count:,} tracks"


_SIZE_UNITS = ("KB", "MB", "GB", "TB", "PB")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)\s*(bytes?|[KMGTP]?B)", re.IGNORECASE | re.ASCII)


def file_size(size: float | None) -> str:
    """Bytes as people read them: "3.9 KB", "12 bytes".

    The units are multiples of 1,024; the next one is taken before a number has four digits, so that nothing has
    "1001.5 KB".
    """
    number = float(size or 0)
    if number < 1000:
        return "1\xa0byte" if number == 1 else f"{number:.0f}\xa0bytes"
    exponent = 1
    while round(number / 1024**exponent, 1) >= 1000 and exponent < len(_SIZE_UNITS):
        exponent += 1
    return f"{number / 1024**exponent:.1f}\xa0{_SIZE_UNITS[exponent - 1]}"


def size_from_text(text: str) -> int | None:
    """The bytes that a size stands for as people write it: "10 GB", "1.5 tb", "512 bytes", "0"; None for other texts.

    The units are those of `file_size`.
    """
    text = text.replace("\xa0", " ").strip()
    if text == "0":
        return 0
    if not (found := _SIZE.fullmatch(text)):
        return None
    unit = found[2].upper()
    exponent = _SIZE_UNITS.index(unit) + 1 if unit in _SIZE_UNITS else 0
    return int(Decimal(found[1]) * 1024**exponent)


def exact_size(size: int) -> str:
    """Bytes as a text that `size_from_text` reads back to the byte, in the largest unit that allows it."""
    for exponent, unit in reversed(list(enumerate(_SIZE_UNITS, 1))):
        number = size / 1024**exponent
        text = f"{number:.3f}".rstrip("0").rstrip(".") + f" {unit}"
        if 1 <= number < 10_000 and size_from_text(text) == size:
            return text
    return f"{size} bytes"
