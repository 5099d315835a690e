"""Write changed fields into ID3 and APE tags. Other frames keep their ids, values and encodings.

The tag keeps its version, too: cars, older Windows and DJ programs read ID3v2.3 only.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from mutagen.apev2 import APENoHeaderError, APEv2
from mutagen.id3 import ID3, TXXX, Frames, ID3NoHeaderError

from classifier.id3_frames import FRAMES
from classifier.years import year_of

Tags = dict[str, Any]

_FRAME_NAMES = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "year": "TDRC", "genre": "TCON", "album_artist": "TPE2",
    "disc": "TPOS", "track": "TRCK", "original_year": "TDOR", "compilation": "TCMP",
}  # fmt: skip
#: What these fields are called in ID3v2.3.
_OLD_NAMES = {"year": "TYER", "original_year": "TORY"}
#: Frames of either version that would contradict a new year.
_OTHER_FRAMES = {"year": ("TYER", "TDRC", "TDAT", "TIME"), "original_year": ("TORY", "TDOR")}
_APE_NAMES = {
    "title": "Title", "artist": "Artist", "album": "Album", "year": "Year", "genre": "Genre",
    "album_artist": "Album Artist", "disc": "Disc", "track": "Track", "compilation": "Compilation",
}  # fmt: skip
#: Where ID3v1 has its texts, and how long they are.
_V1_FIELDS = {"title": (3, 30), "artist": (33, 30), "album": (63, 30), "year": (93, 4)}
_V1_BYTES = 128


def write_mp3_tags(path: Path, tags: Tags) -> None:
    """Change the ID3v2 tag of a file, or give it one, and the APE and ID3v1 tags at its end if there are any."""
    v1 = _id3v1(path)
    write_id3(path, tags)
    _write_ape_if_there(path, tags)
    if v1:  # mutagen takes it away: it would write all of it anew
        with path.open("ab") as file:
            file.write(_changed_v1(v1, tags))


def write_id3(path: Path, tags: Tags) -> None:
    """Change the ID3v2 tag at the start of a file, or give it one, and take an ID3v1 tag away."""
    try:
        id3: Any = ID3(path, known_frames=FRAMES, translate=False, load_v1=False)  # type: ignore[no-untyped-call]
        version = 4 if id3.version >= (2, 4, 0) else 3
    except ID3NoHeaderError:
        id3, version = ID3(), 4  # type: ignore[no-untyped-call]
    names = _FRAME_NAMES | (_OLD_NAMES if version == 3 else {})
    for field, name in names.items():
        if field not in tags or _says_year(id3, field, tags[field]):
            continue
        for other in (name, *_OTHER_FRAMES.get(field, ())):
            id3.delall(other)
        if tags[field]:
            id3.add(Frames[name](encoding=3, text=[tags[field]]))
    for field, name in (("tags", "TAGS"), ("artists", "ARTISTS")):
        if field in tags:
            for key in [key for key in id3 if key.upper() == f"TXXX:{name}"]:
                del id3[key]
            if tags[field]:
                id3.add(TXXX(encoding=3, desc=name, text=tags[field]))  # type: ignore[no-untyped-call]
    # With zeros between several values, as they came: a slash is part of a name.
    id3.save(path, v1=0, v2_version=version, v23_sep=None)


def _write_ape_if_there(path: Path, tags: Tags) -> None:
    """Change the APE tag of a file that has one: some players prefer it."""
    with suppress(APENoHeaderError):
        ape: Any = APEv2(path)  # type: ignore[no-untyped-call]
        for field, name in _APE_NAMES.items():
            if tags.get(field):
                ape[name] = tags[field]
            elif field in tags and name in ape:
                del ape[name]
        if "artists" in tags and "Artists" in ape:
            del ape["Artists"]
        ape.save(path)


def _says_year(id3: Any, field: str, wanted: str | None) -> bool:
    """Whether the tag already has this year, perhaps as part of a full date, which is then kept."""
    texts = (str(text) for name in _OTHER_FRAMES["year"][:2] if name in id3 for text in id3[name].text)
    return (
        field == "year" and bool(wanted) and next(filter(None, map(year_of, texts)), None) == int(wanted or 0)
    )


def _id3v1(path: Path) -> bytes:
    with path.open("rb") as file:
        if file.seek(0, 2) < _V1_BYTES:
            return b""
        file.seek(-_V1_BYTES, 2)
        tag = file.read()
    return tag if tag[:3] == b"TAG" else b""


def _changed_v1(tag: bytes, tags: Tags) -> bytes:
    changed = bytearray(tag)
    for field, (start, length) in _V1_FIELDS.items():
        if field in tags:
            text = (tags[field] or "").encode("latin-1", errors="replace")[:length]
            changed[start : start + length] = text.ljust(length, b"\0")
    if "genre" in tags:
        changed[127] = 255  # none of its numbers
    if "track" in tags and tag[125] == 0:
        number = (tags["track"] or "").partition("/")[0]
        changed[126] = int(number) if number.isdigit() and int(number) < 256 else 0
    return bytes(changed)
