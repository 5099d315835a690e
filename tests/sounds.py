"""Audio files for tests, synthesized when they are needed, so that no recordings are in the repository.

`write` encodes a few seconds of synthesized music in any format that the site accepts.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

#: extension → (FFmpeg's muxer, encoder, sample format, sample rate)
FORMATS: dict[str, tuple[str, str, str, int]] = {
    ".wav": ("wav", "pcm_s16le", "s16", 44_100),
    ".au": ("au", "pcm_s16be", "s16", 22_050),
    ".aiff": ("aiff", "pcm_s16be", "s16", 44_100),
    ".flac": ("flac", "flac", "s16", 44_100),
    ".mp3": ("mp3", "libmp3lame", "fltp", 44_100),
    ".aac": ("adts", "aac", "fltp", 44_100),
    ".ogg": ("ogg", "vorbis", "fltp", 44_100),
    ".opus": ("ogg", "libopus", "flt", 48_000),
    ".m4a": ("ipod", "aac", "fltp", 44_100),
    ".wma": ("asf", "wmav2", "fltp", 44_100),
    ".webm": ("webm", "libopus", "flt", 48_000),
    ".wv": ("wv", "wavpack", "s16p", 44_100),
    ".tta": ("tta", "tta", "s16", 44_100),
    ".caf": ("caf", "alac", "s16p", 44_100),
    ".w64": ("w64", "pcm_s16le", "s16", 44_100),
    ".ac3": ("ac3", "ac3", "fltp", 44_100),
    ".eac3": ("eac3", "eac3", "fltp", 44_100),
}
EXTENSIONS = tuple(FORMATS)


def music(seconds: float = 4.0, sample_rate: int = 44_100, channels: int = 2, seed: int = 0) -> FloatArray:
    """Synthesize chords that change every second over a beat of noise: float32 `(channels, samples)`, at most 0.9."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    roots = 110.0 * 2 ** (rng.integers(0, 12, size=int(seconds) + 1) / 12)
    root = roots[time.astype(int)]
    phase = 2 * np.pi * np.cumsum(root) / sample_rate
    chord = sum(np.sin(phase * ratio) / (i + 2) for i, ratio in enumerate((1, 1.25, 1.5, 2, 3, 5)))
    beat = rng.standard_normal(len(time)) * np.exp(-((time * 2) % 1) * 12)
    signals = [0.3 * chord + 0.1 * beat * (1 - 0.2 * channel) for channel in range(channels)]
    return np.clip(np.stack(signals), -0.9, 0.9).astype(np.float32)


def write(
    path: str | Path,
    seconds: float = 4.0,
    *,
    pcm: FloatArray | None = None,
    sample_rate: int | None = None,
    channels: int = 2,
    codec: str | None = None,
    muxer: str | None = None,
    bit_rate: int = 128_000,
    tags: dict[str, str] | None = None,
    cover: bool = False,
    seed: int = 0,
) -> Path:
    """Write a file in the format of `path`'s extension and return the path.

    `pcm` is `(channels, samples)` and defaults to `music(seconds)`. `codec` and `muxer` override the format's usual
    ones (FFmpeg's names). `cover` adds a picture (MP3 and M4A only).
    """
    path = Path(path)
    own_muxer, own_codec, sample_format, own_rate = FORMATS[path.suffix]
    rate = sample_rate or own_rate
    if pcm is None:
        pcm = music(seconds, rate, channels, seed)
    layout = {1: "mono", 2: "stereo"}.get(len(pcm), f"{len(pcm)}c")
    options: dict[str, Any] = {"strict": "experimental"}  # required by FFmpeg's own Vorbis encoder
    codec = codec or own_codec
    if codec not in {own_codec, "mp3"}:
        sample_format = av.Codec(codec, "w").audio_formats[0].name
    with av.open(str(path), "w", format=muxer or own_muxer) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=rate, layout=layout, format=sample_format, options=options)
        if not codec.startswith("pcm"):
            stream.bit_rate = bit_rate
        if cover:
            _add_cover(container)
        block = 1 << 16
        for start in range(0, pcm.shape[1], block):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(pcm[:, start : start + block]), format="fltp", layout=layout
            )
            frame.sample_rate = rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def dsf(path: str | Path, seconds: float = 4.0) -> Path:
    """Write a DSD stream file: one bit per sample, 2.8224 MHz, mono (DSF File Format Specification 1.01)."""
    rate, block = 2_822_400, 4096
    pcm = np.repeat(music(seconds, 44_100, 1)[0], 64)
    total = np.cumsum((pcm + 1) / 2)
    bits = np.diff(np.floor(total), prepend=0) > 0  # first order: as loud as the sound, and noisy
    data = np.packbits(bits, bitorder="little").tobytes()
    data += bytes(-len(data) % block)
    sound = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, rate, 1, len(bits), block, 0)
    sound += b"data" + struct.pack("<Q", 12 + len(data)) + data
    path = Path(path)
    path.write_bytes(b"DSD " + struct.pack("<QQQ", 28, 28 + len(sound), 0) + sound)
    return path


def _add_cover(container: Any) -> None:
    picture = container.add_stream("png")
    picture.width = picture.height = 16
    picture.pix_fmt = "rgb24"
    picture.disposition = av.stream.Disposition.attached_pic
    image = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 200, np.uint8), format="rgb24")
    container.mux(picture.encode(image))
    container.mux(picture.encode(None))


def silence(path: str | Path, seconds: float = 4.0) -> Path:
    """Write a file of digital silence."""
    return write(path, pcm=np.zeros((1, round(seconds * 22_050)), np.float32), sample_rate=22_050)


def truncated(path: str | Path, seconds: float = 12.0, keep: float = 0.5) -> Path:
    """Write a truncated file that has only the first `keep` (0 to 1) of its bytes."""
    path = write(path, seconds)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def not_audio(path: str | Path) -> Path:
    """Write a text file with the name of a song."""
    path = Path(path)
    path.write_text("This is not music at all.\n" * 99)
    return path


def as_bytes(extension: str = ".wav", seconds: float = 4.0, **how: Any) -> bytes:
    """Return the bytes of a file that `write` writes. A 4-second mono WAV at 22,050 Hz has 176 kB."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder, f"sound{extension}"), seconds, **how).read_bytes()


def float_wav(path: str | Path, pcm: FloatArray, sample_rate: int = 22_050) -> Path:
    """Write a mono 32-bit float WAV with exactly these samples, including NaN and infinities."""
    data = pcm.astype("<f4").tobytes()
    out = io.BytesIO()
    out.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1,
                          sample_rate, sample_rate * 4, 4, 32, b"data", len(data)))  # fmt: skip
    out.write(data)
    path = Path(path)
    path.write_bytes(out.getvalue())
    return path
