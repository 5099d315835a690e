"""Worn spectrograms: still spectrograms, and worn where they should be."""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np
import pytest

from classifier import wear
from classifier.features import FeatureConfig
from tests.classifier.test_datasets import make_dataset

CONFIG = FeatureConfig()
CENTRES = librosa.mel_frequencies(130, fmin=0, fmax=11_025)[1:-1]


def track() -> np.ndarray:
    """A spectrogram that falls with frequency, as music does, and varies in time."""
    rng = np.random.default_rng(0)
    slope = np.linspace(0, -50, 128)[:, None]
    return np.clip(slope + rng.normal(0, 5, (128, 90)), -80, 0).astype(np.float32)


def test_worn_spectrograms_are_spectrograms() -> None:
    original = track()
    before = original.copy()
    rng = np.random.default_rng(1)
    heard = [wear.worn(original, CONFIG, rng) for _ in range(20)]
    assert np.array_equal(original, before)
    for log_mel in heard:
        assert log_mel.shape == original.shape
        assert log_mel.dtype == np.float32
        assert log_mel.max() == pytest.approx(0, abs=1e-4)
        assert log_mel.min() >= -80
        assert not np.array_equal(log_mel, original)
    again = wear.worn(original, CONFIG, np.random.default_rng(1))
    assert np.array_equal(again, heard[0])


@pytest.mark.parametrize(
    ("way", "worn", "kept"),
    [
        (wear.muffled, CENTRES > 8000, CENTRES < 3000),
        (wear.telephoned, CENTRES > 5500, (CENTRES > 500) & (CENTRES < 2800)),
    ],
)
def test_bands(way: Callable[..., np.ndarray], worn: np.ndarray, kept: np.ndarray) -> None:
    changed = way(track(), CONFIG, np.random.default_rng(2))
    assert (changed[worn] <= track()[worn]).all()
    assert changed[worn].mean() < track()[worn].mean() - 5
    assert changed[kept] == pytest.approx(track()[kept])


def test_noise_is_as_loud_as_drawn() -> None:
    width = np.gradient(CENTRES)[:, None]
    power = 10 ** (track() / 10)
    for seed in range(5):
        noisy = 10 ** (wear.noisy(track(), CONFIG, np.random.default_rng(seed)).astype(float) / 10)
        share = ((noisy - power) * width).sum() / (power * width).sum()
        assert -35.5 < 10 * np.log10(share) < -9.5


def test_compression_takes_only_what_is_soft_and_high() -> None:
    changed = wear.compressed(track(), CONFIG, np.random.default_rng(3))
    assert np.array_equal(changed[CENTRES < 2000], track()[CENTRES < 2000])
    assert (changed < track())[CENTRES > 2000].mean() > 0.02


def test_an_excerpt_of_each_track() -> None:
    dataset = make_dataset(4, 80)
    first, second = (list(wear.worn_excerpts(dataset, 50, seed=4)) for _ in range(2))
    assert [excerpt.shape for excerpt in first] == [(128, 50)] * 4
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert next(wear.worn_excerpts(dataset, 500, seed=4)).shape == (128, 80)
