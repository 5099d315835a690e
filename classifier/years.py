"""The year in a date, as people and programs write dates."""

from __future__ import annotations

import re
import unicodedata

_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_YEAR = r"(1[89]\d\d|20\d\d)"
#: A year by itself, or with month and day behind it or before it as one number: 1969, 19690926, 26091969.
_DATES = (
    re.compile(rf"(?<!\d){_YEAR}(?:{_MONTH}(?:{_DAY}(?:\d{{4}}|\d{{6}})?)?)?(?!\d)", re.ASCII),
    re.compile(rf"(?<!\d){_DAY}{_MONTH}{_YEAR}(?!\d)", re.ASCII),
)


def year_of(text: str) -> int | None:
    """The first year from 1800 to 2099 in a text such as "2015-03-10", "20150310", "c1969" or "1969年"."""
    digits = "".join(_ascii_digit(char) for char in text)
    found = next(filter(None, (date.search(digits) for date in _DATES)), None)
    return int(found[1]) if found else None


def _ascii_digit(char: str) -> str:
    """The digit that a sign of any script stands for; other signs as they are."""
    return char if char.isascii() else str(unicodedata.decimal(char, char))
