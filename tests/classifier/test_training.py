"""A tiny training from end to end: it writes a model, learns, and is reproducible."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier import bundle, datasets, training
from classifier.augmentation import AugmentConfig, WindowSource, cepstral_matrix, sounds_without_genre
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.cnn import NetworkConfig
from classifier.datasets import Dataset
from classifier.features import FeatureConfig, mfcc
from classifier.inference import softmax
from tests.classifier.test_datasets import make_dataset

TINY = training.CnnRecipe(
    epochs=12,
    batch=8,
    sounds_without_genre=4,
    network=NetworkConfig(frames=32, width=8, embedding=8, stages=2),
)


def easy_dataset() -> Dataset:
    """Return a dataset of two genres that differ in brightness, which is easy to learn."""
    made = make_dataset(24, 80)
    slope = np.linspace(0, 120, 128).astype(np.uint8)[:, None]
    mel = (made.mel >> 1) + np.where(made.genres[:, None, None] == "rock", slope, slope[::-1])
    return replace(made, mel=mel.astype(np.uint8))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "easy.npz"
    datasets.write_npz(path, easy_dataset())
    return path


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "easy"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "CnnRecipe", lambda seed: replace(TINY, seed=seed))
        call_command("train", str(prepared), out=out, stdout=io.StringIO(), stderr=io.StringIO())
    return out


def test_train_writes_a_model_that_has_learned(trained: Path) -> None:
    manifest = bundle.load_bundle(trained).manifest
    assert manifest.name == "easy"
    assert manifest.labels == ["jazz", "rock"]
    assert manifest.metrics["accuracy"] >= 0.9
    assert manifest.metrics["tracks"] == 8
    assert manifest.metrics["measured_on"] == "valid (8 tracks)"
    assert manifest.training["tracks"] == {"jazz": 12, "rock": 12}
    assert set(manifest.weights) == {"model.tflite", "model.weights.h5"}
    assert (trained / "README.md").is_file()


def test_evaluate_prints_one_json_document(
    trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("evaluate", str(prepared), model=str(trained), split="valid", json=True)
    measures = json.loads(capsys.readouterr().out)
    assert set(measures) == {
        "tracks",
        "accuracy",
        "balanced_accuracy",
        "per_genre",
        "confusion",
        "ece",
        "coverage",
        "selective_accuracy",
        "reliability",
    }
    assert measures["tracks"] == 8
    assert measures["accuracy"] >= 0.9


def test_evaluate_prints_a_table(trained: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate", str(prepared), model=str(trained))
    out = capsys.readouterr().out
    assert "accuracy" in out
    assert "rock" in out


def test_bad_input_is_a_command_error(trained: Path, prepared: Path, tmp_path: Path) -> None:
    for arguments in (
        ("evaluate", str(tmp_path / "absent")),
        ("evaluate", str(prepared), "--split", "test", "--model", str(trained)),
        ("evaluate", str(prepared), "--model", str(tmp_path)),
        ("train", str(tmp_path / "absent"), "--out", str(tmp_path / "new")),
        ("train", str(prepared), "--out", str(trained)),  # would replace a model
        ("train", str(prepared), "--out", str(tmp_path / "new"), "--epochs", "0"),
    ):
        with pytest.raises(CommandError):
            call_command(*arguments)


def test_genres_that_the_model_does_not_know_are_refused(trained: Path, tmp_path: Path) -> None:
    datasets.write_npz(tmp_path / "other.npz", make_dataset(6, 80, ("polka", "rock")))
    with pytest.raises(CommandError, match="polka"):
        call_command("evaluate", str(tmp_path / "other.npz"), model=str(trained))


def test_train_without_tensorflow_says_what_to_install(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "classifier.training")
    monkeypatch.delattr("classifier.training")
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(CommandError, match=r"requirements/train\.txt"):
        call_command("train", str(prepared), out=tmp_path / "new")


def test_same_seed_same_network() -> None:
    dataset, recipe = easy_dataset(), replace(TINY, epochs=1, seed=3)
    first, second = (
        training.fit_network(dataset, dataset.labels, recipe, lambda epochs, note: epochs) for _ in range(2)
    )
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_genre_that_is_never_trained_on_is_refused(tmp_path: Path) -> None:
    dataset = easy_dataset()
    split = np.where(dataset.genres == "rock", "valid", dataset.split)
    with pytest.raises(datasets.DatasetError, match="rock"):
        training.train_cnn(replace(dataset, split=split), tmp_path, TINY, lambda epochs, note: epochs, "")


def test_without_changes_a_window_is_the_tracks_own_mfcc() -> None:
    dataset, still = make_dataset(3, 40), AugmentConfig(0, 0, 0, 0, 0, 0, 0)
    rng = np.random.default_rng(0)
    source = WindowSource(dataset.mel, dataset.frames, dataset.config, still, 40, rng)
    windows = source.draw(np.array([2, 0]))
    for window, track in zip(windows, (2, 0), strict=True):
        assert np.abs(window.T - mfcc(dataset.log_mel(track), dataset.config)).max() < 0.05


def test_augmented_windows_differ_and_stay_finite() -> None:
    dataset = make_dataset(4, 20)  # shorter than a window
    source = WindowSource(
        dataset.mel, dataset.frames, dataset.config, AugmentConfig(), 64, np.random.default_rng(0)
    )
    first, second = source.draw(np.arange(4)), source.draw(np.arange(4))
    assert first.shape == (4, 64, 40)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.abs(first - second).max() > 1


def test_pitch_shift_moves_a_peak_up() -> None:
    features = FeatureConfig(n_mfcc=128)  # as many as bands: the transform can be undone
    frame = np.zeros(128, np.float32)
    frame[60] = 1
    cosine = mfcc(np.eye(128, dtype=np.float32), features)
    shifted = cosine.T @ cepstral_matrix(features, 2.0) @ frame
    assert 61 <= int(shifted.argmax()) <= 66


def test_sounds_without_genre_are_many_kinds() -> None:
    sounds = sounds_without_genre(20, FeatureConfig(), 40, np.random.default_rng(0))
    assert sounds.shape == (20, 128, 40)
    assert len(np.unique(sounds.reshape(20, -1), axis=0)) > 15


def test_temperature_finds_the_overconfidence() -> None:
    rng = np.random.default_rng(0)
    honest = np.log(rng.dirichlet(np.ones(4), 4000))
    truth = np.array([rng.choice(4, p=np.exp(row)) for row in honest])
    assert fit_temperature(honest, truth) == pytest.approx(1, abs=0.1)
    assert fit_temperature(honest * 3, truth) == pytest.approx(3, abs=0.3)


def test_threshold_answers_as_much_as_the_target_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.55])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    truth = np.array([0, 0, 1, 0, 1])  # right, right, wrong, right, wrong
    assert fit_threshold(probabilities, truth, target=0.75) == pytest.approx(0.6)
    assert fit_threshold(probabilities, truth, target=1.0) == pytest.approx(0.8)
    assert fit_threshold(probabilities, 1 - truth * 0, target=0.9, min_coverage=0.2) == pytest.approx(0.9)


def test_cross_fitting_does_not_look_at_the_fold_it_answers() -> None:
    rng = np.random.default_rng(0)
    log_p = np.log(rng.dirichlet(np.ones(3), 60))
    truth, fold = rng.integers(0, 3, 60), np.arange(60) % 3
    before, _ = cross_fitted(log_p, truth, fold)
    changed = np.where(fold == 0, (truth + 1) % 3, truth)
    after, _ = cross_fitted(log_p, changed, fold)
    assert np.array_equal(before[fold == 0], after[fold == 0])
    assert not np.array_equal(before[fold == 1], after[fold == 1])
    assert softmax(log_p).sum(axis=1) == pytest.approx(np.ones(60))
