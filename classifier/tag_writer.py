"""Write what a track is called, where it belongs, genre and free tags into a copy of a file. The audio data stay.

`python -m classifier.tag_writer FORMAT FILE` changes FILE and takes the tags as JSON from standard input. It is run by
`classifier.tagged_copies`. mutagen parses files from strangers here, so the process limits itself.
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
from mutagen.id3 import (
    ID3,
    TALB,
    TCMP,
    TCON,
    TDOR,
    TDRC,
    TIT2,
    TPE1,
    TPE2,
    TPOS,
    TRCK,
    TXXX,
    ID3NoHeaderError,
)
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from classifier.landlock import confine
from classifier.limits import isolate, limit_cpu_time, limit_file_size, limit_memory

#: Text by field; None removes the field; `tags` is a list. Fields that are not named keep their value. `disc` and
#: `track` are "3", "3/12" or "0/12", `compilation` is "1".
Tags = dict[str, Any]

_FRAMES: dict[str, Any] = {
    "title": TIT2, "artist": TPE1, "album": TALB, "year": TDRC, "genre": TCON,
    "album_artist": TPE2, "disc": TPOS, "track": TRCK, "original_year": TDOR, "compilation": TCMP,
}  # fmt: skip
_ATOMS = {
    "title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "year": "\xa9day", "genre": "\xa9gen",
    "album_artist": "aART", "disc": "disk", "track": "trkn", "compilation": "cpil",
    "original_year": "----:com.apple.iTunes:originaldate",
}  # fmt: skip
_COMMENTS = {
    "title": "TITLE", "artist": "ARTIST", "album": "ALBUM", "year": "DATE", "genre": "GENRE",
    "album_artist": "ALBUMARTIST", "disc": "DISCNUMBER", "track": "TRACKNUMBER",
    "original_year": "ORIGINALDATE", "compilation": "COMPILATION",
}  # fmt: skip
#: How much larger a copy may be than the original, and how much memory and CPU time writing it may take.
MAX_GROWTH_BYTES = 16 * 2**20
MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 60


def write_tags(path: Path, kind: str, tags: Tags) -> None:
    """Write tags into a file of one of `tagged_copies.TAGGABLE_FORMATS`. Passes on any exception of mutagen's."""
    length = _duration(path)
    _WRITERS[kind](path, tags)
    if _duration(path) != length:
        raise ValueError("the duration has changed")


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
    _write_fields(file, _COMMENTS, tags, lambda field, text: [text])
    if tags.get("tags"):
        file["TAGS"] = tags["tags"]
    file.save()


def _write_atoms(path: Path, tags: Tags) -> None:
    file: Any = MP4(path)  # type: ignore[no-untyped-call]
    _write_fields(file, _ATOMS, tags, _atom)
    if tags.get("tags"):
        file["----:com.apple.iTunes:TAGS"] = [tag.encode() for tag in tags["tags"]]
    file.save()


def _atom(field: str, text: str) -> Any:
    """A value as MP4 has it."""
    if field in ("disc", "track"):
        number, _, total = text.partition("/")
        return [(int(number), int(total or 0))]
    if field == "compilation":
        return True
    return [text.encode()] if field == "original_year" else [text]


def _write_fields(file: Any, names: dict[str, str], tags: Tags, value: Callable[[str, str], Any]) -> None:
    if file.tags is None:
        file.add_tags()
    for field, name in names.items():
        if field not in tags or _same_year(field, tags, file.get(name) if field == "year" else None):
            continue
        if tags[field]:
            file[name] = value(field, tags[field])
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
    """Whether the file already has this year, perhaps as part of a full date, which is then kept."""
    first = written[0] if isinstance(written, list) and written else written
    return field == "year" and bool(tags[field]) and str(first or "").startswith(tags[field])


def _duration(path: Path) -> float:
    file = mutagen.File(path)
    return float(file.info.length)


def main() -> None:
    _, kind, path = sys.argv
    isolate()
    limit_memory(MEMORY_BYTES)
    limit_cpu_time(CPU_SECONDS)
    limit_file_size(os.path.getsize(path) + MAX_GROWTH_BYTES)
    confine(read=[Path(sys.prefix), Path(sys.base_prefix), Path("/proc/self")], write=[Path(path)])
    write_tags(Path(path), kind, json.load(sys.stdin))


if __name__ == "__main__":
    main()
