"""Linear heads on the window embeddings of the pretrained network.

The genre head predicts a window's genre by a logistic regression and by linear discriminants together. It has two such
experts, one for whole recordings and one for recordings in a narrow band (`augmentation.narrow_band`), and a gate that
weighs them. The embedding head projects a window embedding to a track's shipped embedding.

Conventions: arrays of windows are (windows, features), float32, as `window_embeddings` extracts them; `targets`
(tracks,) are genre numbers. Only training and its tests import this module, because it imports TensorFlow and
scikit-learn.
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

#: Weight of the genre discriminants relative to the principal components in an embedding, chosen by cross-validation.
GENRE_WEIGHT = 1.5
#: Weight of the discriminant scores that are added to the regression's logits, and the share of the discriminants'
#: covariance that is replaced by its mean variance. Both were chosen by cross-validation.
DISCRIMINANTS_WEIGHT = 0.09
SHRINKAGE = 0.75
#: The inverse of the gate's L2 penalty.
GATE_STRENGTH = 0.01


@dataclass(frozen=True)
class Head:
    """A linear map of window embeddings: `windows @ kernel + bias`."""

    kernel: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class TrainingSet:
    """Windows to train on: those of each track, and those of all `sounds` that are not music."""

    tracks: list[FloatArray]
    sounds: FloatArray

    def subset(self, chosen: NDArray[np.int64]) -> TrainingSet:
        """Return the training set with the `chosen` tracks only."""
        return TrainingSet([self.tracks[track] for track in chosen], self.sounds)

    def arrays(self) -> list[NDArray[Any]]:
        """Return the contents as arrays, for a `checkpoint_key`."""
        return [np.concatenate(self.tracks), np.array([len(rows) for rows in self.tracks]), self.sounds]


def fit_genre_head(
    whole: TrainingSet, narrow: TrainingSet, targets: NDArray[np.int64], strength: float
) -> Head:
    """Fit a genre head on the same tracks as they are (`whole`) and in a narrow band (`narrow`).

    `strength` is the inverse of the regressions' L2 penalty. The head's outputs are those of two experts and of the
    gate, in the order that `genre_log_probabilities` takes. Source of the mixture: R. Jacobs, M. Jordan, S. Nowlan,
    G. Hinton, Adaptive Mixtures of Local Experts, 1991; here the experts and the gate are fitted separately.
    """
    parts = [
        fit_expert(whole, targets, strength),
        fit_expert(narrow, targets, strength),
        fit_gate(whole, narrow),
    ]
    kernel = np.concatenate([part.kernel for part in parts], axis=1)
    return Head(kernel, np.concatenate([part.bias for part in parts]))


def fit_expert(training_set: TrainingSet, targets: NDArray[np.int64], strength: float) -> Head:
    """Fit an expert for one kind of recording. The sounds that are not music are an extra class.

    The outputs are the logits of a regression on windows, for the genres and the extra class, followed by the
    scores of discriminants for the genres, fitted on tracks. The discriminants also discount directions in which
    tracks of one genre differ from each other.
    """
    rows, mean, scale = standardise(np.concatenate(training_set.tracks))
    counts = [len(windows) for windows in training_set.tracks]
    classes = np.concatenate(
        [np.repeat(targets, counts), np.full(len(training_set.sounds), targets.max() + 1)]
    )
    sounds = (training_set.sounds - mean) / scale
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(
        np.concatenate([rows, sounds]), classes
    )
    tracks = np.stack([windows.mean(axis=0) for windows in np.split(rows, np.cumsum(counts)[:-1])])
    axes, offsets = fit_discriminants(tracks, targets)
    kernel = np.concatenate([model.coef_.T, DISCRIMINANTS_WEIGHT * axes], axis=1)
    return head_for_raw_windows(
        kernel, np.concatenate([model.intercept_, DISCRIMINANTS_WEIGHT * offsets]), mean, scale
    )


def fit_gate(whole: TrainingSet, narrow: TrainingSet) -> Head:
    """Fit the gate, whose output is the logit of a window being from a narrow-band recording."""
    embeddings = [np.concatenate(training_set.tracks) for training_set in (whole, narrow)]
    rows, mean, scale = standardise(np.concatenate(embeddings))
    classes = np.repeat([0, 1], [len(windows) for windows in embeddings])
    model = LogisticRegression(C=GATE_STRENGTH, max_iter=300, tol=1e-3).fit(rows, classes)
    return head_for_raw_windows(model.coef_.T, model.intercept_, mean, scale)


def standardise(windows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scale each feature to mean 0 and deviation 1: (scaled windows, original means, original deviations)."""
    mean, scale = windows.mean(axis=0), windows.std(axis=0) + np.float32(1e-3)
    return (windows - mean) / scale, mean, scale


def head_for_raw_windows(
    kernel: NDArray[Any], bias: NDArray[Any], mean: FloatArray, scale: FloatArray
) -> Head:
    """Return the head that does to raw windows what `kernel` and `bias` do to standardised ones."""
    kernel = kernel / scale[:, None]
    return Head(kernel.astype(np.float32), (bias - mean @ kernel).astype(np.float32))


def fit_discriminants(
    tracks: NDArray[Any], targets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit linear discriminants on tracks (tracks, features): (axes (features, genres), offsets (genres,)).

    They assume Gaussians with one covariance for all genres, which is shrunk towards a multiple of the identity because
    there are more features than tracks. Source: J. Friedman, Regularized Discriminant Analysis, 1989.
    """
    genres = range(int(targets.max()) + 1)
    means = np.stack([tracks[targets == genre].mean(axis=0, dtype=np.float64) for genre in genres])
    rest = tracks - means[targets]
    covariance = rest.T @ rest / len(rest)
    size = len(covariance)
    isotropic = np.trace(covariance) / size * np.eye(size)
    axes = np.linalg.solve((1 - SHRINKAGE) * covariance + SHRINKAGE * isotropic, means.T)
    offsets = np.log(np.bincount(targets) / len(targets)) - (means.T * axes).sum(axis=0) / 2
    return axes, offsets


def genre_log_probabilities(head_outputs: Any) -> Any:
    """Convert a genre head's outputs, (windows, 4 * genres + 3), to log-probabilities (windows, genres).

    The outputs are 2 * genres + 1 of the expert for whole recordings, as many of the expert for narrow bands, and the
    gate's logit. The experts' probabilities are mixed in the proportion that the gate gives.
    """
    size = head_outputs.shape[-1] // 2
    narrow = ops.sigmoid(head_outputs[:, 2 * size :])
    whole = (1 - narrow) * genre_probabilities(head_outputs[:, :size])
    return ops.log(whole + narrow * genre_probabilities(head_outputs[:, size : 2 * size]) + 1e-9)


def genre_probabilities(expert_outputs: Any) -> Any:
    """Convert an expert's outputs, (windows, 2 * genres + 1), to probabilities (windows, genres).

    The extra class is non-music. Its probability is divided evenly among the genres, so that the answer for it is
    "not sure".
    """
    genres = expert_outputs.shape[-1] // 2
    logits, scores = expert_outputs[:, : genres + 1], expert_outputs[:, genres + 1 :]
    non_music = ops.softmax(logits, axis=-1)[:, genres:]
    return (1 - non_music) * ops.softmax(logits[:, :genres] + scores, axis=-1) + non_music / genres


def track_log_probabilities(window_embeddings: FloatArray, head: Head) -> NDArray[np.float64]:
    """Return a track's mean log-probabilities (labels,), given its windows."""
    outputs = tf.constant(window_embeddings @ head.kernel + head.bias)
    mean: NDArray[np.float64] = np.asarray(genre_log_probabilities(outputs), np.float64).mean(axis=0)
    return mean


def fit_projection(window_embeddings: list[FloatArray], targets: NDArray[np.int64], size: int) -> Head:
    """Fit the embedding head: the tracks' first `size` principal components, then linear discriminants of the genres.

    The discriminants weigh `GENRE_WEIGHT` times as much as the components. `window_embeddings` has an array for each
    track.
    """
    windows, mean, scale = standardise(np.concatenate(window_embeddings))
    _, _, axes = np.linalg.svd(np.cov(windows.T))
    axes = axes[: 2 * size]
    components = (axes / scale).T
    tracks = np.stack([(rows.mean(axis=0) - mean) @ components for rows in window_embeddings])
    lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3).fit(tracks, targets)
    discriminants = lda.scalings_[:, : targets.max()]
    parts = []
    for weight, part in ((1.0, np.eye(len(axes))[:, :size]), (GENRE_WEIGHT, discriminants)):
        length = np.sqrt(np.square(tracks @ part).sum(axis=1).mean())
        parts.append(components @ part * (weight / length))
    kernel = np.concatenate(parts, axis=1)
    return Head(kernel.astype(np.float32), (-mean @ kernel).astype(np.float32))
