"""Adjusting the built-in genres to an owner's verdicts.

Multinomial logistic regression with the model's log-probabilities as an offset: `log_p / temperature + vectors @
weights`, without intercepts, which a few verdicts would move too far. The temperature says how much the model is worth
to this owner: without it, a correction of an owner who answers at random would look good for nothing but making the
model less sure. The penalty, `penalty * sum(weights**2)`, is chosen by cross-validation over artists, with "no change"
among the choices.

The weights are found by Böhning's bound: the curvature of the loss is nowhere above half the vectors' Gram matrix, so
that steps by that fixed matrix never overshoot (D. Böhning, "Multinomial logistic regression algorithm", 1992),
accelerated as by Y. Nesterov, 1983.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning import guard
from classifier.learning.guard import group_numbers

DoubleArray = NDArray[np.float64]

#: What the penalty is chosen from, strongest first: each fit starts from the one before it.
PENALTIES = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
#: Folds of artists in cross-validation.
FOLDS = 5
#: A penalty is taken instead of "no change" when its gain is so many standard errors above 0. With none, one of twelve
#: owners who answer at random was adjusted for the worse; what remains is for the guard.
STANDARD_ERRORS = 1.0
#: What the temperature is chosen from; with the last, the model says nothing.
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 100.0)
#: Steps of a fit, and the change of the weights after which it ends.
STEPS, TOLERANCE = 100, 1e-4


@dataclass(frozen=True)
class Adjustment:
    """What was learned: `weights` (size, genres) beside the log-probabilities divided by `temperature`."""

    weights: DoubleArray
    temperature: float

    def apply(self, log_probabilities: ArrayLike, vectors: ArrayLike) -> DoubleArray:
        """Adjusted log-probabilities (tracks, genres) from the model's and the vectors (tracks, size)."""
        return adjusted(soften(log_probabilities, self.temperature), vectors, self.weights)


def learn(
    log_probabilities: ArrayLike, vectors: ArrayLike, targets: ArrayLike, artists: ArrayLike, seed: int = 0
) -> tuple[Adjustment, guard.Comparison] | None:
    """The adjustment to the verdicts, and how it compares with the model on artists held out; None: no change.

    `log_probabilities` are (verdicts, genres), `vectors` (verdicts, size), `targets` (verdicts,) columns of the former,
    `artists` (verdicts,) texts. It should replace what is in use only if it compares as `better`. Compared is the
    log-probability of the verdict, with the model's at the same temperature. Raises ValueError as `fit`.
    """
    log_p, x, y = _check(log_probabilities, vectors, targets)
    heat = temperature(log_p, y)
    log_p = soften(log_p, heat)
    penalty = choose_penalty(log_p, x, y, artists, seed)
    if penalty is None:
        return None
    lines = np.arange(len(y))
    candidate = held_out(log_p, x, y, artists, penalty, seed + 1)[lines, y]
    compared = guard.compare(candidate, log_p[lines, y], artists, seed)
    return Adjustment(fit(log_p, x, y, penalty), heat), compared


def temperature(log_probabilities: ArrayLike, targets: ArrayLike) -> float:
    """The temperature of `TEMPERATURES` with which the model's log-probabilities fit the verdicts best."""
    y = np.asarray(targets, np.int64)
    told = [soften(log_probabilities, heat)[np.arange(len(y)), y].sum() for heat in TEMPERATURES]
    return TEMPERATURES[int(np.argmax(told))]


def soften(log_probabilities: ArrayLike, heat: float) -> DoubleArray:
    """Log-probabilities (tracks, genres) divided by a temperature, so that each row's probabilities sum to 1."""
    return _log_softmax(np.asarray(log_probabilities, np.float64) / heat)


def adjusted(log_probabilities: ArrayLike, vectors: ArrayLike, weights: ArrayLike) -> DoubleArray:
    """Log-probabilities (tracks, genres) with weights (size, genres); each row's probabilities sum to 1.

    Weights of 0 leave them as they are.
    """
    logits = np.asarray(log_probabilities, np.float64) + np.asarray(vectors, np.float64) @ np.asarray(weights)
    return _log_softmax(logits)


def fit(
    log_probabilities: ArrayLike,
    vectors: ArrayLike,
    targets: ArrayLike,
    penalty: float,
    start: DoubleArray | None = None,
) -> DoubleArray:
    """The weights (size, genres) for verdicts `targets` (verdicts,), columns of the log-probabilities.

    `log_probabilities` are (verdicts, genres), `vectors` (verdicts, size). Raises ValueError when shapes disagree,
    a number is not finite, a target is no column, or the penalty is not positive.
    """
    log_p, x, y = _check(log_probabilities, vectors, targets)
    return fit_weights(log_p, x, np.eye(log_p.shape[1])[y], penalty, start)


def fit_weights(
    log_p: DoubleArray,
    x: DoubleArray,
    answers: DoubleArray,
    penalty: float,
    start: DoubleArray | None = None,
) -> DoubleArray:
    """The weights (size, labels) after which `log_p` (tracks, labels) with `x` (tracks, size) gives the `answers`.

    `log_p` are logits; each row of `answers` (tracks, labels) sums to 1. `start` are weights to begin with, of a
    stronger penalty. Raises ValueError when the penalty is not positive.
    """
    if not penalty > 0:
        raise ValueError(f"The penalty must be positive, not {penalty}.")
    step = np.linalg.inv(0.5 * x.T @ x + 2 * penalty * np.eye(x.shape[1]))
    weights = np.zeros((x.shape[1], log_p.shape[1])) if start is None else start.copy()
    ahead, momentum = weights, 1.0
    for _ in range(STEPS):
        slope = x.T @ (answers - np.exp(_log_softmax(log_p + x @ ahead))) - 2 * penalty * ahead
        moved = ahead + step @ slope
        change = moved - weights
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * change
        if ((moved - ahead) * change).sum() > 0:  # overshot: begin again from here
            ahead, following = moved, 1.0
        weights, momentum = moved, following
        if np.abs(change).max() < TOLERANCE:
            break
    return weights


def choose_penalty(
    log_probabilities: ArrayLike,
    vectors: ArrayLike,
    targets: ArrayLike,
    artists: ArrayLike,
    seed: int = 0,
    standard_errors: float = STANDARD_ERRORS,
) -> float | None:
    """The penalty of `PENALTIES` with the best likelihood on artists held out, or None for "no change".

    None, too, when its gain is not `standard_errors` above 0 (over artists), or there are fewer artists than
    folds. Arguments as in `fit`, and `artists` (verdicts,).
    """
    log_p, x, y = _check(log_probabilities, vectors, targets)
    groups = group_numbers(artists)
    if groups.shape != y.shape:
        raise ValueError(f"{len(y)} verdicts have {groups.shape} artists.")
    count = int(groups.max()) + 1 if len(groups) else 0
    if count < FOLDS:
        return None
    told = _held_out(log_p, x, y, groups, PENALTIES, seed)
    gains = (told - log_p)[:, np.arange(len(y)), y]
    best = int(gains.mean(axis=1).argmax())
    by_artist = np.bincount(groups, gains[best])
    error = by_artist.std(ddof=1) * np.sqrt(count)
    return PENALTIES[best] if by_artist.sum() > standard_errors * error else None


def held_out(
    log_probabilities: ArrayLike,
    vectors: ArrayLike,
    targets: ArrayLike,
    artists: ArrayLike,
    penalty: float,
    seed: int = 1,
) -> DoubleArray:
    """The adjusted log-probabilities (verdicts, genres) of each verdict by a fit that has not seen its artist.

    Arguments as in `choose_penalty`; the folds are others, so that the penalty was not chosen on them.
    """
    log_p, x, y = _check(log_probabilities, vectors, targets)
    told: DoubleArray = _held_out(log_p, x, y, group_numbers(artists), (penalty,), seed)[0]
    return told


def _held_out(
    log_p: DoubleArray,
    x: DoubleArray,
    y: NDArray[np.int64],
    groups: NDArray[np.int64],
    penalties: tuple[float, ...],
    seed: int,
) -> DoubleArray:
    """Adjusted log-probabilities (penalties, verdicts, genres), folds of groups held out in turn."""
    folds = (np.random.default_rng(seed).permutation(int(groups.max()) + 1) % FOLDS)[groups]
    told = np.zeros((len(penalties), *log_p.shape))
    for fold in range(FOLDS):
        own = folds == fold
        weights: DoubleArray | None = None
        for number, penalty in enumerate(penalties):
            weights = fit(log_p[~own], x[~own], y[~own], penalty, weights)
            told[number, own] = adjusted(log_p[own], x[own], weights)
    return told


def _check(
    log_probabilities: ArrayLike, vectors: ArrayLike, targets: ArrayLike
) -> tuple[DoubleArray, DoubleArray, NDArray[np.int64]]:
    log_p, x = np.asarray(log_probabilities, np.float64), np.asarray(vectors, np.float64)
    y = np.asarray(targets, np.int64)
    if log_p.ndim != 2 or x.ndim != 2 or not len(log_p) == len(x) == len(y) or y.ndim != 1:
        raise ValueError(f"Log-probabilities {log_p.shape}, vectors {x.shape}, targets {y.shape} do not fit.")
    if not (np.isfinite(log_p).all() and np.isfinite(x).all()):
        raise ValueError("A log-probability or a vector is not finite.")
    if len(y) and not (y.min() >= 0 and y.max() < log_p.shape[1]):
        raise ValueError(f"Targets must be from 0 to {log_p.shape[1] - 1}.")
    return _log_softmax(log_p), x, y


def _log_softmax(logits: DoubleArray) -> DoubleArray:
    shifted = logits - logits.max(axis=1, keepdims=True) if logits.size else logits
    normalised: DoubleArray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return normalised
