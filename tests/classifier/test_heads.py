"""Heads on the window embeddings of the pretrained network, on data with a known result."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from classifier import heads
from classifier.inference import softmax


def test_discriminants_are_those_of_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without shrinkage they give scikit-learn's probabilities."""
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1, 2], [20, 30, 40])
    tracks = rng.normal(size=(90, 4)).astype(np.float32) * [1, 2, 3, 4] + targets[:, None] * [1, 0, -1, 2]
    monkeypatch.setattr(heads, "SHRINKAGE", 0.0)
    axes, offsets = heads.fit_discriminants(tracks, targets)
    textbook = LinearDiscriminantAnalysis(solver="lsqr").fit(tracks, targets)
    assert softmax(tracks @ axes + offsets) == pytest.approx(textbook.predict_proba(tracks), abs=1e-6)


def test_discriminants_with_more_features_than_tracks() -> None:
    """The one feature that distinguishes the genres is found among many that do not."""
    rng = np.random.default_rng(1)
    targets = np.arange(40) % 2
    tracks = rng.normal(size=(40, 200)).astype(np.float32)
    tracks[:, 7] += 6 * targets
    axes, offsets = heads.fit_discriminants(tracks, targets)
    assert np.abs(axes[:, 1] - axes[:, 0]).argmax() == 7
    assert ((tracks @ axes + offsets).argmax(axis=1) == targets).all()


def test_non_music_probability_is_shared_among_the_genres() -> None:
    outputs = np.array([[0.0, 0, 50, 9, 0], [1, 0, -50, 2, 0]], np.float32)
    p = np.asarray(heads.genre_probabilities(outputs))
    assert p[0] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert p[1] == pytest.approx(softmax(np.array([3.0, 0])), abs=1e-6)


def test_the_gate_mixes_the_experts() -> None:
    whole, narrow = [4.0, 0, -50, 0, 0], [0.0, 4, -50, 0, 0]
    outputs = np.array([[*whole, *narrow, logit] for logit in (-50, 50, np.log(3))], np.float32)
    p = np.exp(np.asarray(heads.genre_log_probabilities(outputs)))
    first = softmax(np.array([4.0, 0]))
    assert p == pytest.approx(np.stack([first, first[::-1], first / 4 + first[::-1] * 3 / 4]), abs=1e-6)
