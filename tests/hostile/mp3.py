"""Hostile MP3 files: endless tags, false claims, and files that are valid in another format as well."""

from __future__ import annotations

import functools
import io
import struct
import zipfile
import zlib
from pathlib import Path

from tests.hostile import ANALYSED, MIB, case, song, with_hole
from tests.hostile.flac import png


@functools.cache
def frames() -> bytes:
    """The song without the ID3 tag in front."""
    data = song(".mp3")
    return data[data.index(b"\xff\xfb") :]


def syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(content: bytes, size: int | None = None, *, version: int = 4, flags: int = 0) -> bytes:
    """Return an ID3v2 tag that claims to be `size` bytes long."""
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(content) if size is None else size) + content


def frame(name: bytes, content: bytes, size: int | None = None, flags: int = 0) -> bytes:
    size = len(content) if size is None else size
    return name + syncsafe(size) + struct.pack(">H", flags) + content


TITLE = frame(b"TIT2", b"\3Blue Train")
APIC = b"\0image/png\0\3\0"
COMPRESSED = 0x09  # and a data length, which is a lie here


def ape(items: bytes, *, size: int | None = None, count: int = 1) -> bytes:
    """An APEv2 tag with a footer only."""
    size = len(items) + 32 if size is None else size
    return items + b"APETAGEX" + struct.pack("<IIII8x", 2000, size, count, 0)


def ape_item(key: bytes, value: bytes, size: int | None = None) -> bytes:
    return struct.pack("<II", len(value) if size is None else size, 0) + key + b"\0" + value


case("mp3_id3_beyond_the_end.mp3", "not_audio", "corrupt", ANALYSED)(
    lambda path: id3(TITLE, 2**28 - 1) + frames()
)
case("mp3_id3_of_nothing.mp3", "not_audio", "corrupt")(
    lambda path: with_hole(path, id3(TITLE, 100 * MIB), 100 * MIB - len(TITLE), b"")
)
case("mp3_10000_id3_tags.mp3", ANALYSED, "not_audio")(lambda path: id3(TITLE) * 10_000 + frames())
case("mp3_a_million_id3_frames.mp3", ANALYSED)(
    lambda path: id3(frame(b"TXXX", b"\3a\0b") * 1_000_000) + frames()
)
case("mp3_100000_titles.mp3", ANALYSED)(lambda path: id3(frame(b"TIT2", b"\3b") * 100_000) + frames())
case("mp3_id3_that_swells.mp3", ANALYSED)(
    lambda path: (
        id3(frame(b"TIT2", bytes(4) + zlib.compress(b"\3" + b"a" * (200 * MIB), 1), flags=COMPRESSED))
        + frames()
    )
)
case("mp3_many_that_swell.mp3", ANALYSED)(
    lambda path: (
        id3(frame(b"TIT2", bytes(4) + zlib.compress(b"\3" + b"a" * (20 * MIB), 1), flags=COMPRESSED) * 500)
        + frames()
    )
)
case("mp3_id3_to_resynchronise.mp3", ANALYSED)(
    lambda path: id3(frame(b"TIT2", b"\3" + b"\xff\0" * (2 * MIB)), flags=0x80) + frames()
)
case("mp3_picture_to_draw.mp3", ANALYSED)(
    lambda path: id3(TITLE + frame(b"APIC", APIC + png(30_000, 30_000))) + frames()
)
case("mp3_chapters_in_chapters.mp3", ANALYSED)(lambda path: id3(chapters(400)) + frames())
case("mp3_ape_claims_4_gb.mp3", ANALYSED)(
    lambda path: frames() + ape(ape_item(b"Title", b"Blue"), size=2**32 - 1, count=2**32 - 1)
)
case("mp3_ape_of_64_mb.mp3", ANALYSED)(
    lambda path: with_hole(
        path,
        frames() + ape_item(b"Cover Art (Front)", b"", 64 * MIB),
        64 * MIB,
        ape(b"", size=64 * MIB + 26 + 32),
    )
)
case("mp3_ape_a_million_items.mp3", ANALYSED)(
    lambda path: frames() + ape(ape_item(b"aa", b"b") * 1_000_000, count=1_000_000)
)
case("mp3_claims_4_billion_frames.mp3", ANALYSED)(lambda path: id3(b"") + xing() + frames())
case("mp3_hole_of_50_mb.mp3", ANALYSED, "corrupt")(lambda path: with_hole(path, frames(), 50 * MIB, frames()))
case("mp3_free_format.mp3", "not_audio", "corrupt", "too_short")(
    lambda path: (b"\xff\xfb\x00\xc0" + bytes(200)) * 1000
)
case("mp3_another_rate_each_frame.mp3", "silent", ANALYSED, "corrupt", "too_short")(
    lambda path: mixed() * 100
)
case("html.mp3", ANALYSED)(lambda path: b"<!DOCTYPE html><script>alert(1)</script>\n" + frames())
case("pdf.mp3", ANALYSED)(
    lambda path: b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + frames() + b"\n%%EOF\n"
)
case("gif.mp3", ANALYSED)(lambda path: b"GIF89a/*\1\0\1\0" + bytes(99) + frames())
case("html_in_a_title.mp3", ANALYSED)(
    lambda path: id3(frame(b"TIT2", b"\3<script>alert(1)</script>\x1b[2J\xe2\x80\xae")) + frames()
)


def chapters(depth: int) -> bytes:
    """Return nested chapter frames."""
    content = TITLE
    for _ in range(depth):
        content = frame(b"CHAP", b"a\0" + bytes(16) + content)
    return content


def xing() -> bytes:
    """Return a Xing frame that claims that 4 billion frames follow."""
    empty = bytearray(417)
    empty[:4] = b"\xff\xfb\x90\xc4"
    empty[21:33] = b"Xing\0\0\0\3" + b"\xff" * 4
    return bytes(empty)


def mixed() -> bytes:
    """Return silent frames of 44.1, 48 and 32 kHz, mono and stereo, in turn."""
    return b"".join(
        bytes([0xFF, 0xFB, 0x90 | rate << 2, mode << 6]).ljust((144 * 128_000) // hertz, b"\0")
        for rate, hertz in enumerate((44_100, 48_000, 32_000))
        for mode in (0, 3)
    )


@case("mp3_picture_of_100_mb.mp3", ANALYSED)
def _(path: Path) -> None:
    head = frame(b"APIC", APIC, 100 * MIB)
    tag = id3(TITLE + head, len(TITLE) + 10 + 100 * MIB)
    with_hole(path, tag, 100 * MIB - len(APIC), frames())


@case("mp3_without_end.mp3", "too_long")
def _(path: Path) -> None:
    """Seventy minutes in 4 MB: MPEG-2.5 at 8 kbit/s has a frame of 72 bytes for 72 ms."""
    path.write_bytes((b"\xff\xe3\x18\xc4" + bytes(68)) * 60_000)


@case("zip.wav", ANALYSED)
def _(path: Path) -> None:
    """A file that starts as a WAV and ends as a ZIP archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<script>alert(1)</script>")
    path.write_bytes(song(".wav") + archive.getvalue())
