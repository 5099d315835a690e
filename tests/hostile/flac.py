"""Hostile FLAC files: false claims in STREAMINFO, and bad metadata blocks."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from tests.hostile import ANALYSED, case, patched, song


def flac(*, rate: int = 44_100, channels: int = 1, bits: int = 16, samples: int = 4 * 44_100) -> bytearray:
    packed = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36 | samples
    return patched(song(".flac"), 18, packed.to_bytes(8, "big"))


def flac_block(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(3, "big") + content


def flac_with(*blocks: bytes) -> bytes:
    """A song with metadata blocks between STREAMINFO and the others."""
    data = song(".flac")
    return data[:42] + b"".join(blocks) + data[42:]


def picture(image: bytes, size: int | None = None) -> bytes:
    """The start of a FLAC picture block whose image is `size` bytes long."""
    size = len(image) if size is None else size
    return struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 0, 0, 0, 0, size) + image


def png(width: int, height: int) -> bytes:
    """Return a one-colour picture with one bit per pixel: a small file that is large when it is decoded."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    row = bytes(1 + -(-width // 8))
    packer = zlib.compressobj(9)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


for name, claim in {
    "flac_rate_655350.flac": {"rate": 655_350},
    "flac_rate_1.flac": {"rate": 1},
    "flac_8_channels.flac": {"channels": 8},
    "flac_32_bits.flac": {"bits": 32},
    "flac_4_bits.flac": {"bits": 4},
}.items():
    case(name, ANALYSED, "bad_sample_rate", "corrupt")(lambda path, claim=claim: flac(**claim))
case("flac_rate_0.flac", ANALYSED, "bad_sample_rate", "corrupt")(lambda path: flac(rate=0))
case("flac_a_year.flac", ANALYSED)(lambda path: flac(samples=2**36 - 1))
case("flac_no_frames.flac", "corrupt", "too_short")(lambda path: song(".flac")[:42])
case("flac_blocks_of_0.flac", "unsupported_codec", ANALYSED, "corrupt")(
    lambda path: patched(song(".flac"), 8, bytes(10))
)
case("flac_blocks_without_end.flac", "corrupt")(
    lambda path: song(".flac")[:42] + flac_block(1, bytes(99)) * 20_000
)
case("flac_4_billion_comments.flac", ANALYSED, "corrupt")(
    lambda path: flac_with(flac_block(4, b"\0\0\0\0\xff\xff\xff\xff" + bytes(100)))
)
case("flac_a_million_comments.flac", "timeout")(
    lambda path: flac_with(
        flac_block(4, b"\0\0\0\0" + struct.pack("<I", 1_000_000) + b"\3\0\0\0A=B" * 1_000_000)
    )
)
case("flac_cuesheet_of_nonsense.flac", ANALYSED, "corrupt")(
    lambda path: flac_with(flac_block(5, b"\xff" * 60_000))
)
case("flac_picture_to_draw.flac", ANALYSED)(
    lambda path: flac_with(flac_block(6, picture(png(30_000, 30_000))))
)


@case("flac_pictures_of_100_mb.flac", ANALYSED)
def _(path: Path) -> None:
    size = 2**24 - 1
    block = flac_block(6, b"")[:1] + size.to_bytes(3, "big")
    head = picture(b"", size - 41)
    data = song(".flac")
    with path.open("wb") as file:
        file.write(data[:42])
        for _ in range(7):
            file.write(block + head)
            file.seek(size - len(head), io.SEEK_CUR)
        file.write(data[42:])
