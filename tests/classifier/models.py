"""A small network with random weights as a model on disk, for tests that need any model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import bundle
from classifier.features import FeatureConfig

LABELS = ["blues", "jazz", "rock"]


def random_track(frames: int, seed: int = 0) -> NDArray[np.float32]:
    """Return a random log-mel spectrogram (128, frames) in dB."""
    return np.random.default_rng(seed).uniform(-80, 0, (128, frames)).astype(np.float32)


def make_model(path: Path) -> Path:
    """Write a model with a seeded network of three genres to the folder `path`. Needs TensorFlow."""
    import keras

    from classifier import cnn

    keras.utils.set_random_seed(1)
    config = cnn.NetworkConfig(frames=32, width=8, embedding=6, stages=2)
    path.mkdir(parents=True, exist_ok=True)
    model = cnn.build_network(config, len(LABELS))
    # What training would have learned of `random_track`: its MFCC's mean and variance.
    mean = np.zeros(config.n_mfcc)
    mean[0] = -40 * 128**0.5
    model.layers[1].set_weights([mean, np.full(config.n_mfcc, 80**2 / 12)])
    cnn.export_network(model, path / bundle.GRAPH)
    bundle.write_manifest(
        path,
        bundle.Manifest(
            name=path.name,
            version="1.2.3",
            labels=LABELS,
            features=FeatureConfig(),
            window_frames=config.frames,
            temperature=1.0,
            threshold=0.5,
            weights={bundle.GRAPH: ""},
            network=config.as_dict(),
        ),
    )
    return path


def copy_model(model: Path, path: Path, **changes: Any) -> Path:
    """Copy a model, with changes to its manifest."""
    shutil.copytree(model, path)
    bundle.write_manifest(path, replace(bundle.load_bundle(model).manifest, name=path.name, **changes))
    return path
