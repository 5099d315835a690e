"""Title, artist, album, year, genre and free tags, written into a copy of a file: the sound stays as it is.

`python -m classifier.tagging KIND FILE` changes FILE, taking the tags as JSON from standard input; it is
started by `classifier.copies`. mutagen parses what strangers have uploaded, so the process limits itself.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TXXX, ID3NoHeaderError
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from classifier.landlock import confine
from classifier.limits import isolate, limit_cpu_time, limit_file_size, limit_memory

#: Text by field; None takes the field out; `tags` is a list. Fields that are not there stay as they are.
Tags = dict[str, Any]

_FRAMES: dict[str, Any] = {"title": TIT2, "artist": TPE1, "album": TALB, "year": TDRC, "genre": TCON}
_ATOMS = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "year": "\xa9day", "genre": "\xa9gen"}
_COMMENTS = {"title": "TITLE", "artist": "ARTIST", "album": "ALBUM", "year": "DATE", "genre": "GENRE"}

#: How much longer a copy may be than the original, in bytes, and what writing it may take.
GROWTH = 16 * 2**20
MEMORY = 512 * 2**20
SECONDS = 60


def write_tags(path: Path, kind: str, tags: Tags) -> None:
    """Write tags into a file of one of `copies.TAGGABLE`. Raises whatever mutagen trips over."""
    length = _length(path)
    _WRITERS[kind](path, tags)
    if _length(path) != length:
        raise ValueError("the sound is not as long as before")


def _write_id3(path: Path, tags: Tags) -> None:
    try:
        id3: Any = ID3(path)  # type: ignore[no-untyped-call]
    except ID3NoHeaderError:
        id3 = ID3()  # type: ignore[no-untyped-call]
    for field, frame in _FRAMES.items():
        if field in tags and not _same_year(field, tags, id3.get(frame.__name__)):
            id3.delall(frame.__name__)
            if tags[field]:
                id3.add(frame(encoding=3, text=[tags[field]]))
    if tags.get("tags"):
        id3.delall("TXXX:TAGS")
        id3.add(TXXX(encoding=3, desc="TAGS", text=tags["tags"]))  # type: ignore[no-untyped-call]
    id3.save(path)


def _write_comments(path: Path, tags: Tags) -> None:
    file = mutagen.File(path, options=[FLAC, OggVorbis, OggOpus, OggFLAC, OggSpeex])
    _write_fields(file, _COMMENTS, tags)
    if tags.get("tags"):
        file["TAGS"] = tags["tags"]
    file.save()


def _write_atoms(path: Path, tags: Tags) -> None:
    file: Any = MP4(path)  # type: ignore[no-untyped-call]
    _write_fields(file, _ATOMS, tags)
    if tags.get("tags"):
        file["----:com.apple.iTunes:TAGS"] = [tag.encode() for tag in tags["tags"]]
    file.save()


def _write_fields(file: Any, names: dict[str, str], tags: Tags) -> None:
    if file.tags is None:
        file.add_tags()
    for field, name in names.items():
        if field not in tags or _same_year(field, tags, file.get(name, [""])[0]):
            continue
        if tags[field]:
            file[name] = [tags[field]]
        elif name in file:
            del file[name]


_WRITERS: dict[str, Callable[[Path, Tags], None]] = {
    "mp3": _write_id3,
    "flac": _write_comments,
    "ogg": _write_comments,
    "opus": _write_comments,
    "m4a": _write_atoms,
}


def _same_year(field: str, tags: Tags, written: object) -> bool:
    """Whether the file has the year already, and perhaps the day too, which would be a pity to lose."""
    return field == "year" and bool(tags[field]) and str(written or "").startswith(tags[field])


def _length(path: Path) -> float:
    file = mutagen.File(path)
    return float(file.info.length)


def main() -> None:
    _, kind, path = sys.argv
    isolate()
    limit_memory(MEMORY)
    limit_cpu_time(SECONDS)
    limit_file_size(os.path.getsize(path) + GROWTH)
    confine(read=[Path(sys.prefix), Path(sys.base_prefix), Path("/proc/self")], write=[Path(path)])
    write_tags(Path(path), kind, json.load(sys.stdin))


if __name__ == "__main__":
    main()
