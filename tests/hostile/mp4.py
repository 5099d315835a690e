"""Hostile MP4 files: nested boxes, endless tables, and films."""

from __future__ import annotations

import functools
import struct
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av

from tests import sounds
from tests.hostile import ANALYSED, MIB, case, song
from tests.hostile.flac import png

PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
Boxes = list[tuple[bytes, bytes]]


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def table(count: int, content: bytes) -> bytes:
    return struct.pack(">II", 0, count) + content


def boxes(data: bytes) -> Boxes:
    found, offset = [], 0
    while offset < len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        found.append((name, data[offset + 8 : offset + size]))
        offset += size
    return found


def rebuilt(data: bytes, path: tuple[bytes, ...], change: Callable[[Boxes], Boxes]) -> bytes:
    """Return the MP4 with the boxes at `path` replaced by what `change` returns."""
    inner = boxes(data)
    inner = (
        [(n, rebuilt(c, path[1:], change) if n == path[0] else c) for n, c in inner]
        if path
        else change(inner)
    )
    return b"".join(box(name, content) for name, content in inner)


def with_box(name: bytes, content: bytes, path: tuple[bytes, ...] = PATH) -> bytes:
    """Return the song with this box at `path`, in place of the one of that name if there is one."""
    return rebuilt(song(".m4a"), path, lambda old: [(n, c) for n, c in old if n != name] + [(name, content)])


def nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(b"moov", content)
    return content


def edits(*entries: tuple[int, int, int]) -> bytes:
    """Return an edit list of (duration, start in the media, speed)."""
    return box(b"elst", table(len(entries), b"".join(struct.pack(">IiI", *entry) for entry in entries)))


@functools.cache
def film(container: str, codec: str, sound: str | None) -> bytes:
    """Return a film of four seconds without content, with or without music."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film")
        with av.open(str(path), "w", format=container) as out:
            video = out.add_stream(codec, rate=Fraction(5))
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
            audio = out.add_stream(sound, rate=48_000, layout="mono") if sound else None
            for _ in range(20):
                out.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
            out.mux(video.encode(None))
            if audio:
                pcm = av.AudioFrame.from_ndarray(sounds.music(4, 48_000, 1), format="fltp", layout="mono")
                pcm.sample_rate = 48_000
                for part in av.AudioResampler(audio.format, audio.layout, 48_000, audio.frame_size).resample(
                    pcm
                ):
                    out.mux(audio.encode(part))
                out.mux(audio.encode(None))
        return path.read_bytes()


TRAK = PATH[:2]
ILST = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))


def cover(image: bytes) -> bytes:
    data = box(b"data", struct.pack(">II", 14, 0) + image)
    meta = bytes(4) + ILST + box(b"ilst", box(b"covr", data))
    return with_box(b"udta", box(b"meta", meta), PATH[:1])


case("mp4_only_a_name.m4a", "corrupt", "not_audio")(lambda path: box(b"ftyp", b"M4A \0\0\0\0"))
case("mp4_moov_in_moov.m4a", "corrupt", "not_audio")(
    lambda path: box(b"ftyp", b"M4A \0\0\0\0") + nested(100_000)
)
for name, size in {"mp4_box_of_8_eb.m4a": 2**63, "mp4_box_of_4_eb.m4a": 2**62}.items():
    case(name, "corrupt", "not_audio")(
        lambda path, size=size: (
            box(b"ftyp", b"M4A \0\0\0\0") + struct.pack(">I4sQ", 1, b"free", size) + song(".m4a")
        )
    )
case("mp4_edits_10000.m4a", ANALYSED, "too_short", "too_long")(
    lambda path: with_box(b"edts", edits(*[(40, i * 7 % 4000, 0x10000) for i in range(10_000)]), TRAK)
)
case("mp4_edits_all_of_it_again.m4a", ANALYSED, "too_short", "too_long")(
    lambda path: with_box(b"edts", edits(*[(4000, 0, 0x10000)] * 2000), TRAK)
)
case("mp4_edit_before_the_start.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"edts", edits((2**32 - 1, -1, 0x10000), (4000, 2**31 - 1, 0)), TRAK)
)
case("mp4_edit_of_no_length.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"edts", edits((0, 0, 0)), TRAK)
)
case("mp4_2_billion_samples.m4a", ANALYSED, "corrupt", "too_short", "too_long", "out_of_memory")(
    lambda path: with_box(b"stsz", struct.pack(">III", 0, 300, 2**31 - 1))
)
case("mp4_times_of_4_billion.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"stts", table(1, struct.pack(">II", 2**32 - 1, 2**32 - 1)))
)
case("mp4_tables_of_16_mb.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"stts", table(2 * MIB, struct.pack(">II", 1, 1024) * (2 * MIB)))
)
case("mp4_tables_that_lie.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"stsc", table(2**32 - 1, struct.pack(">III", 1, 1, 1)))
)
case("mp4_chunks_elsewhere.m4a", "corrupt", "too_short")(
    lambda path: with_box(b"co64", table(1, struct.pack(">Q", 2**63 - 1))).replace(b"stco", b"free")
)
case("mp4_chunks_all_the_same.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(b"stco", table(100_000, struct.pack(">I", 48) * 100_000))
)
case("mp4_sound_in_another_file.m4a", ANALYSED, "corrupt", "too_short")(
    lambda path: with_box(
        b"dinf", box(b"dref", table(1, box(b"url ", bytes(4) + b"file:///etc/passwd\0"))), PATH[:4]
    )
)
case("mp4_500_tracks.m4a", ANALYSED, "corrupt")(
    lambda path: rebuilt(song(".m4a"), PATH[:1], lambda old: old + [b for b in old if b[0] == b"trak"] * 500)
)
case("mp4_cover_to_draw.m4a", ANALYSED)(lambda path: cover(png(30_000, 30_000)))
case("mp4_cover_of_32_mb.m4a", ANALYSED)(lambda path: cover(bytes(32 * MIB)))
case("mp4_fairplay.m4a", "drm")(lambda path: song(".m4a").replace(b"mp4a", b"drms", 1))
case("mp4_common_encryption.m4a", "drm")(lambda path: song(".m4a").replace(b"mp4a", b"enca", 1))
case("mp4_unknown_codec.m4a", ANALYSED, "unsupported_codec", "corrupt")(
    lambda path: song(".m4a").replace(b"mp4a", b"what", 1)
)
case("film.mp4", ANALYSED)(lambda path: film("mp4", "mpeg4", "aac"))
case("film_without_sound.mp4", "not_audio")(lambda path: film("mp4", "mpeg4", None))
case("film.webm", ANALYSED)(lambda path: film("webm", "libvpx", "libopus"))
case("film_without_sound.webm", "not_audio")(lambda path: film("webm", "libvpx", None))
case("film_as_mkv.mka", ANALYSED)(lambda path: film("matroska", "mpeg4", "aac"))
case("film_claims_65535_pixels.mp4", ANALYSED, "corrupt")(
    lambda path: film("mp4", "mpeg4", "aac").replace(b"\0\x40\0\x40\0\x48", b"\xff\xff\xff\xff\0\x48")
)
