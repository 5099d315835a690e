"""Metrics for the agreement of predicted genres with annotated ones.

Conventions: one decision per track, never per segment. `truth` is a sequence of annotated genre names; `probabilities`
(tracks, labels) has a row for each track, over `labels` in their order, that sums to 1. `answered` is true where the
model was sure enough to name a genre. A genre without any track has recall 0 and is left out of balanced accuracy; a
genre that is never predicted has precision 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def validate(truth: Sequence[str], probabilities: ArrayLike, labels: Sequence[str]) -> NDArray[np.float64]:
    """Check the arguments and return the probabilities as float64 (tracks, labels).

    Raises ValueError when there are no tracks, shapes disagree, a genre is not among the labels, or a
    row is not a probability distribution.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if not len(truth):
        raise ValueError("There are no tracks to evaluate.")
    if table.shape != (len(truth), len(labels)):
        raise ValueError(
            f"Probabilities must be (tracks, labels) = {(len(truth), len(labels))}, not {table.shape}."
        )
    if len(set(labels)) != len(labels):
        raise ValueError("A label occurs twice.")
    unknown = sorted(set(truth) - set(labels))
    if unknown:
        raise ValueError(f"The model does not know these genres: {', '.join(unknown)}.")
    if not np.isfinite(table).all() or table.min() < 0 or np.abs(table.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("Each row of probabilities must be non-negative and sum to 1.")
    return table


def confusion_matrix(
    truth: Sequence[str], estimate: Sequence[str], labels: Sequence[str]
) -> NDArray[np.int64]:
    """Return counts `(labels, labels)`: rows are annotated genres, columns predicted ones."""
    index = {label: number for number, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(matrix, ([index[t] for t in truth], [index[e] for e in estimate]), 1)
    return matrix


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 10) -> float:
    """Return the mean difference of confidence and accuracy over equally wide bins, weighted by their size.

    Guo et al., "On calibration of modern neural networks", ICML 2017, equation 3. 0 is perfect, 1 worst.
    """
    p, hit = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    which = _bin(p, bins)
    gaps = [abs(hit[which == b].sum() - p[which == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(p))


def reliability_bins(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 10
) -> list[dict[str, float | int]]:
    """Return accuracy by confidence: a row for each equally wide bin that has tracks, ascending.

    A row has `from` (exclusive) and `to` (inclusive), the number of `tracks`, their mean `confidence`, and
    the share of them that is correct (`right`).
    """
    p, hit = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    which = _bin(p, bins)
    return [
        {
            "from": b / bins,
            "to": (b + 1) / bins,
            "tracks": int((which == b).sum()),
            "confidence": float(p[which == b].mean()),
            "right": float(hit[which == b].mean()),
        }
        for b in np.unique(which).tolist()
    ]


def coverage_curve(confidence: ArrayLike, correct: ArrayLike) -> list[tuple[float, float]]:
    """Return (share of tracks answered, accuracy where answered) for every distinct threshold, from high to low.

    At the last point all tracks are answered.
    """
    p, hit = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    answered = np.arange(1, len(p) + 1)
    accuracy = np.cumsum(hit[order]) / answered
    last_of_equals = np.append(
        np.diff(p[order]) != 0, True
    )  # tracks of equal confidence are answered together
    points = np.stack([answered / len(p), accuracy], axis=1)[last_of_equals]
    return [(float(share), float(right)) for share, right in points]


def _bin(p: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    return np.clip(np.ceil(p * bins).astype(np.int64) - 1, 0, bins - 1)


def _share(part: np.integer[Any] | int, whole: np.integer[Any] | int) -> float:
    return float(part / whole) if whole else 0.0


def evaluate(
    truth: Sequence[str],
    probabilities: ArrayLike,
    labels: Sequence[str],
    answered: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return all metrics of one evaluation, ready for JSON.

    The keys are `tracks`, `accuracy`, `balanced_accuracy` (mean recall), `per_genre` {genre: precision,
    recall, f1, support}, `confusion` {labels, matrix}, `ece`, `coverage` (share of tracks answered),
    `selective_accuracy` (accuracy where answered; None when nothing was) and `reliability` (the
    rows of `reliability_bins`). Raises ValueError.
    """
    table = validate(truth, probabilities, labels)
    top = table.argmax(axis=1)
    correct = np.array([labels[t] for t in top]) == np.asarray(truth)
    sure = np.ones(len(truth), bool) if answered is None else np.asarray(answered, dtype=bool)
    if sure.shape != (len(truth),):
        raise ValueError("`answered` must have one value per track.")
    matrix = confusion_matrix(truth, [labels[t] for t in top], labels)
    per_genre: dict[str, dict[str, float | int]] = {}
    for number, label in enumerate(labels):
        hits, support, claimed = matrix[number, number], matrix[number].sum(), matrix[:, number].sum()
        per_genre[label] = {
            "precision": _share(hits, claimed),
            "recall": _share(hits, support),
            "f1": _share(2 * hits, support + claimed),
            "support": int(support),
        }
    recalls = [genre["recall"] for genre in per_genre.values() if genre["support"]]
    return {
        "tracks": len(truth),
        "accuracy": float(correct.mean()),
        "balanced_accuracy": float(np.mean(recalls)),
        "per_genre": per_genre,
        "confusion": {"labels": list(labels), "matrix": matrix.tolist()},
        "ece": expected_calibration_error(table.max(axis=1), correct),
        "coverage": float(sure.mean()),
        "selective_accuracy": float(correct[sure].mean()) if sure.any() else None,
        "reliability": reliability_bins(table.max(axis=1), correct),
    }
