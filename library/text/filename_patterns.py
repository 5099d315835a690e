"""What the name of a file says about a track: "01 - Artist - Title.mp3".

Parts are separated by a hyphen or dash between spaces; in a name without any space that has underscores for them or
begins with a number, by hyphens ("01-the_gravel_kings-cinders.mp3"). What follows the last separator that a pattern
asks for is the title, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, NamedTuple

_DISC = r"(?:(?:cd|disc|disk)[ ]?)?(?P<disc_number>[1-9]\d?)"
_TRACK = r"[(\[]?(?P<track_number>\d{1,3})[)\]]?"
#: After a number: a separator, a dot, or just a space.
_AFTER = r"(?: - |[.] ?| )"
_ARTIST, _ALBUM, _TITLE = r"(?P<artist>.+?)", r"(?P<album>.+?)", r"(?P<title>.+)"
_SEPARATOR = re.compile(r"\s+[-\u2010-\u2015\u2212]\s+")


class FilenamePattern(NamedTuple):
    """How names of files are made. `key` stands for it in addresses and in the API."""

    key: str
    name: str
    regex: re.Pattern[str]


def _pattern(key: str, name: str, *parts: str) -> FilenamePattern:
    return FilenamePattern(key, name, re.compile("".join(parts), re.IGNORECASE))


#: Those that say more come first.
FILENAME_PATTERNS = {
    pattern.key: pattern
    for pattern in (
        _pattern(
            *("disc-track-artist-title", "Disc-Track Artist - Title"),
            *(_DISC, "[-.]", _TRACK, _AFTER, _ARTIST, " - ", _TITLE),
        ),
        _pattern(
            *("artist-album-track-title", "Artist - Album - Track - Title"),
            *(_ARTIST, " - ", _ALBUM, " - ", _TRACK, _AFTER, _TITLE),
        ),
        _pattern(
            *("track-artist-title", "Track - Artist - Title"),
            *(_TRACK, _AFTER, _ARTIST, " - ", _TITLE),
        ),
        _pattern(
            *("artist-track-title", "Artist - Track - Title"),
            *(_ARTIST, " - ", _TRACK, _AFTER, _TITLE),
        ),
        _pattern("disc-track-title", "Disc-Track Title", _DISC, "[-.]", _TRACK, _AFTER, _TITLE),
        _pattern("track-title", "Track Title", _TRACK, _AFTER, _TITLE),
        _pattern("artist-title", "Artist - Title", _ARTIST, " - ", _TITLE),
        _pattern("title-artist", "Title - Artist", r"(?P<title>.+?)", " - ", r"(?P<artist>.+)"),
        _pattern("title", "Title", _TITLE),
    )
}


def fields_from_filename(name: str, key: str) -> dict[str, Any] | None:
    """The fields of a track that a file's name says by a pattern of `FILENAME_PATTERNS`; None if it does not fit."""
    found = FILENAME_PATTERNS[key].regex.fullmatch(_plain(name))
    if found is None:
        return None
    fields: dict[str, Any] = {field: text.strip() for field, text in found.groupdict().items()}
    for field in ("disc_number", "track_number"):
        if field in fields:
            fields[field] = int(fields[field])
    return fields if all(fields.values()) else None


def filename_pattern_for(names: Iterable[str]) -> str:
    """The key of the pattern that says most of those that fit more than half of these names."""
    plain = list(names)
    for key in FILENAME_PATTERNS:
        if 2 * sum(fields_from_filename(name, key) is not None for name in plain) > len(plain):
            return key
    return "title"


def _plain(name: str) -> str:
    """The name without its ending, with " - " for each separator and single spaces."""
    stem = PurePosixPath(name).stem.strip()
    if not re.search(r"\s|_-_", stem) and re.search(r"^\d|_", stem):
        # A disc and a track, "1-01", stay as they are.
        stem = re.sub(r"(?<=[^\d-])-|-(?=[^\d-])", " - ", stem)
    return " ".join(_SEPARATOR.sub(" - ", stem.replace("_", " ")).split())
