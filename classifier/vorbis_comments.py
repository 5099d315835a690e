"""FLAC and Ogg files whose comments keep bytes that are no UTF-8, instead of mutagen's replacement characters."""

from __future__ import annotations

import functools
import struct
from typing import Any, BinaryIO

from mutagen._vorbis import VCommentDict
from mutagen.flac import FLAC, VCFLACDict
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

#: So far into an Ogg file the beginning of a stream of sound is looked for.
_HEAD_BYTES = 8192
_OGG: dict[Any, bytes] = {
    OggVorbis: b"\x01vorbis", OggOpus: b"OpusHead", OggFLAC: b"\x7fFLAC", OggSpeex: b"Speex   ",
}  # fmt: skip


def open_flac(file: Any) -> FLAC:
    """A FLAC file, by its path or open, perhaps with an ID3 tag in front. Passes on mutagen's exceptions."""
    try:
        return _FLAC(file)  # type: ignore[no-untyped-call]
    except ValueError:  # a comment without a name, or with one that is not ASCII
        _rewind(file)
        return FLAC(file)  # type: ignore[no-untyped-call]


def open_ogg(file: Any, head: bytes) -> Any:
    """An Ogg file that begins with `head`, with the comments of its first stream of sound; None if it has none.

    Passes on mutagen's exceptions.
    """
    kinds = [kind for kind, mark in _OGG.items() if mark in head[:_HEAD_BYTES]]
    if not kinds:
        return None
    kind = min(kinds, key=lambda one: head.index(_OGG[one]))
    try:
        return _keeping_bytes(kind)(file)
    except ValueError:
        _rewind(file)
        return kind(file)


def _rewind(file: Any) -> None:
    if hasattr(file, "seek"):
        file.seek(0)


def _load(self: VCommentDict, data: BinaryIO, framing: bool = True) -> None:
    VCommentDict.load(self, data, errors="surrogateescape", framing=framing)  # type: ignore[no-untyped-call]


def _write(self: VCommentDict, framing: bool = True) -> bytes:
    comments = [f"{name}={value}" for name, value in self]
    fields = [_field(self.vendor), struct.pack("<I", len(comments)), *map(_field, comments)]
    return b"".join(fields) + (b"\x01" if framing else b"")


def _field(text: str) -> bytes:
    data = text.encode(errors="surrogateescape")
    return struct.pack("<I", len(data)) + data


class _FLACComments(VCFLACDict):
    def load(self, data: Any, errors: str = "", framing: bool = False) -> None:
        _load(self, data, framing)

    def write(self, framing: bool = False) -> bytes:
        return _write(self, framing)


class _FLAC(FLAC):
    METADATA_BLOCKS = [_FLACComments if block is VCFLACDict else block for block in FLAC.METADATA_BLOCKS]


@functools.cache
def _keeping_bytes(kind: Any) -> Any:
    comments = type(kind._Tags.__name__, (kind._Tags,), {"load": _load, "write": _write})
    return type(kind.__name__, (kind,), {"_Tags": comments})
