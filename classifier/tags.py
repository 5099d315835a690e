"""What a file says about itself: title, artist, album, year, genre, track number, and whatever else it has in words.

A tag is a suggestion by whoever wrote the file; it is cut to length, cleaned, and never trusted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
from mutagen.asf import ASF, ASFBaseAttribute  # type: ignore[attr-defined]
from mutagen.id3 import ID3, TCON, UFID, Frame, ID3NoHeaderError
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm

from classifier.audiofile import AudioFile
from classifier.limits import TooMuch, bounded

MAX_LENGTH = 200
#: Of everything a file says: how many names, values of one name, characters of a value, and of all together.
MAX_NAMES, MAX_VALUES, MAX_VALUE_LENGTH, MAX_CHARACTERS = 100, 20, 1000, 20_000
#: What reading tags may take: CPU seconds, and bytes. A tag with a picture of 100 MB takes a third of the one
#: and most of the other.
SECONDS, MEMORY = 3.0, 512 * 2**20

_ID3 = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "year": "TDRC", "genre": "TCON", "track": "TRCK"}
_MP4 = {
    "title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "year": "\xa9day", "genre": "\xa9gen",
    "track": "trkn",
}  # fmt: skip
_ASF = {
    "title": "Title", "artist": "Author", "album": "WM/AlbumTitle", "year": "WM/Year", "genre": "WM/Genre",
    "track": "WM/TrackNumber",
}  # fmt: skip
_VORBIS = {
    "title": "title", "artist": "artist", "album": "album", "year": "date", "genre": "genre",
    "track": "tracknumber",
}  # fmt: skip
#: Texts that are pictures.
_PICTURES = {"metadata_block_picture", "coverart"}


def read_tags(path: str | Path) -> dict[str, str | int]:
    """`title`, `artist`, `album`, `genre` (strings) and `year`, `track` (integers), where the file has them.

    Never raises for what is in the file: broken, missing or endless tags give an empty dict. To be called in a
    process's main thread, where it can be interrupted.
    """
    tags = read_all_tags(path)
    del tags["values"]
    return tags


def read_all_tags(path: str | Path) -> dict[str, Any]:
    """As `read_tags`, and `values`: every text in the file's tags, as {name: [value, …]}.

    Names are those of the file's own format: `TPE2`, `TXXX:…` (ID3), `aART` (MP4), `albumartist` (Vorbis). Pictures
    and other bytes are left out, and what goes beyond the limits above.
    """
    found: dict[str, Any] = {}
    values: dict[str, list[str]] = {}
    # Both readers parse hostile bytes; whatever they trip over means "no tags".
    try:
        with bounded(seconds=SECONDS, memory=MEMORY):
            file, tags = _open(Path(path))
            found = _known(file, tags)
            values = _cleaned_values(tags)
    except (TooMuch, MemoryError):
        return {"values": {}}  # FFmpeg might take as long, and cannot be interrupted
    except Exception:  # noqa: S110
        pass
    if not found:
        with suppress(Exception):
            said = _read_ffmpeg(Path(path))
            found = {**said, "year": said.get("date")}
            values = values or _cleaned_values(said)
    return _cleaned(found) | {"values": values}


def _cleaned(found: dict[str, Any]) -> dict[str, Any]:
    tags: dict[str, Any] = {}
    for field in ("title", "artist", "album", "genre"):
        text = _clean(found.get(field))
        if text:
            tags[field] = text
    year = re.search(r"\b(1[89]\d\d|20\d\d)\b", _clean(found.get("year")))
    if year:
        tags["year"] = int(year.group())
    track = re.match(r"\d{1,4}", _clean(found.get("track")))
    if track and int(track.group()):
        tags["track"] = int(track.group())
    return tags


def _cleaned_values(tags: Any) -> dict[str, list[str]]:
    """Every text in tags of any format, within the limits."""
    left = MAX_CHARACTERS
    kept: dict[str, list[str]] = {}
    for name, value in itertools.islice(tags.items() if tags else (), MAX_NAMES):
        name = _clean(name)
        if not name or name.lower() in _PICTURES:
            continue
        for text in itertools.islice(_texts(value), MAX_VALUES):
            text = _clean(text, min(MAX_VALUE_LENGTH, left))
            if text:
                kept.setdefault(name, []).append(text)
                left -= len(text)
    return kept


def _texts(value: Any) -> Iterator[str]:
    """Every text in a tag's value, whatever its type."""
    if isinstance(value, Frame):
        if isinstance(value, TCON):
            yield from value.genres
        elif isinstance(value, UFID):
            yield value.data[:MAX_VALUE_LENGTH].decode("ascii", errors="ignore")  # type: ignore[attr-defined]
        else:
            yield from _texts(getattr(value, "text", getattr(value, "url", [])))
    elif isinstance(value, ASFBaseAttribute):
        yield from _texts(value.value)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, tuple):  # track 7 of 12
        yield "/".join(str(number) for number in value if number)
    elif isinstance(value, MP4FreeForm):
        if value.dataformat == AtomDataType.UTF8:
            yield value[: MAX_VALUE_LENGTH * 4].decode(errors="ignore")
    elif not isinstance(value, bytes):
        yield str(value)


def _open(path: Path) -> tuple[Any, Any]:
    """The file and its tags; None for what it has not."""
    file = mutagen.File(path)
    tags = file.tags if file is not None else None
    if tags is None:
        # A name or a broken frame may hide what the ID3 header still tells.
        with suppress(ID3NoHeaderError):
            tags = ID3(path)  # type: ignore[no-untyped-call]
    return file, tags


def _known(file: Any, tags: Any) -> dict[str, Any]:
    """The first value of each field that we know a name for."""
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
    found = {}
    for field, name in names.items():
        values = tags.get(name)
        if values:
            value = values[0] if isinstance(values, list) else values
            found[field] = value[0] if isinstance(value, tuple) else value
    return found


def _read_ffmpeg(path: Path) -> dict[str, Any]:
    """What mutagen does not read: RIFF INFO in WAV, text chunks in AIFF, Matroska's tags."""
    with AudioFile(path) as audio:
        return {key.lower(): value for key, value in audio.metadata.items()}


def _clean(value: Any, length: int = MAX_LENGTH) -> str:
    """One line of printable text, of at most so many characters."""
    if value is None:
        return ""
    text = str(value)[: length * 4].replace("\x00", " ")
    text = "".join(" " if char.isspace() else char for char in text)
    # Control, format (text direction!), surrogate, private and unassigned characters have no place in a name.
    text = "".join(char for char in text if char.isprintable())
    return " ".join(text.split())[:length].strip()
