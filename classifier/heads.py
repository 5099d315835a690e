"""What is fitted on top of the pretrained network: linear maps of what it says of windows.

A window is described by some hundred numbers; a regression and discriminants together tell its genre, a
projection makes the embedding. There are two such experts for genres, one for whole recordings and one for
those in a narrow band (`augmentation.narrow_band`), and a gate that hears which of them to ask. Only training
and its tests import this module: it imports TensorFlow and scikit-learn.
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
#: The inverse of the gate's penalty.
GATE_STRENGTH = 0.01


@dataclass(frozen=True)
class Head:
    """A linear map of features as they come: `features @ kernel + bias`."""

    kernel: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class Lesson:
    """Windows (windows, numbers) to learn from: of each track, and of `sounds` that are no music."""

    tracks: list[FloatArray]
    sounds: FloatArray

    def of(self, chosen: NDArray[np.int64]) -> Lesson:
        """With the `chosen` tracks only."""
        return Lesson([self.tracks[track] for track in chosen], self.sounds)

    def arrays(self) -> list[NDArray[Any]]:
        """All that is in it, for a key (`work.key`)."""
        return [np.concatenate(self.tracks), np.array([len(rows) for rows in self.tracks]), self.sounds]


def fit(whole: Lesson, narrow: Lesson, targets: NDArray[np.int64], strength: float) -> Head:
    """What tells the genres `targets` (tracks,) of the same tracks, whole and in a narrow band.

    `strength` is the inverse of the regressions' penalty. The head's numbers are those of two experts and of
    the gate between them, as `genre_log_probabilities` takes them. Source of the mixture: R. Jacobs,
    M. Jordan, S. Nowlan, G. Hinton, Adaptive Mixtures of Local Experts, 1991; here each learns by itself.
    """
    parts = [expert(whole, targets, strength), expert(narrow, targets, strength), gate(whole, narrow)]
    kernel = np.concatenate([part.kernel for part in parts], axis=1)
    return Head(kernel, np.concatenate([part.bias for part in parts]))


def expert(lesson: Lesson, targets: NDArray[np.int64], strength: float) -> Head:
    """What tells the genre of windows of one kind; the sounds are one class more.

    Its numbers are the logits of a regression on windows for the genres and for the sounds, then the
    scores of discriminants for the genres. The first know how windows of one genre differ from another's;
    the second also know how tracks of one genre differ among themselves, and give little for that.
    """
    rows, mean, scale = standardised(np.concatenate(lesson.tracks))
    counts = [len(windows) for windows in lesson.tracks]
    truth = np.concatenate([np.repeat(targets, counts), np.full(len(lesson.sounds), targets.max() + 1)])
    sounds = (lesson.sounds - mean) / scale
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(np.concatenate([rows, sounds]), truth)
    tracks = np.stack([windows.mean(axis=0) for windows in np.split(rows, np.cumsum(counts)[:-1])])
    axes, offsets = discriminants(tracks, targets)
    kernel = np.concatenate([model.coef_.T, DISCRIMINANTS_WEIGHT * axes], axis=1)
    return unstandardised(
        kernel, np.concatenate([model.intercept_, DISCRIMINANTS_WEIGHT * offsets]), mean, scale
    )


def gate(whole: Lesson, narrow: Lesson) -> Head:
    """The logit of a window being of a narrow band, from the tracks' windows."""
    kinds = [np.concatenate(lesson.tracks) for lesson in (whole, narrow)]
    rows, mean, scale = standardised(np.concatenate(kinds))
    truth = np.repeat([0, 1], [len(windows) for windows in kinds])
    model = LogisticRegression(C=GATE_STRENGTH, max_iter=300, tol=1e-3).fit(rows, truth)
    return unstandardised(model.coef_.T, model.intercept_, mean, scale)


def standardised(windows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Windows (windows, numbers) with means of 0 and deviations of 1, and what these were."""
    mean, scale = windows.mean(axis=0), windows.std(axis=0) + np.float32(1e-3)
    return (windows - mean) / scale, mean, scale


def unstandardised(kernel: NDArray[Any], bias: NDArray[Any], mean: FloatArray, scale: FloatArray) -> Head:
    """A linear map of `standardised` windows as one of windows as they come."""
    kernel = kernel / scale[:, None]
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
    """What a head tells (windows, 4 genres + 3) to log-probabilities (windows, genres).

    The numbers are 2 genres + 1 of the expert for whole recordings, as many of the one for narrow bands, and
    the gate's logit, by whose probability the two are mixed.
    """
    size = told.shape[-1] // 2
    narrow = ops.sigmoid(told[:, 2 * size :])
    whole = (1 - narrow) * genre_probabilities(told[:, :size])
    return ops.log(whole + narrow * genre_probabilities(told[:, size : 2 * size]) + 1e-9)


def genre_probabilities(told: Any) -> Any:
    """What an expert tells (windows, 2 genres + 1) to probabilities (windows, genres).

    What is no music is no genre more: its probability is shared by all genres, so that the answer for it is
    "not sure".
    """
    genres = told.shape[-1] // 2
    logits, scores = told[:, : genres + 1], told[:, genres + 1 :]
    nothing = ops.softmax(logits, axis=-1)[:, genres:]
    return (1 - nothing) * ops.softmax(logits[:, :genres] + scores, axis=-1) + nothing / genres


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
    windows, mean, scale = standardised(np.concatenate(described))
    _, _, axes = np.linalg.svd(np.cov(windows.T))
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
