"""Teaching a genre or tag by examples, and how much a track sounds like it.

A concept's score of a track is its likeness to the centroid of the examples (a Rocchio or nearest-centroid
classifier), less a share of its likeness to what competes: the known genres, and the tracks that were refused.
Without competition, tracks that are much like everything come first. The soft maximum is the mean-normalised
log-sum-exp, `log(mean(exp(SHARPNESS * cosine))) / SHARPNESS`.

Sources: J. Rocchio, "Relevance feedback in information retrieval", 1971; R. Tibshirani and others, "Diagnosis
of multiple cancer types by shrunken centroids of gene expression", 2002 (centroids that compete).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning.vectors import FloatArray, unit

#: The share of the competitors' likeness that is subtracted, and how much the nearest of them counts above the
#: others (0: all alike, infinity: the nearest alone). Chosen on average precision, see docs/model.md.
COMPETITION = 0.7
SHARPNESS = 10.0
#: From so many examples on, a concept is good for suggestions: with fewer, too few of them would be right.
LEAST_EXAMPLES = 3
#: As many refusals compete, those most like the examples: the others change nothing but the time it takes.
MOST_REFUSALS = 24
#: Tracks that are scored at once, to bound memory.
_BLOCK = 4096


@dataclass(frozen=True)
class Concept:
    """What was taught: the examples' `centroid` (size,) and the `competitors` (competitors, size), of length 1."""

    centroid: FloatArray
    competitors: FloatArray


def teach(examples: ArrayLike, refusals: ArrayLike, known: ArrayLike) -> Concept:
    """A concept from the vectors of examples (examples, size) and refusals (refusals, size; may be none).

    `known` are the centroids of the known genres (genres, size). One example is enough, though
    `LEAST_EXAMPLES` are for suggestions. Raises ValueError when there is none, shapes disagree, or a number
    is not finite.
    """
    rows = check(examples)
    if not len(rows):
        raise ValueError("A concept needs an example.")
    competitors, no = check(known, rows.shape[1]), check(refusals, rows.shape[1])
    centroid = unit(rows.mean(axis=0))
    nearest = np.sort(np.argsort(-(no @ centroid), kind="stable")[:MOST_REFUSALS])
    return Concept(centroid, np.concatenate([competitors, no[nearest]]))


def scores(concepts: Sequence[Concept], vectors: ArrayLike) -> FloatArray:
    """How much tracks (tracks, size) sound like each concept: (tracks, concepts), about -1 to 1, higher is more.

    Scores of one concept rank tracks; those of two concepts cannot be compared. Vectors may be float16.
    """
    rows = np.asarray(vectors)
    found = np.empty((len(rows), len(concepts)), np.float32)
    for first in range(0, len(rows), _BLOCK):
        block = check(rows[first : first + _BLOCK])
        for number, concept in enumerate(concepts):
            found[first : first + _BLOCK, number] = block @ concept.centroid - COMPETITION * soft_maximum(
                block @ concept.competitors.T
            )
    return found


def soft_maximum(cosines: ArrayLike, sharpness: float = SHARPNESS) -> FloatArray:
    """`log(mean(exp(sharpness * cosines))) / sharpness` along the last axis; 0 where there is nothing.

    Between the mean and the maximum of the cosines.
    """
    rows = np.asarray(cosines, dtype=np.float32)
    if not rows.shape[-1]:
        return np.zeros(rows.shape[:-1], np.float32)
    # Cosines are at most 1, so that nothing overflows.
    mean = np.exp(np.float32(sharpness) * rows).mean(axis=-1)
    return np.asarray(np.log(mean) / np.float32(sharpness), np.float32)


def explanations(examples: ArrayLike, vectors: ArrayLike, count: int = 3) -> NDArray[np.int64]:
    """For each track (tracks, size) its nearest examples, best first: indices (tracks, up to `count`)."""
    rows = check(examples)
    likeness = check(vectors, rows.shape[1]) @ rows.T
    return np.argsort(-likeness, axis=1, kind="stable")[:, :count].astype(np.int64)


def check(vectors: ArrayLike, size: int | None = None) -> FloatArray:
    """Vectors (tracks, size) as float32 of length 1; an empty list has no tracks.

    Raises ValueError when they are not of that shape (and size), or a number is not finite.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    if rows.size == 0 and size is not None:
        return np.zeros((0, size), np.float32)
    if rows.ndim != 2 or (size is not None and rows.shape[1] != size):
        raise ValueError(f"Vectors must be (tracks, {size or 'size'}), not {rows.shape}.")
    if not np.isfinite(rows).all():
        raise ValueError("A vector is not finite.")
    return unit(rows)
