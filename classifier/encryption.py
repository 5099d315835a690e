"""Whether a file declares that its audio is encrypted. The decoders would make noise of it."""

from __future__ import annotations

import struct
from typing import Protocol

#: GUIDs of Content Encryption, Extended Content Encryption and Advanced Content Encryption (ASF specification, 10.1).
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
    bytes.fromhex("b69b077aa4da124ea5ca91d38dc11a8d"),
)
_MP4_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


class Readable(Protocol):
    """What is asked of a file here."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


def is_encrypted(file: Readable, kind: str) -> bool:
    """Whether the file declares its audio encrypted (FairPlay, Common Encryption or Windows Media DRM)."""
    if kind == "wma":
        file.seek(0)
        header = file.read(64 * 1024)
        return any(guid in header for guid in _ASF_ENCRYPTION)
    if kind == "m4a":
        return _has_encrypted_track(file, 0, file.seek(0, 2), _MP4_PATH)
    return False


def _has_encrypted_track(file: Readable, start: int, end: int, path: tuple[bytes, ...]) -> bool:
    """Walk the boxes of an MP4 (ISO/IEC 14496-12) along `path` and look for an encrypted first sample entry."""
    for _ in range(1000):  # more boxes than any real file has at one level
        if start >= end:  # a box may claim to end beyond what can be sought
            return False
        file.seek(start)
        header = file.read(16)
        if len(header) < 16:
            return False
        size, name = struct.unpack(">I4s", header[:8])
        skip = 8
        if size == 1:
            size, skip = struct.unpack(">Q", header[8:])[0], 16
        elif size == 0:
            size = end - start
        if size < 8:
            return False
        if name == path[0]:
            if len(path) == 1:
                file.seek(start + 20)  # skip version, flags, count and the entry's size
                return file.read(4) in (b"drms", b"enca")
            if _has_encrypted_track(file, start + skip, min(end, start + size), path[1:]):
                return True
        start += size
    return False
