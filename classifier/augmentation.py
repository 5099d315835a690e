"""Augmented training data: MFCC windows, sounds without genre, and spectrograms in a narrow band.

Windows are drawn from log-mel spectrograms and changed in ways that leave the genre as it is: position, loudness,
tone, speed, pitch, and masks in time and frequency (SpecAugment, Park et al., Interspeech 2019). All changes are made
to the mel spectrogram in decibels, before the cosine transform.

From sounds without genre a network learns to be unsure (outlier exposure, Hendrycks et al., ICLR 2019).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from classifier.datasets import quantise
from classifier.features import FeatureConfig, MelStream, mfcc, power_to_db

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class AugmentConfig:
    """Limits of the changes, in decibels, semitones, mel bands or frames; `stretch` is a share of the speed."""

    gain_db: float = 8.0
    tilt_db: float = 8.0
    stretch: float = 0.2
    semitones: float = 2.0
    masks: int = 2
    mask_bands: int = 16
    mask_frames: int = 8

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class WindowSource:
    """Draws augmented windows of `window` frames from `mel`, uint8 (tracks, n_mels, frames).

    `frames` (tracks,) is the number of valid frames of each track.
    """

    def __init__(
        self,
        mel: NDArray[np.uint8],
        frames: NDArray[np.int64],
        features: FeatureConfig,
        augment: AugmentConfig,
        window: int,
        rng: np.random.Generator,
    ) -> None:
        self.mel, self.frames, self.features = mel, frames, features
        self.augment, self.window, self.rng = augment, window, rng
        semitones = np.linspace(-augment.semitones, augment.semitones, 9)
        self._cepstral = np.stack([cepstral_matrix(features, step) for step in semitones])
        bands = (np.arange(features.n_mels) + 0.5) / features.n_mels
        self._curves = np.stack([np.cos(k * np.pi * bands) / (0.5 + 0.5 * k) for k in (1, 2, 3)])

    def draw(self, tracks: NDArray[np.int64]) -> FloatArray:
        """Draw one window of each of the given tracks: `(len(tracks), window, n_mfcc)`."""
        log_mel = self._crop(tracks)
        self._change_loudness_and_tone(log_mel)
        for _ in range(self.augment.masks):
            self._mask(log_mel, axis=1, most=self.augment.mask_frames)
            self._mask(log_mel, axis=2, most=self.augment.mask_bands)
        pitch = self.rng.integers(0, len(self._cepstral), len(tracks))
        windows: FloatArray = np.matmul(log_mel, self._cepstral[pitch].transpose(0, 2, 1))
        return windows

    def _crop(self, tracks: NDArray[np.int64]) -> FloatArray:
        """Return windows at random positions and speeds, `(tracks, window, n_mels)` in dB. Short tracks repeat."""
        count, length = len(tracks), self.frames[tracks]
        rate = 1 + self.rng.uniform(-self.augment.stretch, self.augment.stretch, count)
        start = self.rng.uniform(0, 1, count) * np.maximum(length - 1 - rate * (self.window - 1), 0)
        position = start[:, None] + rate[:, None] * np.arange(self.window)
        frame = position.astype(np.int64)
        fraction = (position - frame).astype(np.float32)[:, :, None]
        lower = self.mel[tracks[:, None], :, frame % length[:, None]]
        upper = self.mel[tracks[:, None], :, (frame + 1) % length[:, None]]
        top_db = np.float32(self.features.top_db)
        return (lower * (1 - fraction) + upper * fraction) * (top_db / 255) - top_db

    def _change_loudness_and_tone(self, log_mel: FloatArray) -> None:
        """Change the loudness and apply a smooth equaliser curve, in place. Levels stay above the floor."""
        count = len(log_mel)
        curve = self.rng.uniform(-self.augment.tilt_db, self.augment.tilt_db, (count, 3)) @ self._curves
        curve += self.rng.uniform(-self.augment.gain_db, self.augment.gain_db, (count, 1))
        log_mel += curve[:, None, :].astype(np.float32)
        np.maximum(log_mel, -self.features.top_db, out=log_mel)

    def _mask(self, log_mel: FloatArray, axis: int, most: int) -> None:
        """Replace some bands (axis 2) or frames (axis 1), at most `most`, by the window's mean level, in place."""
        count, size = len(log_mel), log_mel.shape[axis]
        width = self.rng.integers(0, most + 1, count)
        start = (self.rng.uniform(0, 1, count) * np.maximum(size - width, 0)).astype(np.int64)
        index = np.arange(size)
        hole = (index >= start[:, None]) & (index < (start + width)[:, None])
        level = log_mel.mean(axis=(1, 2), keepdims=True)
        np.copyto(log_mel, level, where=np.expand_dims(hole, 3 - axis))


def cepstral_matrix(features: FeatureConfig, semitones: float = 0.0) -> FloatArray:
    """Return the matrix `(n_mfcc, n_mels)` that shifts the pitch of a log-mel frame and then takes its MFCC.

    In the shifted frame, each band has the level found `semitones` lower, interpolated linearly between bands.
    """
    centres = librosa.mel_frequencies(features.n_mels + 2, fmin=features.fmin, fmax=features.fmax)[1:-1]
    bands = np.arange(features.n_mels)
    position = np.interp(centres / 2 ** (semitones / 12), centres, bands)
    weights = np.maximum(0, 1 - np.abs(position[:, None] - bands))
    cosine = mfcc(np.eye(features.n_mels, dtype=np.float32), features)
    matrix: FloatArray = (cosine @ weights).astype(np.float32)
    return matrix


def narrow_band(log_mel: FloatArray, features: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """Return a spectrogram (n_mels, frames) in dB as a low sample rate or a telephone line leaves it.

    Levels fall by 36 to 300 dB per octave above a frequency between 3 and 5.5 kHz and, with probability 0.5, by 18 to
    72 dB per octave below a frequency between 100 and 400 Hz. The result is relative to its own maximum, as the
    spectrogram of a recording would be.
    """
    centres = librosa.mel_frequencies(features.n_mels + 2, fmin=features.fmin, fmax=features.fmax)[1:-1]
    highest = np.exp(rng.uniform(np.log(3000), np.log(5500)))
    attenuation = rng.uniform(36, 300) * np.maximum(0, np.log2(centres / highest))
    if rng.uniform() < 0.5:
        attenuation += rng.uniform(18, 72) * np.maximum(0, np.log2(rng.uniform(100, 400) / centres))
    remaining = log_mel - attenuation.astype(np.float32)[:, None]
    narrow: FloatArray = np.maximum(remaining - remaining.max(), np.float32(-features.top_db))
    return narrow


def sounds_without_genre(
    count: int, features: FeatureConfig, frames: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Synthesize noises, tones, sweeps, clicks and silences: uint8 (count, n_mels, frames)."""
    samples = (frames - 1) * features.hop_length
    time = np.arange(samples) / features.sample_rate
    mel = np.empty((count, features.n_mels, frames), np.uint8)
    for row in mel:
        stream = MelStream(features)
        stream.push(_random_sound(time, features.sample_rate, rng).astype(np.float32))
        log_mel = power_to_db(stream.finish(), features.top_db)
        if rng.uniform() < 0.2:  # as if something louder came earlier in the track
            log_mel = np.maximum(log_mel - rng.uniform(0, features.top_db), -features.top_db)
        row[:] = quantise(log_mel, features.top_db)
    return mel


def _random_sound(
    time: NDArray[np.float64], sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    def pitch() -> float:
        return float(np.exp(rng.uniform(np.log(30), np.log(8000))))

    def noise() -> NDArray[np.float64]:
        spectrum = np.fft.rfft(rng.standard_normal(len(time)))
        frequency = np.fft.rfftfreq(len(time), 1 / sample_rate) + 20
        spectrum *= frequency ** rng.uniform(-1.5, 0.5)
        if rng.uniform() < 0.3:
            spectrum *= np.abs(np.log2(frequency / pitch())) < rng.uniform(0.2, 2)
        sound = np.fft.irfft(spectrum, len(time))
        return sound / max(float(np.abs(sound).max()), 1e-9)

    def tone() -> NDArray[np.float64]:
        harmonics = rng.integers(1, 8) if rng.uniform() < 0.5 else 1
        first = pitch()
        partials = np.arange(1, harmonics + 1)[:, None]
        sound: NDArray[np.float64] = (np.sin(2 * np.pi * first * partials * time) / partials).mean(axis=0)
        return sound

    def sweep() -> NDArray[np.float64]:
        frequency = np.geomspace(pitch(), pitch(), len(time))
        return np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate)

    def clicks() -> NDArray[np.float64]:
        sound = np.zeros(len(time))
        sound[:: int(sample_rate / rng.uniform(0.7, 40))] = 1.0
        return sound

    def silence() -> NDArray[np.float64]:
        return np.zeros(len(time)) if rng.uniform() < 0.5 else 1e-6 * noise()

    generators = [noise, noise, tone, tone, sweep, clicks, silence]
    sound = generators[rng.integers(len(generators))]()
    if rng.uniform() < 0.3:
        sound = sound * (0.5 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(0.5, 8) * time)))
    if rng.uniform() < 0.5:
        sound = sound + 10 ** rng.uniform(-5, -1) * noise()
    return sound
