"""Degradations of recordings, to measure how many tracks are still classified correctly in bad sound.

Every degradation is deterministic and results in a file that is analysed like an upload, so that the decoder and the
features are part of what is measured. Only training and its tests import this module.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import scipy.signal
import soxr
from numpy.typing import NDArray

from classifier.audio import SAMPLE_RATE, Decoder, decode
from classifier.features import FeatureConfig, MelStream, power_to_db

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Degradation:
    """A way to degrade a recording.

    `degrade` takes mono PCM at 22,050 Hz and returns (channels, samples) at `sample_rate` Hz, which is
    encoded by `codec` (FFmpeg's name; `pcm_f32le` changes nothing) at `bit_rate` bits a second.
    """

    name: str
    degrade: Callable[[FloatArray], FloatArray] = lambda pcm: pcm[None]
    sample_rate: int = SAMPLE_RATE
    codec: str = "pcm_f32le"
    bit_rate: int | None = None

    def write(self, pcm: FloatArray, folder: Path) -> Path:
        """Write the degraded recording to a file in `folder` and return its path."""
        muxer = {"libmp3lame": "mp3", "aac": "adts"}.get(self.codec, "wav")
        path, degraded = folder / f"degraded.{muxer}", self.degrade(pcm)
        layout = "mono" if len(degraded) == 1 else "stereo"
        with av.open(str(path), "w", format=muxer) as container:
            packed = "flt" if muxer == "wav" else "fltp"
            stream = container.add_stream(self.codec, rate=self.sample_rate, layout=layout, format=packed)
            assert isinstance(stream, av.AudioStream)
            if self.bit_rate:
                stream.bit_rate = self.bit_rate
            samples = degraded if packed == "fltp" else degraded.T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples, np.float32), format=packed, layout=layout
            )
            frame.sample_rate = self.sample_rate
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path


def _resampled(rate: int) -> Callable[[FloatArray], FloatArray]:
    return lambda pcm: soxr.resample(pcm, SAMPLE_RATE, rate)[None]


def _gain(decibels: float) -> Callable[[FloatArray], FloatArray]:
    return lambda pcm: pcm[None] * np.float32(10 ** (decibels / 20))


def clipped(pcm: FloatArray) -> FloatArray:
    """Normalise, amplify by 6 dB, and clip at full scale."""
    peak = max(float(np.abs(pcm).max(initial=0)), 1e-9)
    degraded: FloatArray = np.clip(pcm[None] * np.float32(10 ** (6 / 20) / peak), -1, 1)
    return degraded


def with_pink_noise(pcm: FloatArray, snr_db: float = 20.0) -> FloatArray:
    """Add noise whose power falls by 3 dB per octave, `snr_db` below the recording's mean power."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(len(pcm)))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), len(pcm))
    noise *= np.sqrt(np.square(pcm).mean() / np.square(noise).mean()) * 10 ** (-snr_db / 20)
    degraded: FloatArray = (pcm + noise).astype(np.float32)[None]
    return degraded


def telephone(pcm: FloatArray) -> FloatArray:
    """Keep only 300 to 3,400 Hz, as an analogue telephone line does."""
    band = scipy.signal.butter(6, (300, 3400), "bandpass", fs=SAMPLE_RATE, output="sos")
    degraded: FloatArray = scipy.signal.sosfilt(band, pcm).astype(np.float32)[None]
    return degraded


DEGRADATIONS = (
    Degradation("MP3, 64 kbit/s", codec="libmp3lame", bit_rate=64_000),
    Degradation("AAC, 96 kbit/s", codec="aac", bit_rate=96_000),
    Degradation("at 48 kHz", _resampled(48_000), sample_rate=48_000),
    Degradation("20 dB softer", _gain(-20)),
    Degradation("20 dB louder", _gain(20)),
    Degradation("one of two channels silent", lambda pcm: np.stack([pcm, np.zeros_like(pcm)])),
    Degradation("6 dB too loud, clipped", clipped),
    Degradation("pink noise 20 dB below", with_pink_noise),
    Degradation("at 8 kHz", _resampled(8_000), sample_rate=8_000),
    Degradation("telephone, 300 to 3,400 Hz", telephone),
    Degradation("the first 5 s", lambda pcm: pcm[None, : 5 * SAMPLE_RATE]),
)


def file_log_mel(path: Path, config: FeatureConfig) -> FloatArray:
    """Return a file's log-mel spectrogram (n_mels, frames), as the classifier computes it."""
    stream = MelStream(config)
    for block in Decoder(path, sample_rate=config.sample_rate):
        stream.push(block)
    return power_to_db(stream.finish(), config.top_db)


def degraded_log_mels(
    files: Iterable[Path], config: FeatureConfig, degradation: Degradation | None = None
) -> Iterator[FloatArray]:
    """Yield the log-mel spectrograms of files, degraded or (None) as they are."""
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            degraded = file if degradation is None else degradation.write(decode(file)[0], Path(folder))
            yield file_log_mel(degraded, config)
