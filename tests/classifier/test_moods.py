"""Moods: ranks among the tracks that the model was trained on, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.bundle import DEFAULT_MODELS_DIR, BundleError, Manifest
from classifier.inference import Classifier
from classifier.moods import MOODS, mood_scores, quantile_table
from tests import sounds
from tests.classifier.models import random_track
from tests.classifier.test_classify import classify


def test_a_score_is_the_share_of_tracks_with_less() -> None:
    rng = np.random.default_rng(0)
    logits = np.exp(rng.standard_normal((2000, len(MOODS)))) * np.arange(1, len(MOODS) + 1)
    table = quantile_table(logits)
    assert list(table) == list(MOODS)
    for track in (3, 99, 512):
        for number, score in enumerate(mood_scores(logits[track], table).values()):
            assert score == pytest.approx((logits[:, number] < logits[track, number]).mean(), abs=0.02)
    assert set(mood_scores(logits.min(axis=0) - 1, table).values()) == {0.0}
    assert set(mood_scores(logits.max(axis=0) + 1, table).values()) == {1.0}


def test_moods_of_a_track() -> None:
    prediction = Classifier.load("msd-musicnn-1").predict(random_track(300))
    assert list(prediction.moods) == list(MOODS)
    assert all(name == name.lower() for name in prediction.moods)
    assert all(0 <= score <= 1 for score in prediction.moods.values())


def test_classify_prints_moods_when_the_model_has_them(tmp_path: Path) -> None:
    song = sounds.write(tmp_path / "song.wav", 4)
    with_moods, without = (
        json.loads(classify(song, "--json", "--model", model)[1])[0]
        for model in ("msd-musicnn-1", "mfcc-cnn-1")
    )
    assert set(with_moods["moods"]) == set(MOODS)
    assert "moods" not in without
    analysis = Classifier.load("mfcc-cnn-1").analyse(song).as_dict()
    assert analysis["moods"] == {}


@pytest.mark.parametrize("quantiles", [[1.0], [1.0, 0.5], ["a", "b"], "ab", None])
def test_invalid_quantile_tables_are_refused(quantiles: object) -> None:
    data = json.loads((DEFAULT_MODELS_DIR / "mfcc-cnn-1" / "manifest.json").read_text())
    with pytest.raises(BundleError, match=r"moods\.sad"):
        Manifest.from_dict(data | {"moods": {"sad": quantiles}})
