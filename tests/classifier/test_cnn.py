"""The exported graph gives the same outputs as the Keras network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from classifier import bundle, cnn
from classifier.cnn import NetworkConfig, StatisticsPooling
from classifier.features import mfcc
from tests.classifier.models import random_track

SHIPPED = bundle.DEFAULT_MODELS_DIR / "mfcc-cnn-1"


def run_graph(path: Path, windows: np.ndarray) -> dict[str, np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path), num_threads=1).get_signature_runner()(mfcc=windows)


def make_windows(manifest: bundle.Manifest, seed: int = 0) -> np.ndarray:
    """A batch of MFCC windows (BATCH, frames, n_mfcc) of very different sounds."""
    log_mel = random_track(cnn.BATCH * manifest.window_frames, seed)
    log_mel *= np.linspace(0, 1, log_mel.shape[1], dtype=np.float32)  # from loud and flat to rough
    coefficients = mfcc(log_mel, manifest.features)
    shape = (manifest.features.n_mfcc, cnn.BATCH, manifest.window_frames)
    return np.ascontiguousarray(coefficients.reshape(shape).transpose(1, 2, 0), dtype=np.float32)


def test_statistics_pooling_by_hand() -> None:
    x = np.array([[[1.0, 5.0], [3.0, 5.0]]], dtype=np.float32)
    pooled = np.asarray(StatisticsPooling()(x))
    assert pooled == pytest.approx(np.array([[2, 5, 1, 0, 3, 5]]), abs=0.01)


def test_a_new_network_and_its_export_agree(tmp_path: Path) -> None:
    keras.utils.set_random_seed(7)
    config = NetworkConfig(frames=32, width=8, embedding=6, stages=2)
    model = cnn.build_network(config, 4)
    cnn.export_network(model, tmp_path / "model.tflite")
    windows = np.random.default_rng(0).normal(size=(cnn.BATCH, 32, 40)).astype(np.float32)
    keras_outputs, graph_outputs = (
        model(windows, training=False),
        run_graph(tmp_path / "model.tflite", windows),
    )
    assert set(graph_outputs) == set(keras_outputs) == {"log_probabilities", "embedding"}
    for name, value in graph_outputs.items():
        assert np.abs(value - keras_outputs[name].numpy()).max() < 1e-4, name
    assert np.exp(graph_outputs["log_probabilities"]).sum(axis=1) == pytest.approx(np.ones(16), abs=1e-5)
    assert (
        np.ptp(graph_outputs["log_probabilities"], axis=0).max() > 0.01
    )  # different inputs give different outputs


def test_the_shipped_model_is_the_same_in_keras_and_litert() -> None:
    manifest = bundle.load_bundle(SHIPPED).manifest
    model = cnn.build_network(NetworkConfig(**manifest.network), len(manifest.labels))
    model.load_weights(SHIPPED / "model.weights.h5")
    for seed in range(3):
        windows = make_windows(manifest, seed)
        expected = np.exp(model(windows, training=False)["log_probabilities"].numpy())
        served = np.exp(run_graph(SHIPPED / bundle.GRAPH, windows)["log_probabilities"])
        assert np.abs(served - expected).max() <= 1e-4
        assert np.ptp(served, axis=0).max() > 0.01


def test_the_shipped_files_stay_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 4_000_000
