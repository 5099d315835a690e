"""The texts in chunks of WAV and AIFF, as bytes: FFmpeg and mutagen read neither all of them nor their code page."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

#: What the four letters mean, by the names that FFmpeg and Vorbis comments have for it (Exif 2.3, table 16; TagLib).
_NAMES = {
    b"INAM": "title", b"TITL": "title", b"IART": "artist", b"ISTR": "artist", b"IPRD": "album", b"IALB": "album",
    b"ICRD": "date", b"YEAR": "date", b"IGNR": "genre", b"GENR": "genre", b"ICMT": "comment", b"COMM": "comment",
    b"ITRK": "track", b"IPRT": "track", b"TRCK": "track", b"IMUS": "composer", b"IWRI": "lyricist",
    b"ICOP": "copyright", b"ILNG": "language", b"ISFT": "encoder", b"ISBJ": "subject", b"IENG": "engineer",
    b"ISRC": "source", b"IKEY": "keywords", b"IBPM": "bpm", b"IMED": "media", b"IAAR": "albumartist",
}  # fmt: skip
_AIFF_NAMES = {b"NAME": "title", b"AUTH": "artist", b"ANNO": "comment", b"(c) ": "copyright"}
#: Code pages by their numbers in a CSET chunk where Python names them otherwise than `cp…`.
_PAGES = {
    10000: "mac-roman",
    20866: "koi8-r",
    28591: "latin-1",
    28592: "iso8859-2",
    51932: "euc_jp",
    65001: "utf-8",
}
#: More than any file has, and the most bytes of one text that are read.
_MAX_CHUNKS, _MAX_TEXT = 1000, 4000


def read_info(file: BinaryIO, start: int = 0) -> tuple[list[tuple[str, bytes]], str]:
    """The names and texts of the INFO lists of the RIFF file that begins at `start`, and its code page ("" if unsaid).

    Nothing is raised for a broken file: what comes before the damage is read.
    """
    texts: list[tuple[str, bytes]] = []
    page = ""
    file.seek(start)
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return texts, page
    real_sizes: dict[bytes, int] = {}
    for name, offset, size in _chunks(file, start + 12, real_sizes):
        file.seek(offset)
        if name == b"ds64":  # where RF64 has the sizes that need more than 32 bits
            if len(sizes := file.read(16)) == 16:
                real_sizes[b"data"] = struct.unpack("<8xQ", sizes)[0]
        elif name == b"CSET":
            page = _page(file.read(2))
        elif name == b"LIST" and file.read(4) == b"INFO":
            for field, at, length in [*_chunks(file, offset + 4, {}, offset + size)]:
                file.seek(at)
                text = file.read(min(length, _MAX_TEXT)).split(b"\0")[0].strip()
                if text:
                    texts.append((_NAMES.get(field.upper(), field.decode("latin-1")), text))
    return texts, page


def read_aiff_texts(file: BinaryIO, start: int = 0) -> list[tuple[str, bytes]]:
    """The names and texts of the text chunks of the AIFF that begins at `start` (AIFF 1.3, "Text Chunks")."""
    file.seek(start)
    head = file.read(12)
    if head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
        return []
    texts = []
    for field, at, length in _chunks(file, start + 12, {}, order=">"):
        if field in _AIFF_NAMES:
            file.seek(at)
            if text := file.read(min(length, _MAX_TEXT)).split(b"\0")[0].strip():
                texts.append((_AIFF_NAMES[field], text))
    return texts


def _chunks(
    file: BinaryIO, position: int, real_sizes: dict[bytes, int], end: int | None = None, order: str = "<"
) -> Iterator[tuple[bytes, int, int]]:
    """The name, position and size of each chunk. Every second writer forgets that chunks begin at even bytes."""
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or (end is not None and position + 8 > end):
            return
        name, size = struct.unpack(f"{order}4sI", head)
        if size == 0xFFFFFFFF:
            size = real_sizes.get(name, size)
        yield name, position + 8, size
        position += 8 + size + size % 2
        if size % 2:
            file.seek(position - 1)
            if file.read(1) not in (b"\0", b""):  # no padding was written
                position -= 1


def _page(number: bytes) -> str:
    code = int.from_bytes(number, "little")
    return _PAGES.get(code, f"cp{code}") if code else ""
