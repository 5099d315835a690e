"""Hostile and unusual WAV files: false sizes, and samples of every type."""

from __future__ import annotations

import functools
import struct

import numpy as np

from tests import sounds
from tests.hostile import ANALYSED, MIB, case, song, with_hole


def wav(
    data: bytes, *, tag: int = 1, channels: int = 1, rate: int = 22_050, bits: int = 16,
    riff: int | None = None, size: int | None = None, align: int | None = None, before: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a WAV with any header, by default a correct one."""
    align = channels * bits // 8 if align is None else align
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align, bits)
    chunks = b"WAVEfmt \x10\0\0\0" + head + before
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size)
    return b"RIFF" + struct.pack("<I", len(chunks + data) if riff is None else riff) + chunks + data


@functools.cache
def samples(dtype: str = "<i2", rate: int = 22_050, scale: float = 32_767) -> bytes:
    return (sounds.music(4, rate, 1)[0] * scale).astype(dtype).tobytes()


def s24(data: bytes) -> bytes:
    """Return the upper three bytes of each 32-bit sample."""
    return np.frombuffer(data, np.uint8).reshape(-1, 4)[:, 1:].tobytes()


def floats(value: float, every: int) -> bytes:
    pcm = np.frombuffer(samples("<f4", scale=1.0), "<f4").copy()
    pcm[::every] = value
    return wav(pcm.tobytes(), tag=3, bits=32)


for name, sizes in {
    "wav_size_0.wav": {"riff": 0, "size": 0},
    "wav_size_ffffffff.wav": {"riff": 2**32 - 1, "size": 2**32 - 1},
    "wav_size_odd.wav": {"riff": 12_345, "size": 99_999},
    "wav_size_2_gb.wav": {"riff": 2**31 - 1, "size": 2**31 - 37},
    "wav_size_1.wav": {"riff": 1, "size": 1},
}.items():
    outcomes = ("too_short", "corrupt") if name in {"wav_size_1.wav", "wav_size_odd.wav"} else (ANALYSED,)
    case(name, *outcomes)(lambda path, sizes=sizes: wav(samples(), **sizes))
case("wav_no_data.wav", "corrupt", "too_short")(lambda path: wav(b""))
case("wav_no_format.wav", "corrupt", "not_audio")(
    lambda path: b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\0\0" + samples()
)
case("wav_0_channels.wav", "corrupt", "bad_sample_rate", "unsupported_codec")(
    lambda path: wav(samples(), channels=0, align=2)
)
case("wav_12_channels.wav", "too_many_channels")(lambda path: wav(samples() * 12, channels=12))
case("wav_65535_channels.wav", "too_many_channels", "corrupt", "unsupported_codec")(
    lambda path: wav(samples(), channels=65_535, align=2)
)
case("wav_rate_0.wav", "bad_sample_rate", "corrupt")(lambda path: wav(samples(), rate=0))
case("wav_rate_768000.wav", ANALYSED)(lambda path: wav(samples(rate=768_000), rate=768_000))
case("wav_rate_1536000.wav", "bad_sample_rate")(lambda path: wav(samples(rate=1_536_000), rate=1_536_000))
case("wav_rate_ffffffff.wav", "bad_sample_rate", "corrupt")(lambda path: wav(samples(), rate=2**32 - 1))
case("wav_align_0.wav", ANALYSED, "corrupt")(lambda path: wav(samples(), align=0))
case("wav_align_65535.wav", ANALYSED, "corrupt", "too_short")(lambda path: wav(samples(), align=65_535))
case("wav_1_bit.wav", "unsupported_codec", "corrupt", ANALYSED)(lambda path: wav(samples(), bits=1, align=1))
case("wav_24_bit.wav", ANALYSED)(lambda path: wav(s24(samples("<i4", scale=2**31 - 1)), bits=24))
case("wav_32_bit.wav", ANALYSED)(lambda path: wav(samples("<i4", scale=2**31 - 1), bits=32))
case("wav_64_bit_float.wav", ANALYSED)(lambda path: wav(samples("<f8", scale=1.0), tag=3, bits=64))
case("wav_a_law.wav", ANALYSED)(lambda path: sounds.write(path, 4, codec="pcm_alaw"))
case("wav_mu_law.wav", ANALYSED)(lambda path: sounds.write(path, 4, codec="pcm_mulaw"))
case("wav_adpcm.wav", ANALYSED)(lambda path: sounds.write(path, 4, codec="adpcm_ms", channels=1))
case("wav_some_nan.wav", ANALYSED)(lambda path: floats(np.nan, 7))
case("wav_all_nan.wav", "silent")(lambda path: floats(np.nan, 1))
case("wav_some_inf.wav", ANALYSED)(lambda path: floats(np.inf, 1000))
case("wav_all_inf.wav", "silent")(lambda path: floats(-np.inf, 1))
case("wav_beyond_all_measure.wav", ANALYSED)(lambda path: floats(3e38, 3))
case("wav_mp3_inside.wav", ANALYSED, "corrupt")(lambda path: wav(song(".mp3"), tag=0x55, align=1, bits=0))
case("wav_unknown_codec.wav", "unsupported_codec")(lambda path: wav(samples(), tag=0x0181))
case("wav_200000_chunks.wav", ANALYSED)(lambda path: wav(samples(), before=b"junk\0\0\0\0" * 200_000))
case("wav_in_wav.wav", ANALYSED, "corrupt")(lambda path: wav(wav(wav(samples()))))
case("wav_rf64_lies.wav", ANALYSED, "corrupt")(
    lambda path: b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0" + b"\xff" * 28 + wav(samples())[12:]
)
case("wav_silence_of_20_mb.wav", "silent", "too_long")(
    lambda path: with_hole(path, wav(b"", size=20 * MIB, riff=20 * MIB + 36), 20 * MIB, b"")
)
