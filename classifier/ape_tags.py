"""APEv2 tags, at the start or the end of a file, with their texts as bytes: not every program writes UTF-8 there."""

from __future__ import annotations

import struct
from typing import BinaryIO

#: A tag without pictures is small; what is longer than this has some, which are passed over by their sizes.
MAX_TAG_BYTES, MAX_ITEMS = 32 * 2**20, 500
_MAX_TEXT = 16_000
_TEXT_KIND = 0


def read_ape(file: BinaryIO, start: int = 0) -> list[tuple[str, list[bytes]]]:
    """The names and texts of the APE tag at the end of the file, else at `start`: pictures are left out."""
    for position in (*_footers(file), start):
        if items := _items(file, position):
            return items
    return []


def _footers(file: BinaryIO) -> list[int]:
    """Where the last tag may begin: before the end, before ID3v1, and before Lyrics3 and ID3v1."""
    end = file.seek(0, 2)
    ends = [end]
    file.seek(max(0, end - 128))
    if file.read(3) == b"TAG":
        ends.append(end - 128)
        file.seek(max(0, end - 128 - 15))
        lyrics = file.read(15)
        if lyrics[6:] == b"LYRICS200" and lyrics[:6].isdigit():
            ends.append(end - 128 - 15 - int(lyrics[:6]))
    found = []
    for at in ends:
        file.seek(max(0, at - 32))
        footer = file.read(32)
        if at >= 32 and footer[:8] == b"APETAGEX":
            size = struct.unpack("<I", footer[12:16])[0]
            found.append(at - size)  # the size counts the footer, and not the header
    return found


def _items(file: BinaryIO, position: int) -> list[tuple[str, list[bytes]]]:
    if position < 0:
        return []
    file.seek(position)
    head = file.read(32)
    if head[:8] != b"APETAGEX":
        file.seek(position)
    found: list[tuple[str, list[bytes]]] = []
    for _ in range(MAX_ITEMS):
        sizes = file.read(8)
        if len(sizes) < 8 or sizes == b"APETAGEX":
            break
        length, flags = struct.unpack("<II", sizes)
        name = _name(file)
        if not name or length > MAX_TAG_BYTES:
            break
        if flags >> 1 & 3 == _TEXT_KIND:
            value = file.read(min(length, _MAX_TEXT))
            found.append((name, value.split(b"\0")))
            length -= len(value)
        file.seek(length, 1)
    return found


def _name(file: BinaryIO) -> str:
    """The name of an item, which ends with a zero byte; "" if there is none."""
    data = file.read(256)
    name, end, _ = data.partition(b"\0")
    file.seek(len(name) + 1 - len(data), 1)
    return name.decode("ascii") if end and len(name) >= 2 and name.isascii() else ""
