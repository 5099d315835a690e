"""Fit a residual layer: logistic regression on top of what a model says, held near the model by a penalty.

Conventions: `truth` (tracks,) are columns of the new model's labels; `folds` (tracks,) keep each artist in one fold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.inference import Classifier
from classifier.learning.adjustment import PENALTIES, adjusted, fit_weights
from classifier.residual_layer import ResidualLayer, scaled

DoubleArray = NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """What a model gives for tracks: `logits` (tracks, labels), means over windows, and `vectors` (tracks, size)."""

    logits: DoubleArray
    vectors: DoubleArray

    @property
    def inputs(self) -> DoubleArray:
        """The vectors with a constant 1 appended, (tracks, size + 1), as the layer takes them."""
        return np.pad(self.vectors, ((0, 0), (0, 1)), constant_values=1.0)

    def take(self, chosen: NDArray[Any]) -> Examples:
        """Return the tracks selected by a boolean mask or an array of indices."""
        return Examples(self.logits[chosen], self.vectors[chosen])

    def with_labels(self, count: int) -> Examples:
        """Return the same with so many labels, as the layer adds them."""
        unchanged = ResidualLayer.identity(self.vectors.shape[1], count)
        return Examples(unchanged.apply(self.logits, self.vectors), self.vectors)


@dataclass(frozen=True)
class LabelledTracks:
    """What a model gives for tracks, and what people say of them: `genres` and `artists` (tracks,).

    An unknown artist is an empty text.
    """

    examples: Examples
    genres: NDArray[np.str_]
    artists: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.genres)

    def take(self, chosen: NDArray[Any]) -> LabelledTracks:
        """Return the tracks selected by a boolean mask or an array of indices."""
        return LabelledTracks(self.examples.take(chosen), self.genres[chosen], self.artists[chosen])


def extract_examples(classifier: Classifier, log_mels: Iterable[NDArray[np.float32]]) -> Examples:
    """What a model gives for spectrograms."""
    logits, found = [], []
    for log_mel in log_mels:
        outputs = classifier.window_outputs(log_mel)
        logits.append(outputs["log_probabilities"].mean(axis=0))
        found.append(scaled(outputs["learning"]).mean(axis=0))
    return Examples(np.stack(logits), np.stack(found))


def fit(tracks: Examples, sounds: Examples, truth: NDArray[np.int64], penalty: float) -> DoubleArray:
    """The layer's weights (size + 1, labels): the tracks' labels are right, and any label is as right for a sound."""
    labels = tracks.logits.shape[1]
    answers = np.concatenate([np.eye(labels)[truth], np.full(sounds.logits.shape, 1 / labels)])
    logits = np.concatenate([tracks.logits, sounds.logits])
    return fit_weights(logits, np.concatenate([tracks.inputs, sounds.inputs]), answers, penalty)


def predict_held_out(
    tracks: Examples, sounds: Examples, truth: NDArray[np.int64], folds: NDArray[np.int64], penalty: float
) -> DoubleArray:
    """Log-probabilities (tracks, labels), each track's by weights that were fitted without its fold."""
    log_p = np.zeros_like(tracks.logits)
    for fold in np.unique(folds):
        own, others = folds == fold, folds != fold
        weights = fit(tracks.take(others), sounds, truth[others], penalty)
        log_p[own] = adjusted(tracks.logits[own], tracks.inputs[own], weights)
    return log_p


def choose_penalty(
    tracks: Examples, sounds: Examples, truth: NDArray[np.int64], folds: NDArray[np.int64]
) -> float:
    """The penalty of `adjustment.PENALTIES` after which held-out tracks' labels are most probable."""
    own = np.arange(len(truth)), truth
    likelihoods = [predict_held_out(tracks, sounds, truth, folds, one)[own].mean() for one in PENALTIES]
    return PENALTIES[int(np.argmax(likelihoods))]
