"""The model card says what the manifest knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.bundle import DEFAULT_MODELS_DIR, load_bundle
from classifier.model_card import render_model_card


@pytest.mark.parametrize(
    ("model", "network"),
    [
        ("mfcc-cnn-1", "A convolutional network over 40 MFCC"),
        ("msd-musicnn-1", "Linear heads on MSD_musicnn"),
    ],
)
def test_the_card_says_what_the_network_is(model: str, network: str) -> None:
    card = render_model_card(load_bundle(DEFAULT_MODELS_DIR / model).manifest)
    assert network in card
    assert ("convolutional network" in card) == (model == "mfcc-cnn-1")


def test_robustness_is_a_table_where_it_was_measured() -> None:
    manifest = load_bundle(DEFAULT_MODELS_DIR / "msd-musicnn-1").manifest
    assert "| telephone, 300 to 3,400 Hz |" in render_model_card(manifest)
    metrics = {key: value for key, value in manifest.metrics.items() if key != "robustness"}
    assert "telephone" not in render_model_card(replace(manifest, metrics=metrics))


def test_teaching_is_a_table_where_it_was_measured() -> None:
    manifest = load_bundle(DEFAULT_MODELS_DIR / "msd-musicnn-1").manifest
    assert "then taught by 5 tracks" in render_model_card(manifest)
    metrics = {key: value for key, value in manifest.metrics.items() if key != "learning"}
    assert "taught by" not in render_model_card(replace(manifest, metrics=metrics))
