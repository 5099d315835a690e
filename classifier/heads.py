"""What is fitted on top of the pretrained network: linear maps of what it says of windows.

A window is described by some hundred numbers; a regression and discriminants together tell its genre, a
projection makes the embedding. Only training and its tests import this module: it imports TensorFlow and scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

FloatArray = NDArray[np.float32]

#: How much longer the part of an embedding that tells genres is than the rest, chosen by cross-validation.
GENRE_WEIGHT = 1.5
#: How much the discriminants' word counts beside the regression's, and how much of their covariance is
#: replaced by its mean variance; both chosen by cross-validation.
DISCRIMINANTS_WEIGHT = 0.09
SHRINKAGE = 0.75


@dataclass(frozen=True)
class Head:
    """A linear map of features as they come: `features @ kernel + bias`."""

    kernel: FloatArray
    bias: FloatArray


def fit(described: list[FloatArray], targets: NDArray[np.int64], sounds: FloatArray, strength: float) -> Head:
    """What tells the genre, from the windows (windows, numbers) of each track, whose genres are `targets`.

    `sounds` (windows, numbers) are one class more. `strength` is the inverse of the regression's penalty.
    The head's numbers are the logits of a regression on windows for the genres and for `sounds`, then the
    scores of discriminants for the genres. The first know how windows of one genre differ from another's;
    the second also know how tracks of one genre differ among themselves, and give little for that.
    """
    windows = np.concatenate(described)
    mean, scale = windows.mean(axis=0), windows.std(axis=0) + np.float32(1e-3)
    truth = np.repeat(targets, [len(rows) for rows in described])
    truth = np.concatenate([truth, np.full(len(sounds), targets.max() + 1)])
    rows = (np.concatenate([windows, sounds]) - mean) / scale
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(rows, truth)
    tracks = np.stack([((windows - mean) / scale).mean(axis=0) for windows in described])
    axes, offsets = discriminants(tracks, targets)
    kernel = np.concatenate([model.coef_.T, DISCRIMINANTS_WEIGHT * axes], axis=1) / scale[:, None]
    bias = np.concatenate([model.intercept_, DISCRIMINANTS_WEIGHT * offsets])
    return Head(kernel.astype(np.float32), (bias - mean @ kernel).astype(np.float32))


def discriminants(
    tracks: NDArray[Any], targets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear discriminants (numbers, genres) and their offsets (genres,) between tracks (tracks, numbers).

    Gaussians with one covariance for all genres, shrunk towards a multiple of the identity: there are more
    numbers than tracks. Source: J. Friedman, Regularized Discriminant Analysis, 1989.
    """
    genres = range(int(targets.max()) + 1)
    means = np.stack([tracks[targets == genre].mean(axis=0, dtype=np.float64) for genre in genres])
    rest = tracks - means[targets]
    covariance = rest.T @ rest / len(rest)
    size = len(covariance)
    round_one = np.trace(covariance) / size * np.eye(size)
    axes = np.linalg.solve((1 - SHRINKAGE) * covariance + SHRINKAGE * round_one, means.T)
    offsets = np.log(np.bincount(targets) / len(targets)) - (means.T * axes).sum(axis=0) / 2
    return axes, offsets


def genre_log_probabilities(told: Any) -> Any:
    """What a head tells (windows, 2 genres + 1) to log-probabilities (windows, genres).

    What is no music is no genre more: its probability is shared by all genres, so that the answer for it is
    "not sure".
    """
    genres = told.shape[-1] // 2
    logits, scores = told[:, : genres + 1], told[:, genres + 1 :]
    nothing = ops.softmax(logits, axis=-1)[:, genres:]
    p = ops.softmax(logits[:, :genres] + scores, axis=-1)
    return ops.log((1 - nothing) * p + nothing / genres + 1e-9)


def log_probabilities(described: FloatArray, head: Head) -> NDArray[np.float64]:
    """A track's mean log-probabilities (labels,) from its windows (windows, numbers)."""
    told = tf.constant(described @ head.kernel + head.bias)
    mean: NDArray[np.float64] = np.asarray(genre_log_probabilities(told), np.float64).mean(axis=0)
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
