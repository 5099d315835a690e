"""What a file says about itself: title, artist, album, year, genre, track number.

A tag is a suggestion by whoever wrote the file; it is cut to length, cleaned, and never trusted.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
from mutagen.asf import ASF
from mutagen.id3 import ID3, ID3NoHeaderError
from mutagen.mp4 import MP4

from classifier.audiofile import AudioFile
from classifier.limits import TooMuch, bounded

MAX_LENGTH = 200
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


def read_tags(path: str | Path) -> dict[str, str | int]:
    """`title`, `artist`, `album`, `genre` (strings) and `year`, `track` (integers), where the file has them.

    Never raises for what is in the file: broken, missing or endless tags give an empty dict. To be called in a
    process's main thread, where it can be interrupted.
    """
    found: dict[str, Any] = {}
    # Both readers parse hostile bytes; whatever they trip over means "no tags".
    try:
        with bounded(seconds=SECONDS, memory=MEMORY):
            found = _read(Path(path))
    except (TooMuch, MemoryError):
        return {}  # FFmpeg might take as long, and cannot be interrupted
    except Exception:  # noqa: S110
        pass
    if not found:
        with suppress(Exception):
            found = _read_ffmpeg(Path(path))
    tags: dict[str, str | int] = {}
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


def _read(path: Path) -> dict[str, Any]:
    file = mutagen.File(path)
    tags = file.tags if file is not None else None
    if tags is None:
        # A name or a broken frame may hide what the ID3 header still tells.
        try:
            tags = ID3(path)  # type: ignore[no-untyped-call]
        except ID3NoHeaderError:
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
        found = {key.lower(): value for key, value in audio.metadata.items()}
    return {**found, "year": found.get("date")} if found else {}


def _clean(value: Any) -> str:
    """One line of printable text, at most `MAX_LENGTH` characters."""
    if value is None:
        return ""
    text = str(value)[: MAX_LENGTH * 4].replace("\x00", " ")
    text = "".join(" " if char.isspace() else char for char in text)
    # Control, format (text direction!), surrogate and private characters have no place in a name.
    text = "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
    return " ".join(text.split())[:MAX_LENGTH].strip()
