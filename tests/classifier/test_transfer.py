"""A model on top of a pretrained network, which has random weights of the real one's shapes here."""

from __future__ import annotations

import io
import json
import shutil
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier import bundle, datasets, heads, msd, transfer
from classifier.features import FeatureConfig
from classifier.inference import Classifier, softmax
from classifier.learning import known
from classifier.window_embeddings import embedding_network, extract_window_embeddings
from tests.classifier.test_training import easy_dataset

#: Kernels of the real network's shapes, but for the number of channels.
CONVOLUTIONS = [(7, 38), (7, 67), (128, 1), (64, 1), (32, 1)]
WIDTH, MIDDLE, UNITS = 6, 8, 10


def random_weights(seed: int = 0) -> msd.Weights:
    """Return variables by the checkpoint's names. Every other channel of the front end is dead."""
    rng = np.random.default_rng(seed)
    weights: msd.Weights = {}

    def normal(name: str, *shape: int, scale: float = 1.0) -> None:
        weights[name] = (rng.standard_normal(shape) * scale).astype(np.float32)

    def normalisation(number: int, size: int, dead: bool = False) -> None:
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        normal(f"{name}/gamma", size)
        normal(f"{name}/beta", size, scale=0.0)
        weights[f"{name}/moving_mean"] = np.zeros(size, np.float32)
        weights[f"{name}/moving_variance"] = np.ones(size, np.float32)
        if dead:
            weights[f"{name}/moving_variance"][::2] = 1e-36

    normalisation(0, 1)
    for number, (time, bands) in enumerate(CONVOLUTIONS):
        name = f"conv2d_{number}" if number else "conv2d"
        normal(f"{name}/kernel", time, bands, 1, WIDTH, scale=0.05)
        weights[f"{name}/kernel"][..., ::2] = 0
        weights[f"{name}/bias"] = np.zeros(WIDTH, np.float32)
        normalisation(number + 1, WIDTH, dead=True)
    for number, rows in ((5, 5 * WIDTH), (6, MIDDLE), (7, MIDDLE)):
        normal(f"conv2d_{number}/kernel", 7, rows, 1, MIDDLE, scale=0.1)
        normal(f"conv2d_{number}/bias", MIDDLE)
        normalisation(number + 1, MIDDLE)
    channels = 2 * (5 * WIDTH + 3 * MIDDLE)
    normalisation(9, channels)
    normal("dense/kernel", channels, UNITS, scale=0.1)
    normal("dense/bias", UNITS)
    normalisation(10, UNITS)
    normal("dense_1/kernel", UNITS, 50)
    normal("dense_1/bias", 50)
    return weights


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return embedding_network(random_weights(), FeatureConfig())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle made by the command from a dataset in which two genres differ in brightness."""
    folder = tmp_path_factory.mktemp("transfer")
    datasets.write_npz(folder / "easy.npz", easy_dataset())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(msd, "read_weights", lambda _: random_weights())
        patch.setattr(
            transfer, "TransferRecipe", partial(transfer.TransferRecipe, sounds_without_genre=8, voices=2)
        )
        call_command(
            "train",
            str(folder / "easy.npz"),
            out=folder / "model",
            recipe="msd",
            pretrained=folder,
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
    return folder / "model"


def test_dead_channels_change_nothing() -> None:
    """With all channels, including the dead ones with zero kernels, the outputs are the same."""
    weights = random_weights()
    whole = {
        name: np.ones_like(value) if name.endswith("moving_variance") else value
        for name, value in weights.items()
    }
    window = np.random.default_rng(1).uniform(0, 4, (2, msd.FRAMES, msd.N_MELS)).astype(np.float32)
    outputs = []
    for variables in (weights, whole):
        inputs = keras.Input(window.shape[1:])
        outputs.append(keras.Model(inputs, msd.musicnn(inputs, variables))(window))
    # Channels that stay live have another scale in the two; the dead ones are silent in both.
    assert outputs[0]["max"].shape[1] < outputs[1]["max"].shape[1]
    for name in ("penultimate", "tags"):
        assert np.abs(outputs[0][name] - outputs[1][name]).max() < 1e-4


def test_the_adapted_input_has_the_level_and_the_shape() -> None:
    features = FeatureConfig()
    frames = msd.window_frames(features)
    assert frames == 65
    inputs = keras.Input((frames, features.n_mels))
    adapter = keras.Model(inputs, msd.adapt_input(inputs, features))
    flat = np.asarray(adapter(np.full((1, frames, 128), -20.0, np.float32)))
    assert flat.shape == (1, msd.FRAMES, msd.N_MELS)
    assert flat[0, :, 2:-2] == pytest.approx(
        np.log10(1 + 10_000 * 10 ** ((-20 + msd.LEVEL_DB) / 10)), abs=1e-4
    )
    low = np.full((1, frames, 128), -80.0, np.float32)
    low[:, :, 60] = 0
    peak = np.asarray(adapter(low))[0, 90].argmax()
    assert 48 <= peak <= 60  # the same frequency: a lower band number of fewer bands to 8 kHz


def test_the_bundle_is_complete_and_has_learned(model: Path) -> None:
    manifest = bundle.load_bundle(model).manifest
    assert manifest.input == "log_mel"
    assert manifest.max_windows == transfer.TransferRecipe().max_windows
    assert manifest.metrics["tracks"] == 24
    assert manifest.metrics["accuracy"] >= 0.9
    assert (model / "README.md").is_file()
    json.dumps(manifest.as_dict())


def test_the_graph_agrees_with_keras(model: Path, network: keras.Model) -> None:
    """The embedding is linear in the window embeddings, so the graph's must be, too."""
    from ai_edge_litert.interpreter import Interpreter

    rng = np.random.default_rng(2)
    windows = rng.uniform(-80, 0, (transfer.BATCH, *network.input_shape[1:])).astype(np.float32)
    numbers = network.output_shape[1]
    head = heads.Head(rng.normal(size=(numbers, 11)).astype(np.float32) / 100, np.zeros(11, np.float32))
    path = model.parent / "agree.tflite"
    transfer.export_graph(network, head, head, path)
    served = Interpreter(str(path), num_threads=1).get_signature_runner()(log_mel=windows)
    expected = np.asarray(network(windows)) @ head.kernel
    assert np.abs(served["embedding"] - expected).max() < 1e-3
    experts = []
    for expert in (expected[:, :5], expected[:, 5:10]):  # two genres and non-music, then two scores
        non_music = softmax(expert[:, :3])[:, 2:]
        experts.append((1 - non_music) * softmax(expert[:, :2] + expert[:, 3:]) + non_music / 2)
    narrow = 1 / (1 + np.exp(-expected[:, 10:]))
    log_p = np.log((1 - narrow) * experts[0] + narrow * experts[1])
    assert np.abs(served["log_probabilities"] - log_p).max() < 1e-3
    assert np.ptp(expected, axis=0).max() > 0.01


def test_the_bundle_can_be_taught(model: Path, network: keras.Model) -> None:
    """The graph's learning vector is what the projection makes of the window embeddings."""
    dataset = easy_dataset()
    window_embeddings = extract_window_embeddings(
        network, (dataset.log_mel(track) for track in range(len(dataset)))
    )
    projection, known_genres = transfer.learning_space(
        window_embeddings, dataset.genres, transfer.TransferRecipe().learning
    )
    classifier = Classifier.load(model)
    assert classifier.known is not None
    assert classifier.known.genres == known_genres.genres
    assert classifier.known.centroids == pytest.approx(known_genres.centroids, abs=1e-4)
    for track in range(0, len(dataset), 5):
        vector = classifier.predict(dataset.log_mel(track)).vector
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        assert vector == pytest.approx(projection.apply(window_embeddings[track]), abs=0.01)


def test_teaching_is_measured_without_the_genre_that_is_taught() -> None:
    """Genres that differ are found; when only noise tells them apart, chance is what remains."""
    rng = np.random.default_rng(4)
    genres, folds = np.repeat(["a", "b", "c", "d"], 30), np.tile(np.arange(5), 24)
    centres = {genre: 3 * rng.standard_normal(20) for genre in "abcd"}
    windows = [(rng.standard_normal((3, 20)) + centres[genre]).astype(np.float32) for genre in genres]
    found = transfer.teaching_figures_held_out(windows, genres, folds, 16)
    assert found is not None
    assert set(found["per_genre"]) == set("abcd")
    assert found["average_precision"] > 0.95
    noise = [rng.standard_normal((3, 20)).astype(np.float32) for _ in genres]
    by_chance = transfer.teaching_figures_held_out(noise, genres, folds, 16)
    assert by_chance is not None
    assert by_chance["average_precision"] < 0.5
    assert transfer.teaching_figures_held_out(windows, np.repeat(["a", "b"], 60), folds, 16) is None


def test_centroids_of_another_size_are_refused(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(model, other)
    known.KnownGenres(["a"], np.ones((1, 3), np.float32)).write(other)
    manifest = bundle.load_bundle(model).manifest
    with pytest.raises(bundle.BundleError, match="SHA-256"):
        bundle.load_bundle(other)
    bundle.write_manifest(other, manifest)
    with pytest.raises(bundle.BundleError, match="size"):
        Classifier.load(other)


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", "truncated", "texts", "infinite"])
def test_a_damaged_file_of_centroids_is_refused(model: Path, tmp_path: Path, data: bytes | str) -> None:
    other = tmp_path / "other"
    shutil.copytree(model, other)
    if data == "truncated":
        data = (model / known.FILE).read_bytes()[:-40]
    elif isinstance(data, str):
        centroids = np.array([["a"]]) if data == "texts" else np.full((1, 3), np.inf, np.float32)
        np.savez(other / known.FILE, genres=["a"], centroids=centroids)
        data = (other / known.FILE).read_bytes()
    (other / known.FILE).write_bytes(data)
    bundle.write_manifest(other, bundle.load_bundle(model).manifest)
    with pytest.raises(bundle.BundleError, match="cannot be used"):
        bundle.load_bundle(other)


def test_a_long_track_has_few_windows_spread_over_it(model: Path) -> None:
    classifier = Classifier.load(model)
    most = transfer.TransferRecipe().max_windows
    track = np.random.default_rng(3).uniform(-80, 0, (128, 65 * most * 2)).astype(np.float32)
    prediction = classifier.predict(track, duration=600.0)
    assert len(prediction.segments) == most
    assert (prediction.segments[0].start, prediction.segments[-1].end) == (0, 600)
    assert np.linalg.norm(prediction.embedding) == pytest.approx(1)


def test_the_network_must_be_named(tmp_path: Path) -> None:
    datasets.write_npz(tmp_path / "easy.npz", easy_dataset())
    for options in ({}, {"pretrained": tmp_path / "absent"}):
        with pytest.raises(CommandError):
            call_command("train", str(tmp_path / "easy.npz"), out=tmp_path / "m", recipe="msd", **options)


def test_the_shipped_files_stay_small() -> None:
    folder = bundle.DEFAULT_MODELS_DIR / "msd-musicnn-1"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
