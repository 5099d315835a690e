"""Every text in the tags of a file, wherever it stands, before anything is chosen or cut.

A file may have several tags: ID3 in front and APE behind, ID3 and INFO in one WAV. Each is a source, the one to be
believed first. Bytes that are not what the tag says are kept as surrogates (see `code_pages`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.aiff import AIFF
from mutagen.asf import ASF, ASFBaseAttribute  # type: ignore[attr-defined]
from mutagen.dsf import DSF
from mutagen.id3 import (
    ID3,
    RVA2,
    SYLT,
    TCON,
    UFID,
    Encoding,
    Frame,
    PairedTextFrame,
    ParseID3v1,
)
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm
from mutagen.wave import WAVE

from classifier import formats
from classifier.ape_tags import read_ape
from classifier.audiofile import AudioFile
from classifier.code_pages import undecoded
from classifier.file_window import FileWindow
from classifier.id3_frames import FRAMES
from classifier.limits import TimeLimitExceeded
from classifier.riff_info import read_aiff_texts, read_info
from classifier.vorbis_comments import open_flac, open_ogg

#: More texts than this are not taken from one value, nor more bytes from one of bytes.
MAX_TEXTS, MAX_BYTES = 50, 40_000


@dataclass
class Source:
    """One tag: names and their texts as the format has them, and the code page that the file declares for them."""

    texts: list[tuple[str, list[str]]]
    page: str = ""


def tag_sources(path: Path) -> Iterator[Source]:
    """Every tag of a file, the one to be believed first. What cannot be read is left out.

    MemoryError and what limits raise are passed on.
    """
    with path.open("rb") as file:
        kind, start = formats.locate(file)
        for read in (*_READERS.get(kind or "", ()), *_AROUND):
            try:
                source = read(file, start)
            except (TimeLimitExceeded, MemoryError):
                raise
            except Exception:  # noqa: S112 - whatever mutagen makes of broken bytes
                continue
            if source and source.texts:
                yield source


def ffmpeg_source(path: Path) -> Source:
    """What FFmpeg reads: Matroska's tags, the text chunks of AIFF, CAF and others. Raises AudioError."""
    with AudioFile(path) as audio:
        return Source([(name.lower(), [text]) for name, text in audio.metadata.items()])


def _id3(file: BinaryIO, start: int) -> Source:
    """The ID3v2 tag at the start of the file, whatever the format behind it."""
    file.seek(0)
    return _id3_source(ID3(file, known_frames=FRAMES, translate=False, load_v1=False))  # type: ignore[no-untyped-call]


def _id3v1(file: BinaryIO, start: int) -> Source | None:
    """The 128 bytes at the end, in which names have 30 letters."""
    file.seek(-128, 2)
    frames = ParseID3v1(file.read(128), known_frames=FRAMES)  # type: ignore[no-untyped-call]
    return Source([(name, _frame_texts(frame)) for name, frame in frames.items()]) if frames else None


def _id3_source(tags: Any) -> Source:
    written = [(name, [*_texts(tags[name])]) for name in ("TYER", "TORY") if name in tags]
    tags.update_to_v24()
    return Source([*((name, _frame_texts(frame)) for name, frame in tags.items()), *written])


def _frame_texts(frame: Frame) -> list[str]:
    texts = _first_texts(frame)
    return [*map(undecoded, texts)] if getattr(frame, "encoding", None) == Encoding.LATIN1 else texts


def _ape(file: BinaryIO, start: int) -> Source:
    return Source([(name, [*map(_escaped, texts)]) for name, texts in read_ape(file)])


def _info(file: BinaryIO, start: int) -> Source:
    texts, page = read_info(file, start)
    return Source([(name, [_escaped(text)]) for name, text in texts], page)


def _aiff_texts(file: BinaryIO, start: int) -> Source:
    return Source([(name, [_escaped(text)]) for name, text in read_aiff_texts(file, start)])


def _chunk(kind: type[WAVE | AIFF]) -> Callable[[BinaryIO, int], Source]:
    """The reader of the ID3 chunk within a file of chunks."""

    def read(file: BinaryIO, start: int) -> Source:
        tags = kind(FileWindow(file, start), known_frames=FRAMES, translate=False).tags
        return _id3_source(tags) if tags else Source([])

    return read


def _flac(file: BinaryIO, start: int) -> Source:
    return _named(open_flac(FileWindow(file, start)).tags)


def _ogg(file: BinaryIO, start: int) -> Source:
    """The comments of the first stream of sound in the file."""
    file.seek(start)
    head = file.read(formats.HEAD_BYTES)
    found = open_ogg(FileWindow(file, start), head)
    return _named(found.tags) if found else Source([])


def _mp4(file: BinaryIO, start: int) -> Source:
    tags: Any = MP4(FileWindow(file, start)).tags  # type: ignore[no-untyped-call]
    source = _named(tags)
    failed: dict[str, list[bytes]] = getattr(tags, "_failed_atoms", {})
    for name, atoms in failed.items():
        if len(name) == 4:
            source.texts.append((name, [*filter(None, map(_atom_text, atoms))]))
    return source


def _atom_text(atom: bytes) -> str:
    """The text of a `data` atom that mutagen does not take: UTF-16, and bytes that are no UTF-8."""
    kind, text = int.from_bytes(atom[9:12], "big"), atom[16:][:MAX_BYTES]
    if atom[4:8] != b"data" or kind not in (*_UTF16, AtomDataType.IMPLICIT, AtomDataType.UTF8):
        return ""
    if kind in _UTF16:
        return text.decode(
            "utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-be", errors="ignore"
        )
    return _escaped(text)


_UTF16 = (AtomDataType.UTF16, 5)  # 5 is how QuickTime calls it where texts are sorted


def _asf(file: BinaryIO, start: int) -> Source:
    return _named(ASF(FileWindow(file, start)).tags)  # type: ignore[no-untyped-call]


def _dsf(file: BinaryIO, start: int) -> Source:
    tags = DSF(FileWindow(file, start), known_frames=FRAMES, translate=False).tags  # type: ignore[no-untyped-call]
    return _id3_source(tags) if tags else Source([])


def _named(tags: Any) -> Source:
    return Source([(str(name), _first_texts(value)) for name, value in tags.items()] if tags else [])


def _escaped(text: bytes) -> str:
    return text.decode(errors="surrogateescape")


def _first_texts(value: Any) -> list[str]:
    return [*itertools.islice(_texts(value), MAX_TEXTS)]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a tag's value, whatever its type."""
    if isinstance(value, Frame):
        if isinstance(value, TCON):
            yield from (genre for genre in value.genres if genre != "Unknown")
        elif isinstance(value, UFID):
            yield value.data[:MAX_BYTES].decode("ascii", errors="ignore")  # type: ignore[attr-defined]
        elif isinstance(value, SYLT):
            yield " ".join(text for text, _ in value.text)  # type: ignore[attr-defined]
        elif isinstance(value, PairedTextFrame):
            yield from (": ".join(pair) for pair in value.people)  # type: ignore[attr-defined]
        elif isinstance(value, RVA2):
            yield f"{value.gain:+.2f} dB"  # type: ignore[attr-defined]
        else:
            yield from _texts(getattr(value, "text", getattr(value, "url", [])))
    elif isinstance(value, ASFBaseAttribute):
        yield from _texts(value.value)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, tuple):  # track 7 of 12, or of an unknown number
        if any(value):
            yield "/".join(str(number) for number in (value if value[-1] else value[:1]))
    elif isinstance(value, MP4FreeForm):
        if value.dataformat == AtomDataType.UTF8:
            yield _escaped(value[:MAX_BYTES])
    elif not isinstance(value, bytes):
        yield str(value)[:MAX_BYTES]


#: The readers of each format, the tag to be believed first.
_READERS: dict[str, tuple[Callable[[BinaryIO, int], Source | None], ...]] = {
    "wav": (_chunk(WAVE), _info),
    "aiff": (_chunk(AIFF), _aiff_texts),
    "flac": (_flac,),
    "ogg": (_ogg,),
    "opus": (_ogg,),
    "m4a": (_mp4,),
    "wma": (_asf,),
    "dsf": (_dsf,),
}
#: What may stand before and behind the sound of any format.
_AROUND = (_id3, _ape, _id3v1)
