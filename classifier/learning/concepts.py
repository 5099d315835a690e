"""Teaching a genre or tag by examples, and how much a track sounds like it.

A concept's score of a track is its likeness to the examples (to their centroid, and to the nearest of them), less a
share of its likeness to what competes: the known genres, and the tracks that were refused. Without competition,
tracks that are much like everything come first. What the examples themselves are like competes less, or
nobody could teach a genre that a known one nearly is. In symbols, with S for the soft maximum and m(c) for the
mean cosine of the examples to the competitor c, if that is positive:

    score(v) = (1 - NEAREST) cos(v, centroid) + NEAREST S(cos(v, examples); EXAMPLE_SHARPNESS)
               - COMPETITION S(cos(v, c) - ALLOWANCE m(c) over competitors c; SHARPNESS)

Sources: J. Rocchio, "Relevance feedback in information retrieval", 1971 (centroids of examples and refusals);
J. Snell and others, "Prototypical networks for few-shot learning", 2017 (centroids that compete).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning.vectors import FloatArray, group_centroids, unit

#: The share of the competitors' likeness that is subtracted, how much the nearest of them counts above the
#: others (0: all alike, infinity: the nearest alone), and how much of the examples' own likeness to each is
#: allowed. All numbers here were chosen on average precision, see docs/model.md.
COMPETITION = 0.7
SHARPNESS = 20.0
ALLOWANCE = 0.3
#: How much the nearest examples count beside the centroid of all: some genres are of several kinds.
NEAREST = 0.5
EXAMPLE_SHARPNESS = 8.0
#: From so many examples on, a concept is good for suggestions: with fewer, too few of them would be right.
LEAST_EXAMPLES = 3
#: As many examples (beyond: centroids of groups of them) and refusals (those most like the examples) are kept:
#: more change little but the time it takes.
MOST_EXAMPLES, MOST_REFUSALS = 16, 16
#: Tracks that are scored at once, to bound memory.
_BLOCK = 4096


@dataclass(frozen=True)
class Concept:
    """What was taught. All vectors have length 1.

    `centroid` (size,) is of all examples, `examples` (examples, size) and `refusals` (refusals, size) are those
    that count by themselves; `allowances` (known + refusals,) are subtracted from the likeness to these.
    """

    centroid: FloatArray
    examples: FloatArray
    refusals: FloatArray
    allowances: FloatArray


def teach(examples: ArrayLike, refusals: ArrayLike, known: ArrayLike) -> Concept:
    """A concept from the vectors of examples (examples, size) and refusals (refusals, size; may be none).

    `known` are the centroids of the known genres (centroids, size). One example is enough, though
    `LEAST_EXAMPLES` are for suggestions. Raises ValueError when there is none, shapes disagree, or a number
    is not finite.
    """
    rows = check(examples)
    if not len(rows):
        raise ValueError("A concept needs an example.")
    genres, no = check(known, rows.shape[1]), check(refusals, rows.shape[1])
    centroid = unit(rows.mean(axis=0))
    nearest = np.argsort(-(no @ centroid), kind="stable")[:MOST_REFUSALS]
    no = no[np.sort(nearest)]
    own = np.concatenate([genres, no]) @ rows.mean(axis=0)
    kept = rows if len(rows) <= MOST_EXAMPLES else group_centroids(rows, MOST_EXAMPLES)
    return Concept(centroid, kept, no, np.float32(ALLOWANCE) * np.maximum(own, 0))


def scores(concepts: Sequence[Concept], vectors: ArrayLike, known: ArrayLike) -> FloatArray:
    """How much tracks (tracks, size) sound like each concept: (tracks, concepts), about -1 to 1, higher is more.

    `known` are the centroids that the concepts were taught with. Scores of one concept rank tracks; those of two
    concepts cannot be compared. Vectors may be float16.
    """
    rows = np.asarray(vectors)
    found = np.empty((len(rows), len(concepts)), np.float32)
    if not found.size:
        return found
    size = concepts[0].centroid.size
    genres = check(known, size)
    if any(len(one.allowances) != len(genres) + len(one.refusals) for one in concepts):
        raise ValueError(f"The concepts were not taught with these {len(genres)} centroids.")
    centroids = np.stack([one.centroid for one in concepts], axis=1)
    examples = np.concatenate([one.examples for one in concepts]).T
    refusals = np.concatenate([one.refusals for one in concepts]).T
    counts = [len(one.examples) for one in concepts], [len(one.refusals) for one in concepts]
    discounts = [np.exp(-np.float32(SHARPNESS) * one.allowances) for one in concepts]
    of_genres = np.stack([some[: len(genres)] for some in discounts], axis=1)
    of_refusals = np.concatenate([some[len(genres) :] for some in discounts])
    competing = len(genres) + np.array(counts[1], np.float32)
    for first in range(0, len(rows), _BLOCK):
        block = check(rows[first : first + _BLOCK], size)
        likeness = _sums(np.exp(np.float32(EXAMPLE_SHARPNESS) * (block @ examples)), counts[0])
        near = np.log(likeness / np.array(counts[0], np.float32)) / np.float32(EXAMPLE_SHARPNESS)
        rivals = np.exp(np.float32(SHARPNESS) * (block @ genres.T)) @ of_genres
        rivals += _sums(np.exp(np.float32(SHARPNESS) * (block @ refusals)) * of_refusals, counts[1])
        # Where nothing competes, nothing is subtracted.
        mean = np.divide(rivals, competing, out=np.ones_like(rivals), where=competing > 0)
        competition = np.log(mean) / np.float32(SHARPNESS)
        found[first : first + _BLOCK] = (
            (1 - NEAREST) * (block @ centroids) + NEAREST * near - COMPETITION * competition
        )
    return found


def _sums(columns: FloatArray, counts: Sequence[int]) -> FloatArray:
    """The sums of so many columns each: (tracks, sum of counts) to (tracks, counts)."""
    ends = np.cumsum(counts)
    return np.stack(
        [columns[:, end - count : end].sum(axis=1) for end, count in zip(ends, counts, strict=True)], axis=1
    )


def familiarity(vectors: ArrayLike, genres: ArrayLike) -> FloatArray:
    """How much tracks (tracks, size) sound like any known genre: the highest cosine, (tracks,).

    `genres` are centroids of whole genres (`KnownGenres.whole`): groups within them are like too much else.
    """
    rows = check(vectors)
    highest: FloatArray = (rows @ check(genres, rows.shape[1]).T).max(axis=1)
    return highest


def explanations(examples: ArrayLike, vectors: ArrayLike, count: int = 3) -> NDArray[np.int64]:
    """For each track (tracks, size) its nearest examples, best first: indices (tracks, up to `count`)."""
    rows = check(examples)
    likeness = check(vectors, rows.shape[1]) @ rows.T
    if count < len(rows):  # sorting all of them would take most of the time
        nearest = np.sort(np.argpartition(-likeness, count - 1, axis=1)[:, :count], axis=1)
    else:
        nearest = np.broadcast_to(np.arange(len(rows)), likeness.shape)
    best = np.argsort(-np.take_along_axis(likeness, nearest, axis=1), axis=1, kind="stable")
    return np.take_along_axis(nearest, best, axis=1).astype(np.int64)


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
