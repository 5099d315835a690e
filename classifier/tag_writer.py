"""Write what a person has changed into the tags of a copy of a file. All other tags, and the audio data, stay.

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

from mutagen.mp3 import MP3
from mutagen.mp4 import MP4

from classifier import formats
from classifier.id3_writer import write_id3, write_mp3_tags
from classifier.landlock import confine
from classifier.limits import isolate, limit_cpu_time, limit_file_size, limit_memory
from classifier.vorbis_comments import open_flac, open_ogg
from classifier.years import year_of

#: Text by field; None removes the field; `tags` and `artists` are lists. Fields that are not named keep their value.
#: `disc` and `track` are "3", "3/12" or "0/12", `compilation` is "1".
Tags = dict[str, Any]

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
#: Other comments that say the same as a field, and would contradict its new value.
_OTHER_COMMENTS = {
    "year": ("YEAR",),
    "album_artist": ("ALBUM ARTIST", "ALBUM_ARTIST"),
    "disc": ("DISC", "DISCTOTAL", "TOTALDISCS"),
    "track": ("TRACK", "TRACKTOTAL", "TOTALTRACKS"),
    "original_year": ("ORIGINALYEAR",),
}
#: How much larger a copy may be than the original, and how much memory and CPU time writing it may take.
MAX_GROWTH_BYTES = 16 * 2**20
MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 60


def write_tags(path: Path, kind: str, tags: Tags) -> None:
    """Write tags into a file of one of `tagged_copies.TAGGABLE_FORMATS`. Passes on any exception of mutagen's."""
    length = _opened(path, kind).info.length
    if tags:
        _WRITERS[kind](path, tags)
        if _opened(path, kind).info.length != length:
            raise ValueError("the duration has changed")


def _opened(path: Path, kind: str) -> Any:
    if kind == "mp3":
        return MP3(path)  # type: ignore[no-untyped-call]
    if kind == "m4a":
        return MP4(path)  # type: ignore[no-untyped-call]
    if kind == "flac":
        return open_flac(path)
    with path.open("rb") as file:
        head = file.read(formats.HEAD_BYTES)
    return open_ogg(path, head)


def _write_flac(path: Path, tags: Tags) -> None:
    _write_comments(open_flac(path), tags)
    with path.open("rb") as file:
        has_id3 = formats.id3_size(file.read(10)) > 0
    if has_id3:
        write_id3(path, tags)


def _write_ogg(path: Path, tags: Tags) -> None:
    _write_comments(_opened(path, "ogg"), tags)


def _write_comments(file: Any, tags: Tags) -> None:
    _write_fields(file, _COMMENTS, tags, lambda field, text: [text])
    for field in tags:
        for name in _OTHER_COMMENTS.get(field, ()):
            if name in file:
                del file[name]
    for field, name in (("tags", "TAGS"), ("artists", "ARTISTS")):
        if tags.get(field):
            file[name] = tags[field]
        elif field in tags and name in file:
            del file[name]
    file.save()


def _write_atoms(path: Path, tags: Tags) -> None:
    file: Any = MP4(path)  # type: ignore[no-untyped-call]
    _write_fields(file, _ATOMS, tags, _atom)
    for field, name in (("tags", "TAGS"), ("artists", "ARTISTS")):
        key = f"----:com.apple.iTunes:{name}"
        if tags.get(field):
            file[key] = [text.encode() for text in tags[field]]
        elif field in tags and key in file:
            del file[key]
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
    "mp3": write_mp3_tags,
    "flac": _write_flac,
    "ogg": _write_ogg,
    "opus": _write_ogg,
    "m4a": _write_atoms,
}


def _same_year(field: str, tags: Tags, written: object) -> bool:
    """Whether the file already has this year, perhaps as part of a full date, which is then kept."""
    first = written[0] if isinstance(written, list) and written else written
    return field == "year" and bool(tags[field]) and year_of(str(first or "")) == int(tags[field])


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
