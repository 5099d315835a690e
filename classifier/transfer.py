"""Training on top of a pretrained network: a dataset and `MSD_musicnn` to a bundle.

The pretrained network and MFCC statistics describe each window; a logistic regression tells its genre.
It is judged by cross-validation over all tracks, no artist in two folds; temperature and threshold are
fitted on what each fold's regression says of tracks that it was not trained on. The shipped one is
trained on all tracks. Everything, from the log-mel window on, is one LiteRT graph.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from classifier import bundle, msd
from classifier.augmentation import cepstral_matrix, sounds_without_genre
from classifier.calibration import cross_fitted, fit_temperature, fit_threshold
from classifier.card import model_card
from classifier.datasets import Dataset, DatasetError, artist_folds, dequantise
from classifier.evaluation import evaluate
from classifier.features import FeatureConfig
from classifier.inference import softmax, window_starts

FloatArray = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]

#: Windows that the exported graph takes at once.
BATCH = 4
#: How much longer the part of an embedding that tells genres is than the rest, chosen by cross-validation.
GENRE_WEIGHT = 1.5


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out, with the data and the pretrained weights.

    `strength` is the inverse of the regression's penalty; `seed` deals the folds and makes the sounds.
    """

    seed: int = 0
    folds: int = 5
    strength: float = 0.002
    sounds_without_genre: int = 1000
    target_accuracy: float = 0.91
    embedding: int = 64
    max_windows: int = 32

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Head:
    """A regression on features as they come: `features @ kernel + bias` are logits."""

    kernel: FloatArray
    bias: FloatArray


def describe(weights: msd.Weights, features: FeatureConfig) -> keras.Model:
    """The network that describes windows: log-mel in dB (windows, frames, n_mels) to (windows, numbers)."""
    inputs = keras.Input((msd.window_frames(features), features.n_mels), name="log_mel")
    heard = msd.musicnn(msd.adapt(inputs, features), weights)
    cosine = layers.Dense(features.n_mfcc, use_bias=False, trainable=False)
    mfcc = cosine(inputs)
    cosine.set_weights([cepstral_matrix(features).T])
    steps = mfcc[:, 1:] - mfcc[:, :-1]
    parts = [heard[name] for name in ("tags", "penultimate", "max", "mean")]
    parts += [ops.mean(mfcc, axis=1), _deviation(mfcc), ops.mean(ops.abs(steps), axis=1), _deviation(steps)]
    return keras.Model(inputs, layers.Concatenate()(parts), name="describe")


def _deviation(x: Any) -> Any:
    centred = x - ops.mean(x, axis=1, keepdims=True)
    return ops.sqrt(ops.mean(ops.square(centred), axis=1) + 1e-6)


def hear_windows(network: keras.Model, tracks: Iterable[FloatArray]) -> list[FloatArray]:
    """What the network says of the windows of each track, (n_mels, frames): `(windows, numbers)` for each."""
    frames = network.input_shape[1]
    call = tf.function(lambda windows: network(windows, training=False), reduce_retracing=True)
    described = []
    for track in tracks:
        places = window_starts(track.shape[1], frames)[:, None] + np.arange(frames)
        windows = track[:, places % track.shape[1]].transpose(1, 2, 0)
        described.append(call(tf.constant(windows)).numpy())
    return described


def fit(described: FloatArray, targets: NDArray[np.int64], sounds: FloatArray, strength: float) -> Head:
    """Regression on windows (windows, numbers) of known genre; `sounds` are one class more, the last."""
    mean, scale = described.mean(axis=0), described.std(axis=0) + np.float32(1e-3)
    rows = np.concatenate([described, sounds])
    truth = np.concatenate([targets, np.full(len(sounds), targets.max() + 1)])
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit((rows - mean) / scale, truth)
    kernel = (model.coef_ / scale).T
    return Head(kernel.astype(np.float32), (model.intercept_ - mean @ kernel).astype(np.float32))


def genre_log_probabilities(logits: Any) -> Any:
    """Logits (windows, genres + 1) to log-probabilities (windows, genres): what is no music is no genre more.

    The probability of the last class is shared by all genres, so that the answer for it is "not sure".
    """
    p = ops.softmax(logits, axis=-1)
    genres = p.shape[-1] - 1
    return ops.log(p[:, :-1] + p[:, -1:] / genres + 1e-9)


def log_probabilities(described: FloatArray, head: Head) -> NDArray[np.float64]:
    """A track's mean log-probabilities (labels,) from its windows (windows, numbers)."""
    logits = tf.constant(described @ head.kernel + head.bias)
    mean: NDArray[np.float64] = np.asarray(genre_log_probabilities(logits), np.float64).mean(axis=0)
    return mean


def projection(described: list[FloatArray], targets: NDArray[np.int64], size: int) -> Head:
    """What the embedding is made of: tracks' first `size` principal components, and what tells genres apart.

    The latter, linear discriminants, weigh `GENRE_WEIGHT` times as much. `described` has the windows
    (windows, numbers) of each track, `targets` are (tracks,).
    """
    windows = np.concatenate(described)
    mean, scale = windows.mean(axis=0), windows.std(axis=0) + np.float32(1e-3)
    _, _, axes = np.linalg.svd(np.cov(((windows - mean) / scale).T))
    axes = axes[: 2 * size]
    components = (axes / scale).T
    tracks = np.stack([(rows.mean(axis=0) - mean) @ components for rows in described])
    telling = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3).fit(tracks, targets)
    discriminants = telling.scalings_[:, : targets.max()]
    parts = []
    for weight, part in ((1.0, np.eye(len(axes))[:, :size]), (GENRE_WEIGHT, discriminants)):
        length = np.sqrt(np.square(tracks @ part).sum(axis=1).mean())
        parts.append(components @ part * (weight / length))
    kernel = np.concatenate(parts, axis=1)
    return Head(kernel.astype(np.float32), (-mean @ kernel).astype(np.float32))


def export(network: keras.Model, genre: Head, embedding: Head, path: Path) -> None:
    """Write network and heads as a LiteRT graph that takes `BATCH` windows; `path` must end in `.tflite`."""
    inputs = keras.Input(batch_shape=(BATCH, *network.input_shape[1:]), name="log_mel")
    described = network(inputs, training=False)
    logits, axes = layers.Dense(len(genre.bias)), layers.Dense(len(embedding.bias))
    outputs = {
        "log_probabilities": genre_log_probabilities(logits(described)),
        "embedding": axes(described),
    }
    for layer, head in ((logits, genre), (axes, embedding)):
        layer.set_weights([head.kernel, head.bias])
    keras.Model(inputs, outputs).export(path, format="litert", verbose=False)


def train(
    dataset: Dataset, weights: msd.Weights, out: Path, recipe: Recipe, progress: Progress, source: str
) -> bundle.Manifest:
    """Judge by cross-validation, train on all tracks, and write the bundle to the folder `out`.

    `weights` are the pretrained network's (`msd.read_weights`); `source` says in a sentence what the tracks
    are. Raises DatasetError when there are too few genres or tracks.
    """
    labels = dataset.labels
    folds = artist_folds(dataset, recipe.folds, recipe.seed)
    truth = np.array([labels.index(str(genre)) for genre in dataset.genres])
    if len(labels) < 2:
        raise DatasetError("There is only one genre.")
    for fold in range(recipe.folds):
        if len(set(truth[folds != fold])) < len(labels) or not (folds == fold).any():
            raise DatasetError(f"Each genre needs tracks of several artists for {recipe.folds} folds.")
    network = describe(weights, dataset.config)
    mel = (dataset.log_mel(int(track)) for track in progress(range(len(dataset)), "listen"))
    described = hear_windows(network, mel)
    sounds = _sounds(network, dataset.config, recipe)

    def fitted(tracks: NDArray[np.int64]) -> Head:
        windows = [described[track] for track in tracks]
        targets = np.repeat(truth[tracks], [len(rows) for rows in windows])
        return fit(np.concatenate(windows), targets, sounds, recipe.strength)

    log_p = np.zeros((len(dataset), len(labels)))
    for fold in progress(range(recipe.folds), "cross-validate"):
        head = fitted(np.flatnonzero(folds != fold))
        for track in np.flatnonzero(folds == fold):
            log_p[track] = log_probabilities(described[track], head)
    temperature = fit_temperature(log_p, truth)
    threshold = fit_threshold(softmax(log_p / temperature), truth, recipe.target_accuracy)
    probabilities, sure = cross_fitted(log_p, truth, folds, recipe.target_accuracy)
    metrics = {
        "trained_on": f"{recipe.folds - 1} of {recipe.folds} folds of {len(dataset)} tracks, in turn",
        "measured_on": f"the other fold ({len(dataset)} tracks in all)",
        "split_by": "artist" if any(dataset.artists) else "track",
        "note": "Cross-validation. The model in this bundle was trained on all tracks. Calibration and "
        "threshold are cross-fitted in the same folds.",
        **evaluate([str(genre) for genre in dataset.genres], probabilities, labels, sure),
    }
    out.mkdir(parents=True, exist_ok=True)
    axes = projection(described, truth, recipe.embedding)
    export(network, fitted(np.arange(len(dataset))), axes, out / bundle.GRAPH)
    manifest = _manifest(out.name, labels, dataset, recipe, temperature, threshold, metrics, source)
    manifest = bundle.write(out, manifest)
    if not (out / "README.md").exists():  # a card that someone has written on is theirs
        (out / "README.md").write_text(model_card(manifest), encoding="utf-8")
    return manifest


def _sounds(network: keras.Model, features: FeatureConfig, recipe: Recipe) -> FloatArray:
    """Windows of synthesized sounds that are no music, `(windows, numbers)`."""
    rng = np.random.default_rng(recipe.seed)
    length = 2 * network.input_shape[1]
    sounds = sounds_without_genre(recipe.sounds_without_genre, features, length, rng)
    tracks = (dequantise(sound, features.top_db) for sound in sounds)
    return np.concatenate(hear_windows(network, tracks))


def _manifest(
    name: str,
    labels: list[str],
    dataset: Dataset,
    recipe: Recipe,
    temperature: float,
    threshold: float,
    metrics: dict[str, Any],
    source: str,
) -> bundle.Manifest:
    genres, counts = np.unique(dataset.genres, return_counts=True)
    libraries = ("ai-edge-litert", "keras", "librosa", "numpy", "scikit-learn")
    return bundle.Manifest(
        name=name,
        version="1.0.0",
        labels=labels,
        features=dataset.config,
        window_frames=msd.window_frames(dataset.config),
        temperature=temperature,
        threshold=threshold,
        weights={bundle.GRAPH: ""},
        input="log_mel",
        max_windows=recipe.max_windows,
        network={"pretrained": "MSD_musicnn of musicnn 0.1.0 (ISC licence), with MFCC statistics"},
        training={
            "data": source,
            "tracks": {str(genre): int(count) for genre, count in zip(genres, counts, strict=True)},
            "recipe": recipe.as_dict(),
        },
        metrics=metrics,
        libraries={library: importlib.metadata.version(library) for library in libraries}
        | {"tensorflow": tf.__version__},
    )
