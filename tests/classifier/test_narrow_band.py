"""Recordings without low or high frequencies are imitated, and predicted by an expert of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import heads
from classifier.augmentation import narrow_band
from classifier.features import FeatureConfig
from classifier.heads import TrainingSet

CONFIG = FeatureConfig()
TARGETS = np.arange(40) % 2


@pytest.mark.parametrize("seed", range(8))
def test_a_band_in_the_middle_stays_as_it_is(seed: int) -> None:
    loud = np.random.default_rng(seed).uniform(-60, 0, (CONFIG.n_mels, 9)).astype(np.float32)
    loud[40, 4] = 0  # about 1 kHz: the loudest moment stays
    narrow = narrow_band(loud, CONFIG, np.random.default_rng(seed))
    assert narrow[30:60] == pytest.approx(loud[30:60])
    assert narrow[-1].max() < loud[-1].min()
    assert (narrow.max(), narrow.min()) == (0, -CONFIG.top_db)
    assert narrow.dtype == np.float32


def test_levels_are_of_the_loudest_moment_that_is_left() -> None:
    """As in a real recording, which does not have the frequencies that a telephone removes."""
    loud = np.full((CONFIG.n_mels, 9), -50, np.float32)
    loud[-1] = 0
    narrow = narrow_band(loud, CONFIG, np.random.default_rng(0))
    assert narrow[50] == pytest.approx(0)


def training_sets() -> tuple[TrainingSet, TrainingSet]:
    """Return training sets in which feature 0 tells two genres apart, with opposite signs in whole and narrow band.

    Feature 1 tells the kinds of recording apart.
    """
    rng = np.random.default_rng(0)

    def windows(sign: int, kind: int) -> list[NDArray[np.float32]]:
        middle = [(sign * (2 * genre - 1), kind, 0, 0) for genre in TARGETS]
        return [(3 * np.array(m) + rng.standard_normal((3, 4))).astype(np.float32) for m in middle]

    sounds = rng.normal((0, 0, 0, 12), (3, 9, 1, 1), (60, 4)).astype(np.float32)
    return TrainingSet(windows(1, -3), sounds), TrainingSet(windows(-1, 3), sounds)


def test_each_kind_of_recording_is_predicted_by_its_expert() -> None:
    whole, narrow = training_sets()
    head = heads.fit_genre_head(whole, narrow, TARGETS, 1.0)
    for training_set in (whole, narrow):
        log_p = np.stack([heads.track_log_probabilities(windows, head) for windows in training_set.tracks])
        assert (log_p.argmax(axis=1) == TARGETS).mean() > 0.95


def test_sounds_have_no_genre_for_either_expert() -> None:
    """Feature 3 is what the sounds have in common. Feature 0 alone would give them a genre."""
    whole, narrow = training_sets()
    head = heads.fit_genre_head(whole, narrow, TARGETS, 1.0)
    for kind in (-9, 9):
        music, sound = np.array([[[3, kind, 0, last]] for last in (0, 12)], np.float32)
        assert np.exp(heads.track_log_probabilities(music, head)).max() > 0.65
        assert np.exp(heads.track_log_probabilities(sound, head)).max() < 0.55
