"""What is fitted on top of the pretrained network: linear maps of what it says of windows.

A window is described by some hundred numbers; a regression tells its genre, a projection makes the
embedding. Only training and its tests import this module: it imports TensorFlow and scikit-learn.
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


@dataclass(frozen=True)
class Head:
    """A regression on features as they come: `features @ kernel + bias` are logits."""

    kernel: FloatArray
    bias: FloatArray


def fit(described: list[FloatArray], targets: NDArray[np.int64], sounds: FloatArray, strength: float) -> Head:
    """Regression on the windows (windows, numbers) of each track, whose genres are `targets` (tracks,).

    `sounds` (windows, numbers) are one class more, the last. `strength` is the inverse of the penalty.
    """
    windows = np.concatenate(described)
    mean, scale = windows.mean(axis=0), windows.std(axis=0) + np.float32(1e-3)
    truth = np.repeat(targets, [len(rows) for rows in described])
    truth = np.concatenate([truth, np.full(len(sounds), targets.max() + 1)])
    rows = (np.concatenate([windows, sounds]) - mean) / scale
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(rows, truth)
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
