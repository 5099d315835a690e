"""Read the tags of audio files: title, artist, album, year, genre, place on the album, ids, and all other texts.

Tags are written by strangers: they are cut to length, cleaned, and never trusted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APENoHeaderError, APETextValue, APEv2
from mutagen.asf import ASF, ASFBaseAttribute  # type: ignore[attr-defined]
from mutagen.id3 import ID3, TCON, UFID, Frame, ID3NoHeaderError
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm

from classifier.album_tags import KNOWN_NAMES, album_fields, plain_name
from classifier.audiofile import AudioFile
from classifier.limits import TimeLimitExceeded, resource_limits
from classifier.visible import without_invisible

MAX_LENGTH = 200
#: Of so many tags of a file, those that are known by name are found.
MAX_SEARCHED_NAMES = 2000
#: Limits for the texts kept of one file: names, values per name, characters per value, and characters in all.
MAX_NAMES, MAX_VALUES, MAX_VALUE_LENGTH, MAX_CHARACTERS = 100, 20, 1000, 20_000
#: CPU time and memory that reading tags may take. A tag with a picture of 100 MB takes a third of the time and most of
#: the memory.
CPU_SECONDS, MEMORY_BYTES = 3.0, 512 * 2**20

_ID3 = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "year": "TDRC", "genre": "TCON"}
_MP4 = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "year": "\xa9day", "genre": "\xa9gen"}
_ASF = {
    "title": "Title",
    "artist": "Author",
    "album": "WM/AlbumTitle",
    "year": "WM/Year",
    "genre": "WM/Genre",
}
_VORBIS = {"title": "title", "artist": "artist", "album": "album", "year": "date", "genre": "genre"}
_APE = {"title": "Title", "artist": "Artist", "album": "Album", "year": "Year", "genre": "Genre"}
#: Names of Vorbis comments that hold pictures as text.
_PICTURE_NAMES = {"metadata_block_picture", "coverart"}


def read_tags(path: str | Path) -> dict[str, Any]:
    """A file's tags: `title`, `artist`, `album`, `genre` (str), `year` (int), `values`, and those of `album_fields`.

    Fields that the file lacks are left out. `values` holds every text in the tags as {name: [value, …]}, within the
    limits above and without pictures and other bytes. Names are those of the file's format: `TPE2`, `TXXX:…` (ID3),
    `aART` (MP4), `albumartist` (Vorbis).

    Whatever is in the file, nothing is raised: broken, missing or endless tags give only an empty `values`. Must be
    called in the main thread, because only there it can be interrupted.
    """
    found: dict[str, Any] = {}
    values: dict[str, list[str]] = {}
    fields: dict[str, Any] = {}
    # Both readers parse hostile bytes. Any exception of theirs means "no tags".
    try:
        with resource_limits(seconds=CPU_SECONDS, memory=MEMORY_BYTES):
            file, tags = _open(Path(path))
            found = _first_values(file, tags)
            values = _clean_values(tags)
            fields = _album_fields(tags)
    except (TimeLimitExceeded, MemoryError):
        return {"values": {}}  # do not try FFmpeg: it might take as long, and cannot be interrupted
    except Exception:  # noqa: S110
        pass
    if not found:
        with suppress(Exception):
            ffmpeg_tags = _read_ffmpeg(Path(path))
            found = {**ffmpeg_tags, "year": ffmpeg_tags.get("date")}
            values = values or _clean_values(ffmpeg_tags)
            fields = fields or _album_fields(ffmpeg_tags)
    return _clean_fields(found) | fields | {"values": values}


def _clean_fields(found: dict[str, Any]) -> dict[str, Any]:
    tags: dict[str, Any] = {}
    for field in ("title", "artist", "album", "genre"):
        text = _clean_text(found.get(field))
        if text:
            tags[field] = text
    year = re.search(r"\b(1[89]\d\d|20\d\d)\b", _clean_text(found.get("year")))
    if year:
        tags["year"] = int(year.group())
    return tags


def _album_fields(tags: Any) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    items = itertools.islice(tags.items() if tags else (), MAX_SEARCHED_NAMES)
    for name, value in sorted(
        items, key=lambda item: str(item[0])
    ):  # of Vorbis comments, the order is random
        plain = plain_name(_clean_text(name))
        if plain in KNOWN_NAMES:
            texts = (
                _clean_text(text, MAX_VALUE_LENGTH) for text in itertools.islice(_texts(value), MAX_VALUES)
            )
            values.setdefault(plain, []).extend(filter(None, texts))
    return album_fields(values)


def _clean_values(tags: Any) -> dict[str, list[str]]:
    """Return every text in tags of any format, within the limits."""
    left = MAX_CHARACTERS
    values: dict[str, list[str]] = {}
    for name, value in itertools.islice(tags.items() if tags else (), MAX_NAMES):
        name = _clean_text(name)
        if not name or name.lower() in _PICTURE_NAMES:
            continue
        for text in itertools.islice(_texts(value), MAX_VALUES):
            text = _clean_text(text, min(MAX_VALUE_LENGTH, left))
            if text:
                values.setdefault(name, []).append(text)
                left -= len(text)
    return values


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a tag's value, whatever its type."""
    if isinstance(value, Frame):
        if isinstance(value, TCON):
            yield from value.genres
        elif isinstance(value, UFID):
            yield value.data[:MAX_VALUE_LENGTH].decode("ascii", errors="ignore")  # type: ignore[attr-defined]
        else:
            yield from _texts(getattr(value, "text", getattr(value, "url", [])))
    elif isinstance(value, ASFBaseAttribute):
        yield from _texts(value.value)
    elif isinstance(value, list | APETextValue):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, tuple):  # track 7 of 12, or of an unknown number
        if any(value):
            yield "/".join(str(number) for number in (value if value[-1] else value[:1]))
    elif isinstance(value, MP4FreeForm):
        if value.dataformat == AtomDataType.UTF8:
            yield value[: MAX_VALUE_LENGTH * 4].decode(errors="ignore")
    elif not isinstance(value, bytes):
        yield str(value)


def _open(path: Path) -> tuple[Any, Any]:
    """Open a file with mutagen: (file, tags), each None if there is none."""
    file = mutagen.File(path)
    tags = file.tags if file is not None else None
    if tags is None:
        # mutagen may not recognise the file by its name or first frame, although it has an ID3 header.
        with suppress(ID3NoHeaderError):
            tags = ID3(path)  # type: ignore[no-untyped-call]
    if tags is None or (isinstance(tags, ID3) and not _names_fully(tags)):
        with suppress(APENoHeaderError):  # which an MP3 may have instead, or beside
            ape = APEv2(path)  # type: ignore[no-untyped-call]
            if tags is None or any(name in ape for name in _APE.values()):
                tags = ape
    return file, tags


def _names_fully(tags: ID3) -> bool:
    """Whether ID3 tags have a name, and not in version 1, which cuts it to 30 characters."""
    return tags.version[0] > 1 and any(frame in tags for frame in _ID3.values())


def _first_values(file: Any, tags: Any) -> dict[str, Any]:
    """Return the first value of each known field."""
    if tags is None:
        return {}
    if isinstance(tags, ID3):
        found = {
            field: tags[frame].text[0] for field, frame in _ID3.items() if frame in tags and tags[frame].text
        }
        if "TCON" in tags:  # "(17)", "17" and "(17)Rock" are all rock
            found["genre"] = next((genre for genre in tags["TCON"].genres if genre != "Unknown"), "")
        return found
    names = _MP4 if isinstance(file, MP4) else _ASF if isinstance(file, ASF) else _VORBIS
    if isinstance(tags, APEv2):
        names = _APE
    found = {}
    for field, name in names.items():
        values = tags.get(name)
        if values:
            found[field] = values[0] if isinstance(values, list | APETextValue) else values
    return found


def _read_ffmpeg(path: Path) -> dict[str, Any]:
    """Read tags that mutagen does not read: RIFF INFO in WAV, text chunks in AIFF, Matroska's tags."""
    with AudioFile(path) as audio:
        return {key.lower(): value for key, value in audio.metadata.items()}


def _clean_text(value: Any, length: int = MAX_LENGTH) -> str:
    """Return a value as one line of printable text of at most `length` characters."""
    if value is None:
        return ""
    text = str(value)[: length * 4].replace("\x00", " ")
    text = "".join(" " if char.isspace() else char for char in text)
    text = " ".join(without_invisible(text).split())[:length]
    return without_invisible(text).strip()  # a joiner at the end joins nothing
