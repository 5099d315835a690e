"""From the window embeddings of tracks to the vectors that concepts are taught with.

What a model says of windows has directions in which tracks of one genre differ a lot, such as loudness or
recording; whitening makes those no longer than others (linear discriminant analysis without its last step, so
that genres which the model does not know keep their place). Source: R. Fisher, "The use of multiple
measurements in taxonomic problems", 1936; the shrinkage is J. Friedman's, "Regularized discriminant analysis",
1989, equation 18.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float32]

#: Numbers of a vector. Genres need no more than 96; what tells kinds of one genre apart goes on growing.
SIZE = 128
#: How much of the covariance within genres is replaced by its mean variance; chosen by cross-validation. There are
#: more numbers in a window embedding than training tracks.
SHRINKAGE = 0.8
#: Groups within each known genre that compete beside the genre as a whole, and how they are looked for.
GROUPS = 12
_STARTS, _ROUNDS, _SEED = 8, 20, 0
#: Added to deviations, so that a number which is always the same is not divided by zero.
_LEAST_DEVIATION = 1e-3


@dataclass(frozen=True)
class Projection:
    """The linear map from window embeddings to vectors: `windows @ kernel + bias`, then mean and length 1.

    `kernel` is (numbers, size), `bias` (size,).
    """

    kernel: FloatArray
    bias: FloatArray

    def apply(self, windows: ArrayLike) -> FloatArray:
        """The vector (size,) of a track from its window embeddings (windows, numbers)."""
        rows = np.asarray(windows, dtype=np.float32)
        if rows.ndim != 2 or not len(rows) or rows.shape[1] != len(self.kernel):
            raise ValueError(f"Window embeddings must be (windows, {len(self.kernel)}), not {rows.shape}.")
        return unit(rows.mean(axis=0) @ self.kernel + self.bias)


def fit(tracks: ArrayLike, genres: ArrayLike, size: int = SIZE, shrinkage: float = SHRINKAGE) -> Projection:
    """Fit the projection on the mean window embeddings of tracks (tracks, numbers) and their genres (tracks,).

    Standardises each number, whitens by the covariance within genres, shrunk by `shrinkage` in [0, 1] towards a
    multiple of the identity, and keeps the first `size` principal components of what comes out.
    Raises ValueError when shapes disagree, a number is not finite, there are fewer than two tracks, or
    `size` exceeds what so many tracks have.
    """
    rows, labels = np.asarray(tracks, dtype=np.float64), np.asarray(genres)
    if rows.ndim != 2 or labels.shape != (len(rows),) or len(rows) < 2:
        raise ValueError(
            f"Tracks must be (tracks, numbers) with a genre each, not {rows.shape}, {labels.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError("A window embedding is not finite.")
    if not 0 < size <= min(rows.shape):
        raise ValueError(f"Of {rows.shape[0]} tracks with {rows.shape[1]} numbers no {size} can be made.")
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"Shrinkage must be in [0, 1], not {shrinkage}.")
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + _LEAST_DEVIATION
    rows = (rows - mean) / scale
    whitening = _whitening(rows, labels, shrinkage)
    _, _, axes = np.linalg.svd(rows @ whitening, full_matrices=False)
    axes = axes[:size] * np.sign(axes[:size, np.abs(axes[:size]).argmax(axis=1)].diagonal())[:, None]
    kernel = (whitening @ axes.T) / scale[:, None]
    return Projection(kernel.astype(np.float32), (-mean @ kernel).astype(np.float32))


def _whitening(rows: NDArray[np.float64], labels: NDArray[np.str_], shrinkage: float) -> NDArray[np.float64]:
    """The symmetric matrix (numbers, numbers) after which the shrunk covariance within genres is the identity."""
    within = np.concatenate(
        [rows[labels == label] - rows[labels == label].mean(axis=0) for label in np.unique(labels)]
    )
    covariance = within.T @ within / len(rows)
    round_one = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, axes = np.linalg.eigh((1 - shrinkage) * covariance + shrinkage * round_one)
    inverse: NDArray[np.float64] = (axes / np.sqrt(np.maximum(values, 1e-12))) @ axes.T
    return inverse


def unit(vectors: ArrayLike) -> FloatArray:
    """The same vectors (…, size) with length 1; one of length 0 stays as it is."""
    rows = np.asarray(vectors, dtype=np.float32)
    length = np.sqrt(np.square(rows).sum(axis=-1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 1e-12), np.float32)


def known_centroids(vectors: ArrayLike, genres: ArrayLike) -> tuple[list[str], FloatArray]:
    """What competes: of each genre that occurs, sorted, its centroid and then those of up to `GROUPS` groups in it.

    Groups of a single track are left out.

    Returns the genre of each centroid, and the centroids (centroids, size) of length 1.
    """
    rows, labels = unit(vectors), np.asarray(genres)
    if rows.ndim != 2 or labels.shape != rows.shape[:1] or not len(labels):
        raise ValueError(f"Each of the vectors {rows.shape} must have a genre, not {labels.shape}.")
    names: list[str] = []
    found = []
    for name in np.unique(labels):
        own = rows[labels == name]
        groups = group_centroids(own, GROUPS, _STARTS)
        # A group of one is a training track's own vector, which no model may carry.
        tracks = np.bincount((own @ groups.T).argmax(axis=1), minlength=len(groups))
        found.append(np.concatenate([unit(own.mean(axis=0))[None], groups[tracks > 1]]))
        names += [str(name)] * len(found[-1])
    return names, np.concatenate(found)


def group_centroids(vectors: ArrayLike, count: int, starts: int = 1) -> FloatArray:
    """The centroids (up to `count`, size), of length 1, of groups of vectors that are like each other.

    Spherical k-means (I. Dhillon, D. Modha, "Concept decompositions for large sparse text data", 2001), the best of
    `starts` runs from a fixed seed: the same in every run, in whatever order the vectors come.
    """
    rows = unit(vectors)
    rows = rows[_order(rows)]
    rng = np.random.default_rng(_SEED)
    found = [
        _k_means(rows, rng.choice(len(rows), min(count, len(rows)), replace=False)) for _ in range(starts)
    ]
    likeness = [float((rows @ centres.T).max(axis=1).sum()) for centres in found]
    return found[int(np.argmax(likeness))]


def _order(rows: FloatArray) -> NDArray[np.int64]:
    """The order of rows by their last numbers, then those before: `np.lexsort(rows.T)` in a tenth of the time."""
    order = np.lexsort(rows[:, -2:].T)
    last = rows[order, -2:]
    are_told_apart = (last[1:] != last[:-1]).any(axis=1).all()
    return order if are_told_apart else np.lexsort(rows.T)


def _k_means(rows: FloatArray, drawn: NDArray[np.int64]) -> FloatArray:
    centres, before = rows[drawn], np.array([])
    for _ in range(_ROUNDS):
        nearest = (rows @ centres.T).argmax(axis=1)
        if np.array_equal(nearest, before):
            break
        groups, before = [rows[nearest == k] for k in range(len(centres))], nearest
        centres = unit(
            [
                np.add.reduce(own, axis=0) / len(own) if len(own) else old  # as `mean`, which takes longer
                for own, old in zip(groups, centres, strict=True)
            ]
        )
    return centres
