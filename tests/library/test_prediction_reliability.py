"""What a verdict is worth, as the prediction's page says it: from the figures of the version that made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from library.models import Track
from library.selectors import model_cards
from library.templatetags.earmark import prediction_reliability, probability_percent

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def row(start: float, right: float, tracks: int = 50) -> dict[str, float]:
    return {"from": start, "to": start + 0.1, "tracks": tracks, "confidence": start + 0.05, "right": right}


@pytest.fixture
def card(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """An installed model of version 3; versions 1 and 2 were here before."""
    now: dict[str, Any] = {"selective_accuracy": 0.9, "reliability": [row(0.4, 0.52), row(0.7, 0.71)]}
    now["reliability"] += [row(0.5, 0.6, tracks=19), row(0.9, 0.97)]
    now["earlier"] = {"2": {"reliability": [row(0.7, 0.83)]}, "1": {"selective_accuracy": 0.84}}
    settings.EARMARK_MODELS_DIR = tmp_path
    (tmp_path / "ears").mkdir()
    (tmp_path / "ears/manifest.json").write_text(json.dumps({"name": "ears", "version": "3", "metrics": now}))
    model_cards.model_manifest.cache_clear()
    yield
    model_cards.model_manifest.cache_clear()


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("version", "label", "confidence", "sentence"),
    [
        ("3", "rock", 0.72, "When it is 72 % sure, it is right about 7 times in 10"),
        ("3", "rock", 0.99, "When it is 99 % sure, it is right more than 9 times in 10"),
        ("3", "rock", 0.9951, "When it is more than 99 % sure, it is right more than 9 times in 10"),
        ("3", None, 0.44, "At 44 %, its first guess is right about 5 times in 10"),
        ("3", "rock", 0.55, "When it names a genre, it is right about 9 times in 10"),  # too few such tracks
        ("3", None, 0.55, ""),
        ("2", "rock", 0.72, "When it is 72 % sure, it is right about 8 times in 10"),  # as measured of it
        ("1", "rock", 0.72, "When it names a genre, it is right about 8 times in 10"),
        ("0", "rock", 0.72, ""),
    ],
)
def test_the_sentence(
    make_track: MakeTrack, version: str, label: str | None, confidence: float, sentence: str
) -> None:
    prediction = make_track().prediction
    assert prediction
    prediction.model_name, prediction.model_version = "ears", version
    prediction.label, prediction.confidence = label, confidence
    said = prediction_reliability(prediction)
    assert said == (sentence and f"{sentence} (with artists it was not trained on).")


@pytest.mark.usefixtures("card")
def test_a_model_that_is_gone_promises_nothing() -> None:
    assert model_cards.accuracy_at_confidence("gone", "3", 0.72) is None
    assert model_cards.accuracy_when_sure("gone", "3") is None


def test_the_page_says_it_of_the_shipped_model(
    alice_client: Client, make_track: MakeTrack, settings: Settings
) -> None:
    version = model_cards.model_manifest(settings.EARMARK_MODEL)["version"]
    for label, words in (("rock", "it is right"), (None, "its first guess is right")):
        track = make_track()
        prediction = track.prediction
        assert prediction
        prediction.model_name, prediction.model_version = settings.EARMARK_MODEL, version
        prediction.label, prediction.confidence = label, 0.75 if label else 0.45
        prediction.save()
        page = alice_client.get(f"/tracks/{track.pk}/").content.decode()
        assert words in page
        assert "times in 10 (with artists it was not trained on)" in page


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.724, "72 %"),
        (1.0, "> 99 %"),
        (0.996, "> 99 %"),
        (0.994, "99 %"),
        (0.0, "< 1 %"),
        (0.006, "1 %"),
        (None, ""),
    ],
)
def test_a_model_is_never_wholly_sure(probability: float | None, shown: str) -> None:
    assert probability_percent(probability) == shown
