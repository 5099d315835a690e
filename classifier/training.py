"""Train a convolutional network from scratch: from a dataset to a bundle.

First a network is trained on the split `train` and evaluated on `valid`. This gives the metrics in the manifest, the
temperature and the threshold. Then a network is trained in the same way on all tracks, because there are few; that one
is shipped. Its own accuracy cannot be measured on this data.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from classifier import bundle, cnn
from classifier.augmentation import AugmentConfig, WindowSource, sounds_without_genre
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.cnn import NetworkConfig
from classifier.datasets import Dataset, DatasetError, artist_folds
from classifier.evaluation import evaluate
from classifier.inference import Classifier, softmax
from classifier.model_card import render_model_card

WEIGHTS, CARD = "model.weights.h5", "README.md"
Progress = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True)
class CnnRecipe:
    """The parameters of a training run. With the data they determine the result."""

    epochs: int = 24
    seed: int = 0
    batch: int = 64
    windows_per_track: int = 10
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.1
    sounds_without_genre: int = 300
    target_accuracy: float = 0.8
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "augment": self.augment.as_dict(), "network": self.network.as_dict()}


def fit_network(
    dataset: Dataset, labels: list[str], recipe: CnnRecipe, progress: Progress, note: str = ""
) -> keras.Model:
    """Train a new network on all of `dataset`. On one machine, the same seed gives the same network."""
    keras.utils.set_random_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    mel, frames, targets = _with_non_music(dataset, labels, recipe, rng)
    source = WindowSource(mel, frames, dataset.config, recipe.augment, recipe.network.frames, rng)
    # Sounds without genre are drawn less often, because they are many and only mark a border.
    windows_of_each = np.where(np.arange(len(mel)) < len(dataset), recipe.windows_per_track, 3)
    epoch = np.repeat(np.arange(len(mel)), windows_of_each)
    batch = min(recipe.batch, len(epoch))
    steps = len(epoch) // batch

    model = cnn.build_network(recipe.network, len(labels))
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps * recipe.epochs)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(windows: Any, target: Any) -> Any:
        with tf.GradientTape() as tape:
            log_p = model(windows, training=True)["log_probabilities"]
            loss = -tf.reduce_mean(tf.reduce_sum(target * log_p, axis=-1))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    for _ in progress(range(recipe.epochs), note):
        order = rng.permutation(epoch)
        for tracks in order[: steps * batch].reshape(steps, batch):
            step(tf.constant(source.draw(tracks)), tf.constant(targets[tracks]))
    return model


def _with_non_music(
    dataset: Dataset, labels: list[str], recipe: CnnRecipe, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float32]]:
    """Return spectrograms, lengths and targets (tracks, labels) of the tracks, followed by sounds without genre."""
    length = min(dataset.mel.shape[2], recipe.network.frames * 2)
    count = recipe.sounds_without_genre
    sounds = np.zeros((count, *dataset.mel.shape[1:]), np.uint8)
    sounds[:, :, :length] = sounds_without_genre(count, dataset.config, length, rng)
    uniform = np.full(len(labels), 1 / len(labels))
    one_hot = np.eye(len(labels))[[labels.index(str(genre)) for genre in dataset.genres]]
    smooth = (1 - recipe.label_smoothing) * one_hot + recipe.label_smoothing * uniform
    targets = np.concatenate([smooth, np.tile(uniform, (count, 1))]).astype(np.float32)
    frames = np.concatenate([dataset.frames, np.full(count, length)])
    return np.concatenate([dataset.mel, sounds]), frames, targets


def train_cnn(
    dataset: Dataset, out: Path, recipe: CnnRecipe, progress: Progress, source: str
) -> bundle.Manifest:
    """Train, evaluate, train on all tracks, and write the bundle to the folder `out`.

    `source` is a sentence that says what the tracks are. Raises DatasetError when the dataset lacks one of the splits
    `train` and `valid`, or when a genre has no track in `train`.
    """
    labels = dataset.labels
    train_set, valid = dataset.select_split("train"), dataset.select_split("valid")
    if train_set.labels != labels:
        raise DatasetError(
            f"No track to train on in: {', '.join(sorted(set(labels) - set(train_set.labels)))}."
        )
    if len(labels) < 2:
        raise DatasetError("There is only one genre.")
    if dataset.config.n_mfcc != recipe.network.n_mfcc:
        raise DatasetError(
            f"The network takes {recipe.network.n_mfcc} MFCC, the dataset {dataset.config.n_mfcc}."
        )

    evaluated = fit_network(train_set, labels, recipe, progress, "train on train")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), evaluated, _manifest("evaluated", labels, dataset, recipe))
        classifier = Classifier.load(Path(folder))
        predictions = [classifier.predict(valid.log_mel(track)) for track in range(len(valid))]
    # At temperature 1 these are the mean log-probabilities from which `predict` starts, up to a constant.
    p = np.array([[prediction.probabilities[label] for label in labels] for prediction in predictions])
    log_p = np.log(np.maximum(p, 1e-12))
    truth = np.array([labels.index(str(genre)) for genre in valid.genres])
    temperature = fit_temperature(log_p, truth)
    threshold = fit_threshold(softmax(log_p / temperature), truth, recipe.target_accuracy)
    folds = artist_folds(valid, min(5, len(valid)))
    probabilities, sure = cross_fitted(log_p, truth, folds, recipe.target_accuracy)
    metrics = {
        "trained_on": f"train ({len(train_set)} tracks)",
        "measured_on": f"valid ({len(valid)} tracks)",
        "split_by": dataset.split_by,
        "note": "Of a network trained in the same way on `train` only. The network in this bundle was "
        "trained on `valid` too. Calibration and threshold are cross-fitted in 5 folds of `valid`.",
        **evaluate([str(genre) for genre in valid.genres], probabilities, labels, sure),
    }

    shipped = fit_network(dataset, labels, recipe, progress, "train on all tracks")
    out.mkdir(parents=True, exist_ok=True)
    manifest = _manifest(out.name, labels, dataset, recipe, temperature, threshold, metrics, source)
    manifest = _write(out, shipped, manifest)
    if not (out / CARD).exists():  # do not overwrite a card that somebody has edited
        (out / CARD).write_text(render_model_card(manifest), encoding="utf-8")
    return manifest


def _manifest(
    name: str,
    labels: list[str],
    dataset: Dataset,
    recipe: CnnRecipe,
    temperature: float = 1.0,
    threshold: float = 0.0,
    metrics: dict[str, Any] | None = None,
    source: str = "",
) -> bundle.Manifest:
    genres, counts = np.unique(dataset.genres, return_counts=True)
    return bundle.Manifest(
        name=name,
        version="1.0.0",
        labels=labels,
        features=dataset.config,
        window_frames=recipe.network.frames,
        temperature=temperature,
        threshold=threshold,
        weights={bundle.GRAPH: "", WEIGHTS: ""},
        network=recipe.network.as_dict(),
        training={
            "data": source,
            "tracks": {str(genre): int(count) for genre, count in zip(genres, counts, strict=True)},
            "recipe": recipe.as_dict(),
        },
        metrics=metrics or {},
        libraries={
            library: importlib.metadata.version(library)
            for library in ("ai-edge-litert", "keras", "librosa", "numpy")
        }
        | {"tensorflow": tf.__version__},
    )


def _write(out: Path, model: keras.Model, manifest: bundle.Manifest) -> bundle.Manifest:
    cnn.export_network(model, out / bundle.GRAPH)
    model.save_weights(out / WEIGHTS)
    return bundle.write_manifest(out, manifest)
