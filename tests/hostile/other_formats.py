"""Hostile Ogg, Matroska, AIFF, AU, ASF and AAC files."""

from __future__ import annotations

import struct

from tests import sounds
from tests.hostile import ANALYSED, case, patched, song
from tests.hostile.wav import samples


def page(serial: int, content: bytes) -> bytes:
    """Return an Ogg page that begins a stream."""
    head = b"OggS\0\2" + struct.pack("<qIIIBB", 0, serial, 0, 0, 1, len(content))
    return summed(head + content)


def summed(page: bytes | bytearray) -> bytes:
    """Return the page with its correct checksum (RFC 3533, 6)."""
    remainder = 0
    page = patched(page, 22, bytes(4))
    for byte in page:
        remainder ^= byte << 24
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x04C11DB7 if remainder >> 31 else 0)) & 0xFFFFFFFF
    return bytes(patched(page, 22, struct.pack("<I", remainder)))


def opus(offset: int, new: bytes) -> bytes:
    """Return the song with `new` at `offset` of its first page's content, the 19 bytes of OpusHead."""
    data = song(".opus")
    return summed(patched(data[:47], 28 + offset, new)) + data[47:]


OPUS_HEAD = b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0"


def au(rate: int, channels: int = 1, encoding: int = 3, size: int = 0xFFFFFFFF, start: int = 24) -> bytes:
    return struct.pack(">4sIIIII", b".snd", start, size, encoding, rate, channels) + samples(">i2")


def aiff(
    rate: bytes, channels: int = 1, frames: int = 88_200, bits: int = 16, compression: bytes = b""
) -> bytes:
    """`rate` is an 80-bit float."""
    comm = struct.pack(">hIh", channels, frames, bits) + rate + compression
    sound = bytes(8) + samples(">i2")
    chunks = b"AIFC" if compression else b"AIFF"
    for name, content in ((b"COMM", comm), (b"SSND", sound)):
        chunks += name + struct.pack(">I", len(content)) + content
    return b"FORM" + struct.pack(">I", len(chunks)) + chunks


RATE = b"\x40\x0d\xac\x44" + bytes(6)  # 22,050 as an 80-bit float

case("ogg_2000_streams.ogg", ANALYSED, "corrupt", "not_audio", "too_short")(
    lambda path: b"".join(page(serial, OPUS_HEAD) for serial in range(2000)) + song(".opus")
)
case("ogg_150_songs.opus", ANALYSED, "too_long", "corrupt")(lambda path: song(".opus") * 150)
case("ogg_stream_of_nothing.ogg", "corrupt", "not_audio", "unsupported_codec")(
    lambda path: page(1, b"nothing that anybody knows") * 1000
)
case("opus_255_channels.opus", "too_many_channels", "corrupt", "unsupported_codec")(
    lambda path: opus(9, b"\xff")
)
case("opus_gain_128_db.opus", ANALYSED)(lambda path: opus(16, b"\xff\x7f"))
case("ogg_comments_4_billion.ogg", ANALYSED, "corrupt")(
    lambda path: sounds.as_bytes(".ogg").replace(b"\3vorbis", b"\3vorbis\0\0\0\0\xff\xff\xff\xff", 1)
)
case("au_rate_0.au", "bad_sample_rate", "corrupt")(lambda path: au(0))
case("au_rate_ffffffff.au", "bad_sample_rate", "corrupt")(lambda path: au(2**32 - 1))
case("au_4_billion_channels.au", "too_many_channels", "corrupt")(lambda path: au(22_050, 2**32 - 1))
case("au_starts_beyond_its_end.au", "corrupt", "too_short")(lambda path: au(22_050, start=2**31 - 1))
case("au_size_unknown.au", ANALYSED)(lambda path: au(22_050))
case("au_unknown_encoding.au", "unsupported_codec", "corrupt")(lambda path: au(22_050, encoding=99))
case("aiff_rate_0.aiff", "bad_sample_rate", "corrupt")(lambda path: aiff(bytes(10)))
case("aiff_rate_infinite.aiff", "bad_sample_rate", "corrupt")(lambda path: aiff(b"\x7f\xff\x80" + bytes(7)))
case("aiff_rate_1e300.aiff", "bad_sample_rate", "corrupt")(lambda path: aiff(b"\x43\xe3\xff" + bytes(7)))
case("aiff_minus_one_channels.aiff", "too_many_channels", "corrupt", "unsupported_codec")(
    lambda path: aiff(RATE, channels=-1)
)
case("aiff_claims_4_billion.aiff", ANALYSED, "corrupt")(lambda path: aiff(RATE, frames=2**32 - 1))
case("aifc_unknown_codec.aiff", "unsupported_codec", "corrupt")(
    lambda path: aiff(RATE, compression=b"what\0\0")
)
case("wma_header_claims_all.wma", ANALYSED, "corrupt")(lambda path: patched(song(".wma"), 16, b"\xff" * 12))
case("wma_4_billion_objects.wma", ANALYSED, "corrupt")(lambda path: patched(song(".wma"), 24, b"\xff" * 4))
case("webm_without_sizes.webm", ANALYSED, "corrupt")(
    lambda path: song(".webm").replace(
        b"\x1f\x43\xb6\x75", b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff"
    )
)
case("webm_master_in_master.webm", "corrupt", "not_audio")(
    lambda path: song(".webm")[:40] + b"\x18\x53\x80\x67\xff" * 100_000
)
case("aac_another_shape_each_frame.aac", ANALYSED, "corrupt", "bad_sample_rate", "too_short")(
    lambda path: shapes()
)
case("aac_empty_frames.aac", "bad_sample_rate", ANALYSED, "corrupt", "not_audio", "too_short", "silent")(
    lambda path: b"\xff\xf1\x50\x40\1\x1f\xfc\0" * 50_000
)
case("many_short_stretches.mp3", ANALYSED, "too_long", "corrupt")(
    lambda path: (sounds.as_bytes(".mp3", 0.1) + sounds.as_bytes(".mp3", 0.1, sample_rate=8_000)) * 300
)


def shapes() -> bytes:
    """Return the song with all sample rates in turn in its ADTS headers."""
    data, offset, number = bytearray(song(".aac")), 0, 0
    while offset + 7 < len(data):
        data[offset + 2] = data[offset + 2] & 0xC3 | (number % 13) << 2
        offset += max(7, (data[offset + 3] & 3) << 11 | data[offset + 4] << 3 | data[offset + 5] >> 5)
        number += 1
    return bytes(data)
