"""How tracks would be scored if a concept had one more example, or one more refusal.

The same as teaching the concept anew for each answer, and much faster: what does not depend on the answer is computed
once. Only where a concept keeps groups of its examples (`concepts.MOST_EXAMPLES`), the groups are not formed anew: the
new example joins the one that it is most like.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from classifier.learning import concepts
from classifier.learning.concepts import (
    ALLOWANCE,
    COMPETITION,
    EXAMPLE_SHARPNESS,
    MOST_EXAMPLES,
    MOST_REFUSALS,
    NEAREST,
    SHARPNESS,
)
from classifier.learning.vectors import FloatArray, unit


class ScoresAfter(NamedTuple):
    """The scores (tracks, answers) after a yes and after a no about each of the tracks that could be asked about."""

    yes: FloatArray
    no: FloatArray


def scores_after(
    examples: ArrayLike, refusals: ArrayLike, known: ArrayLike, asked: ArrayLike, vectors: ArrayLike
) -> ScoresAfter:
    """The scores of tracks (tracks, size) after an answer about each of the tracks `asked` (answers, size).

    The other arguments and what is refused are as in `concepts.teach`.
    """
    rows = concepts.check(examples)
    size = rows.shape[1]
    no, genres = concepts.check(refusals, size), concepts.check(known, size)
    more, tracks = concepts.check(asked, size), concepts.check(vectors, size)
    taught = concepts.teach(rows, no, genres)
    mean = rows.mean(axis=0)
    genre_likeness = np.exp(np.float32(SHARPNESS) * (tracks @ genres.T))
    refusal_likeness = np.exp(np.float32(SHARPNESS) * (tracks @ no.T))

    means = (len(rows) * mean + more) / np.float32(len(rows) + 1)
    centroids = unit(means)
    kept = _kept(no @ centroids.T)
    rivals = genre_likeness @ _discount(genres @ means.T) + refusal_likeness @ (
        kept * _discount(no @ means.T)
    )
    after_yes = _score(
        tracks @ centroids.T,
        _near_after(rows, taught.examples, more, tracks),
        rivals,
        len(genres) + min(len(no), MOST_REFUSALS),
    )

    near = np.asarray(_closeness(tracks, taught.examples).mean(axis=1, keepdims=True), np.float32)
    order = np.argsort(-(no @ taught.centroid), kind="stable")[:MOST_REFUSALS]
    of_refusals = refusal_likeness[:, order] * _discount(no[order] @ mean)
    rivals = (genre_likeness @ _discount(genres @ mean))[:, None] + of_refusals.sum(axis=1, keepdims=True)
    gained = np.exp(np.float32(SHARPNESS) * (tracks @ more.T)) * _discount(more @ mean)
    if len(order) == MOST_REFUSALS:  # it takes the place of the one that is least like the examples
        closer = more @ taught.centroid > no[order[-1]] @ taught.centroid
        gained = closer * (gained - of_refusals[:, -1:])
    competing = len(genres) + min(len(no) + 1, MOST_REFUSALS)
    after_no = _score((tracks @ taught.centroid)[:, None], near, rivals + gained, competing)
    return ScoresAfter(after_yes, after_no)


def _score(likeness: FloatArray, near: FloatArray, rivals: FloatArray, competing: int) -> FloatArray:
    """As in `concepts.scores`, from the parts that an answer changes."""
    competition = np.log(rivals / np.float32(competing)) / np.float32(SHARPNESS) if competing else 0.0
    found = (1 - NEAREST) * likeness + NEAREST * np.log(near) / np.float32(EXAMPLE_SHARPNESS)
    return np.asarray(found - COMPETITION * competition, np.float32)


def _discount(likeness: FloatArray) -> FloatArray:
    return np.exp(-np.float32(SHARPNESS) * np.float32(ALLOWANCE) * np.maximum(likeness, 0))


def _kept(likeness: FloatArray) -> FloatArray:
    """Which refusals (refusals, answers) are among those most like the examples."""
    if len(likeness) <= MOST_REFUSALS:
        return np.ones_like(likeness)
    found = np.zeros_like(likeness)
    best = np.argsort(-likeness, axis=0, kind="stable")[:MOST_REFUSALS]
    np.put_along_axis(found, best, 1, axis=0)
    return found


def _near_after(rows: FloatArray, kept: FloatArray, more: FloatArray, tracks: FloatArray) -> FloatArray:
    """How near tracks are to the examples that are kept when there is one more: (tracks, answers)."""
    near = _closeness(tracks, kept)
    total = near.sum(axis=1, keepdims=True)
    if len(rows) < MOST_EXAMPLES:
        return np.asarray((total + _closeness(tracks, more)) / (len(rows) + 1), np.float32)
    group_of = (rows @ kept.T).argmax(axis=1)
    sums = np.zeros_like(kept)
    np.add.at(sums, group_of, rows)
    joined = (more @ kept.T).argmax(axis=1)
    moved = _closeness(tracks, unit(sums[joined] + more))
    return np.asarray((total - near[:, joined] + moved) / len(kept), np.float32)


def _closeness(tracks: FloatArray, examples: FloatArray) -> FloatArray:
    return np.exp(np.float32(EXAMPLE_SHARPNESS) * (tracks @ examples.T))
