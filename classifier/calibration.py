"""Calibrate a model's probabilities, and choose the threshold below which it answers "not sure".

Conventions: `log_probabilities` are (tracks, labels); `truth` (tracks,) are column numbers of them. Both parameters,
temperature and threshold, are fitted on tracks of artists that the model was not trained on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from classifier.inference import softmax

FloatArray = NDArray[np.float64]


def fit_temperature(log_probabilities: FloatArray, truth: NDArray[np.int64]) -> float:
    """Return the temperature in [0.1, 10] with the smallest negative log-likelihood.

    Temperature scaling: Guo et al., "On calibration of modern neural networks", ICML 2017, section 4.2.
    """

    def loss(log_temperature: float) -> float:
        p = softmax(log_probabilities / np.exp(log_temperature))
        return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def fit_threshold(
    probabilities: FloatArray, truth: NDArray[np.int64], target: float = 0.8, min_coverage: float = 0.1
) -> float:
    """Return the lowest threshold on the best probability at which the accuracy of the answers reaches `target`.

    At least the share `min_coverage` of the tracks, those with the highest probabilities, is answered even if the
    target cannot be reached.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    correct = (probabilities.argmax(axis=1) == truth)[order]
    accuracy = np.cumsum(correct) / np.arange(1, len(order) + 1)
    fewest = max(1, round(min_coverage * len(order)))
    enough = np.flatnonzero(accuracy[fewest - 1 :] >= target)
    answered = fewest + int(enough[-1]) if len(enough) else fewest
    return float(np.floor(confidence[order[answered - 1]] * 1e4) / 1e4)


def cross_fitted(
    log_probabilities: FloatArray, truth: NDArray[np.int64], fold: NDArray[np.int64], target: float = 0.8
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return calibrated probabilities (tracks, labels) and whether each track is answered (tracks,).

    Temperature and threshold of each fold are fitted on the other folds, so that calibration and coverage can be
    measured on tracks that they were not fitted on. `fold` (tracks,) should be grouped by artist.
    """
    probabilities = np.empty_like(log_probabilities)
    sure = np.zeros(len(truth), dtype=bool)
    for k in np.unique(fold):
        held_out, rest = fold == k, fold != k
        temperature = fit_temperature(log_probabilities[rest], truth[rest])
        fitted = softmax(log_probabilities[rest] / temperature)
        probabilities[held_out] = softmax(log_probabilities[held_out] / temperature)
        sure[held_out] = probabilities[held_out].max(axis=1) >= fit_threshold(fitted, truth[rest], target)
    return probabilities, sure
