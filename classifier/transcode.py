"""Make a small copy that every browser plays, for files that browsers do not (`formats.is_browser_playable`)."""

from __future__ import annotations

from pathlib import Path

import av
import av.error

from classifier.audio import FrameConverter
from classifier.audiofile import AudioFile, AudioLimits
from classifier.pictures import write_atomically

#: The copy is always MP3, which every browser plays.
PLAYABLE_EXTENSION = ".mp3"
_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)


def transcode(path: str | Path, out_path: str | Path, limits: AudioLimits | None = None) -> None:
    """Write an MP3 copy: at most stereo and 48 kHz, with 96 kbit/s per channel (64 below 32 kHz).

    Raises AudioError as decoding does. The copy is written atomically.
    """
    write_atomically(Path(out_path), lambda part: _transcode(Path(path), part, limits))


def _transcode(path: Path, out_path: Path, limits: AudioLimits | None) -> None:
    with AudioFile(path, limits) as audio, av.open(str(out_path), "w", format="mp3") as copy:
        rate = nearest_rate(audio.info.sample_rate)
        layout = "mono" if audio.info.channels == 1 else "stereo"
        stream = copy.add_stream("libmp3lame", rate=rate, layout=layout, format="fltp")
        stream.bit_rate = (96_000 if rate >= 32_000 else 64_000) * (1 if layout == "mono" else 2)
        position = 0
        for frame in FrameConverter(format="fltp", layout=layout, rate=rate).convert(audio.frames()):
            frame.pts = position
            position += frame.samples
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))


def nearest_rate(rate: int) -> int:
    """Return a sample rate that MP3 has: the rate itself, above 48 kHz one of its family, else the next higher one."""
    if rate in _RATES:
        return rate
    if rate > 48_000:
        return 44_100 if rate % 44_100 == 0 else 48_000
    return min(candidate for candidate in _RATES if candidate > rate)
