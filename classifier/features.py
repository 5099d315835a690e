"""Features: from PCM to a log-mel spectrogram and to MFCC.

Conventions: `pcm` is mono float32 in [-1, 1]; a spectrogram is `(n_mels, frames)`, float32;
decibels are relative to the loudest value of the whole track and floored at `-top_db`.
The spectrogram equals `librosa.feature.melspectrogram` with librosa's defaults (periodic Hann
window, centred frames padded with zeros, Slaney mel scale and norm), but is computed block by
block, so that the PCM need not be in memory.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import librosa
import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

_SPARE_FRAMES = 4096


@dataclass(frozen=True)
class FeatureConfig:
    """Parameters of the features, stored in each model's manifest. Rates and frequencies are in Hz."""

    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 1024
    n_mels: int = 128
    fmin: float = 0.0
    fmax: float = 11_025.0
    top_db: float = 80.0
    n_mfcc: int = 40

    @property
    def frame_seconds(self) -> float:
        """Time from one frame to the next, in seconds."""
        return self.hop_length / self.sample_rate

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class MelStream:
    """Computes a mel power spectrogram from blocks of PCM.

    >>> stream = MelStream(FeatureConfig())
    >>> for block in blocks:
    ...     stream.push(block)
    >>> power = stream.finish()  # (n_mels, 1 + samples // hop_length)
    """

    def __init__(self, config: FeatureConfig) -> None:
        self.config = config
        # scipy.signal has the same window, but importing it takes 60 MB and half a second.
        turn = np.arange(config.n_fft) / config.n_fft
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * turn)).astype(np.float32)
        self._mel = librosa.filters.mel(
            sr=config.sample_rate,
            n_fft=config.n_fft,
            n_mels=config.n_mels,
            fmin=config.fmin,
            fmax=config.fmax,
        ).astype(np.float32)
        self._rest = np.zeros(config.n_fft // 2, dtype=np.float32)
        self._frames = 0
        # All frames in one flat buffer, which the system can extend without copying.
        self._power = np.zeros(0, dtype=np.float32)

    def push(self, pcm: FloatArray) -> FloatArray:
        """Add any number of samples and return the power of the frames that they complete, `(n_mels, new frames)`."""
        n_fft, hop, n_mels = self.config.n_fft, self.config.hop_length, self.config.n_mels
        samples = np.concatenate([self._rest, pcm])
        if len(samples) < n_fft:
            self._rest = samples
            return np.zeros((n_mels, 0), dtype=np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop]
        self._rest = samples[len(frames) * hop :].copy()
        spectrum = scipy.fft.rfft(frames * self._window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        mel: FloatArray = power @ self._mel.T
        start, self._frames = self._frames * n_mels, self._frames + len(mel)
        if self._frames * n_mels > len(self._power):
            self._power.resize((self._frames + _SPARE_FRAMES) * n_mels, refcheck=False)
        self._power[start : self._frames * n_mels] = mel.ravel()
        return mel.T

    def finish(self) -> FloatArray:
        """Pad the end as librosa does and return the power spectrogram of the whole track, `(n_mels, frames)`."""
        self.push(np.zeros(self.config.n_fft // 2, dtype=np.float32))
        n_mels = self.config.n_mels
        return self._power[: self._frames * n_mels].reshape(self._frames, n_mels).T


def power_to_db(power: FloatArray, top_db: float = 80.0) -> FloatArray:
    """Convert power to dB relative to the maximum, floored at `-top_db`, in place.

    Equals `librosa.power_to_db(power, ref=np.max, top_db=top_db)` without its temporary copies.
    """
    reference = max(float(power.max(initial=0.0)), 1e-10)
    np.maximum(power, 1e-10, out=power)
    np.log10(power, out=power)
    power *= 10.0
    power -= 10.0 * np.log10(reference)
    np.maximum(power, -top_db, out=power)
    return power


def mfcc(log_mel: FloatArray, config: FeatureConfig) -> FloatArray:
    """Return the mel-frequency cepstral coefficients of a log-mel spectrogram in dB, `(n_mfcc, frames)`."""
    coefficients: FloatArray = librosa.feature.mfcc(S=log_mel, n_mfcc=config.n_mfcc)
    return coefficients
