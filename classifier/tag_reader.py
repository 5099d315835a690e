"""Read the tags of audio files: title, artist, album, year, genre, place on the album, ids, and all other texts.

Tags are written by strangers: they are cut to length, cleaned, and never trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mutagen.id3 import TCON

from classifier.album_tags import (
    KNOWN_NAMES,
    TAG_NAMES,
    Values,
    album_fields,
    all_values,
    artists_of,
    first_value,
    first_year,
    plain_name,
)
from classifier.code_pages import decoded, without_mojibake
from classifier.limits import resource_limits
from classifier.tag_sources import Source, ffmpeg_source, tag_sources
from classifier.visible import without_invisible

MAX_LENGTH, MAX_GENRE_LENGTH = 200, 100
#: Of so many tags of a file, those that are known by name are found.
MAX_SEARCHED_NAMES = 2000
#: Limits for the texts kept of one file: names, values per name, characters per value (of long lyrics), and characters
#: in all.
MAX_NAMES, MAX_VALUES, MAX_VALUE_LENGTH, MAX_CHARACTERS = 100, 20, 10_000, 30_000
#: CPU time and memory that reading tags may take. A tag with a picture of 100 MB takes a third of the time and most of
#: the memory.
CPU_SECONDS, MEMORY_BYTES = 3.0, 512 * 2**20

#: Names of Vorbis comments that hold pictures as text.
_PICTURE_NAMES = {"metadata_block_picture", "coverart"}
_MAIN_FIELDS = ("title", "artist", "album", "genre", "date")
_NAMES_OF_TRACKS = frozenset(name for field in _MAIN_FIELDS for name in TAG_NAMES[field])

Texts = list[tuple[str, list[str]]]


def read_tags(path: str | Path) -> dict[str, Any]:
    """A file's tags: `title`, `artist`, `album`, `genre` (str), `year` (int), `values`, and those of `album_fields`.

    Fields that the file lacks are left out. `values` holds every text in the tags as {name: [value, …]}, within the
    limits above and without pictures and other bytes. Names are those of the file's format: `TPE2`, `TXXX:…` (ID3),
    `aART` (MP4), `albumartist` (Vorbis).

    Whatever is in the file, nothing is raised: broken, missing or endless tags give only an empty `values`. Must be
    called in the main thread, because only there it can be interrupted.
    """
    sources: list[Texts] = []
    # Every reader parses hostile bytes. Any exception of theirs means "no tags".
    try:
        with resource_limits(seconds=CPU_SECONDS, memory=MEMORY_BYTES):
            sources.extend(_clean(source) for source in tag_sources(Path(path)))
    except Exception:
        return {"values": {}}  # FFmpeg might take as long, and cannot be interrupted
    if not any(map(_names_the_track, sources)):
        with suppress(Exception):
            sources.append(_clean(ffmpeg_source(Path(path))))
    return _fields(sources) | {"values": _values(sources)}


def _clean(source: Source) -> Texts:
    """The names and texts of a tag, decoded and cleaned; those without a text are left out."""
    items = [
        (name, texts[:MAX_VALUES])
        for place, (name, texts) in enumerate(source.texts[:MAX_SEARCHED_NAMES])
        if (place < MAX_NAMES or plain_name(name) in KNOWN_NAMES) and name.lower() not in _PICTURE_NAMES
    ]
    flat = iter(decoded([text for _, texts in items for text in texts], source.page))
    cleaned = [
        (_clean_text(name), [_clean_text(next(flat), MAX_VALUE_LENGTH) for _ in texts])
        for name, texts in items
    ]
    return [(name, found) for name, texts in cleaned if name and (found := [*filter(None, texts)])]


def _fields(sources: list[Texts]) -> dict[str, Any]:
    """What is known by name, each field from the first source that has it."""
    found: dict[str, Any] = {}
    for source in sources:
        values: dict[str, list[str]] = {}
        # Of Vorbis comments, the order is random.
        for name, texts in sorted(source, key=lambda item: item[0]):
            values.setdefault(plain_name(name), []).extend(texts)
        fields = _main_fields(values) | album_fields(values)
        if "artist" in found:  # all artists are those of the same source
            fields.pop("artist_names", None)
        found = fields | found
    for field, other in (("artist", "album_artist"), ("year", "original_year")):
        if field not in found and other in found:
            found[field] = found[other]
    return found


def _main_fields(values: Values) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": _clean_text(first_value(values, "title")),
        "artist": _clean_text(artists_of(values)),
        "album": _clean_text(first_value(values, "album")),
        "genre": _clean_text(_joined(genre_names(all_values(values, "genre"))), MAX_GENRE_LENGTH),
        "year": first_year(values, "date"),
    }
    return {name: value for name, value in fields.items() if value}


def genre_names(texts: Iterable[str]) -> list[str]:
    """The genres that tags name, each once. ID3's numbers, which other formats have as well, become names."""
    names = (name for text in texts for name in TCON(encoding=3, text=[text]).genres)  # type: ignore[no-untyped-call]
    return [name for name in dict.fromkeys(names) if name != "Unknown"]


def _joined(names: list[str]) -> str:
    """As many of the names as there is room for, as one text."""
    text = names[0] if names else ""
    for name in names[1:]:
        if len(longer := f"{text}; {name}") > MAX_GENRE_LENGTH:
            break
        text = longer
    return text


def _names_the_track(source: Texts) -> bool:
    return any(plain_name(name) in _NAMES_OF_TRACKS for name, _ in source)


def _values(sources: list[Texts]) -> dict[str, list[str]]:
    """Every text, within the limits; of a name that several sources have, the first one's."""
    values: dict[str, list[str]] = {}
    left = MAX_CHARACTERS
    for source in sources:
        taken = {*values}
        for name, texts in source:
            if name in taken or (name not in values and len(values) == MAX_NAMES):
                continue
            for text in texts[: MAX_VALUES - len(values.get(name, ()))]:
                if cut := without_invisible(text[:left]).strip():
                    values.setdefault(name, []).append(cut)
                    left -= len(cut)
    return values


def _clean_text(value: str, length: int = MAX_LENGTH) -> str:
    """Return a value as one line of printable text of at most `length` characters."""
    text = without_mojibake(value[: length * 4]).replace("\x00", " ")
    text = "".join(" " if char.isspace() else char for char in text)
    text = " ".join(without_invisible(text).split())[:length]
    return without_invisible(text).strip()  # a joiner at the end joins nothing
