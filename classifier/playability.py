"""Whether browsers play a file as it is. Those that they refuse get a copy (`transcode`)."""

from __future__ import annotations

from pathlib import Path

from classifier import formats
from classifier.file_window import FileWindow
from classifier.ogg_links import next_link

#: Firefox gives up on a FLAC file whose sound begins behind this.
MAX_FLAC_METADATA_BYTES = 2**24
_LAST_KIND_OF_BLOCK, _MAX_BLOCKS = 6, 1000


def plays_in_browsers(path: Path, kind: str, codec: str) -> bool:
    """Whether every current browser plays this file, of which format and codec are known.

    Firefox and Safari refuse FLAC and WAV behind tags, RF64 and BW64, and play of a chained Ogg file the first link.
    """
    if not formats.is_browser_playable(kind, codec):
        return False
    with path.open("rb") as file:
        _, start = formats.locate(file)
        file.seek(0)
        head = file.read(10)
        if start and not (kind == "mp3" and start == formats.id3_size(head)):
            return False
        if kind == "wav":
            return head[:4] == b"RIFF"
        if kind == "flac":
            return _has_short_metadata(FileWindow(file))
        return kind not in ("ogg", "opus") or next_link(FileWindow(file), 0) is None


def _has_short_metadata(file: FileWindow) -> bool:
    """Whether the sound of a FLAC file begins early, and all before it are blocks of metadata (RFC 9639, 8.1)."""
    position = 4
    for _ in range(_MAX_BLOCKS):
        file.seek(position)
        header = file.read(4)
        if len(header) < 4 or header[0] & 0x7F > _LAST_KIND_OF_BLOCK:
            return False
        position += 4 + int.from_bytes(header[1:], "big")
        if header[0] & 0x80:
            file.seek(position)
            return position < MAX_FLAC_METADATA_BYTES and file.read(1) == b"\xff"
    return False
