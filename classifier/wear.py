"""What recordings go through, done to a log-mel spectrogram: training hears some of each track worn, too.

Narrow bands (old discs, telephones, low sample rates), noise, and the holes that strong compression leaves
where nobody hears them. `robustness` does such things to sound itself, and measures.
"""

from __future__ import annotations

from collections.abc import Iterator

import librosa
import numpy as np
from numpy.typing import NDArray

from classifier.datasets import Dataset
from classifier.features import FeatureConfig

FloatArray = NDArray[np.float32]


def worn(log_mel: FloatArray, config: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """One spectrogram (n_mels, frames) in dB, worn in one of the ways, again relative to its maximum."""
    ways = (muffled, telephoned, noisy, noisy, compressed)
    changed = ways[rng.integers(len(ways))](log_mel, config, rng)
    again: FloatArray = np.maximum(changed - changed.max(), -config.top_db).astype(np.float32)
    return again


def worn_excerpts(dataset: Dataset, frames: int, seed: int) -> Iterator[FloatArray]:
    """An excerpt (n_mels, at most `frames`) from anywhere in each track of a dataset, worn."""
    rng = np.random.default_rng(seed)
    for track in range(len(dataset)):
        log_mel = worn(dataset.log_mel(track), dataset.config, rng)
        start = int(rng.integers(max(1, log_mel.shape[1] - frames + 1)))
        yield log_mel[:, start : start + frames]


def muffled(log_mel: FloatArray, config: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """Nothing above 3 to 8 kHz."""
    cutoff = rng.uniform(3000, 8000)
    changed = log_mel.copy()
    changed[_centres(config) > cutoff] = -config.top_db
    return changed


def telephoned(log_mel: FloatArray, config: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """Only about 300 to 3,400 Hz; beyond, it falls by 24 to 72 dB an octave."""
    low, high, slope = rng.uniform(200, 500), rng.uniform(2800, 4500), rng.uniform(24, 72)
    octaves = np.log2(_centres(config))
    outside = np.maximum(np.log2(low) - octaves, 0) + np.maximum(octaves - np.log2(high), 0)
    changed: FloatArray = (log_mel - slope * outside[:, None]).astype(np.float32)
    return changed


def noisy(log_mel: FloatArray, config: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """Pink to white noise, 10 to 35 dB below the recording's mean power."""
    centres = _centres(config)
    width = np.gradient(centres)  # a mel band is normalised by its width
    power = 10 ** (log_mel / 10)
    noise = centres[:, None] ** -rng.uniform(0, 1.2)
    noise = noise * rng.gamma(4, 1 / 4, size=log_mel.shape)
    loudness = (power * width[:, None]).sum(axis=0).mean() / (noise * width[:, None]).sum(axis=0).mean()
    power = power + noise * loudness * 10 ** (-rng.uniform(10, 35) / 10)
    changed: FloatArray = (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return changed


def compressed(log_mel: FloatArray, config: FeatureConfig, rng: np.random.Generator) -> FloatArray:
    """Holes above 2 kHz, where it is 15 to 35 dB softer than the moment's loudest band, and a band limit."""
    quiet = log_mel < log_mel.max(axis=0) - rng.uniform(15, 35)
    holes = (
        quiet & (_centres(config)[:, None] > 2000) & (rng.uniform(size=log_mel.shape) < rng.uniform(0.1, 0.7))
    )
    changed = np.where(holes, log_mel - 25, log_mel)
    changed[_centres(config) > rng.uniform(7000, 11_000)] = -config.top_db
    return changed


def _centres(config: FeatureConfig) -> NDArray[np.float64]:
    """Centre frequencies of the mel bands in Hz, (n_mels,)."""
    centres: NDArray[np.float64] = librosa.mel_frequencies(
        config.n_mels + 2, fmin=config.fmin, fmax=config.fmax
    )[1:-1]
    return centres
