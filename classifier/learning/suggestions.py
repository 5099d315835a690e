"""Which tracks to ask a concept's teacher about.

Most suggestions are the best scored, so that people are shown what they look for. A tenth comes from near the
threshold, at random: answers about the best alone would say nothing of the tracks that the concept would set by
itself. The next question is the track whose answer is expected to change most (expected model change):
B. Settles, "Active learning literature survey", 2009, section 3.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning import concepts, what_if

#: One suggestion of so many comes from near the threshold.
NEAR_EVERY = 10
#: From among how many tracks nearest to the threshold it is drawn.
NEAR = 20
#: How many tracks near the threshold may be the next question, and on how many of them its effect is measured.
POOL = 40
AUDIENCE = 400
#: How far from the threshold, in units of score, "yes" has odds of e to 1.
ODDS_SCALE = 0.1


class Suggested(NamedTuple):
    """Indices of `tracks`, the best scored first; `drawn` is True for those that were drawn near the threshold."""

    tracks: NDArray[np.int64]
    drawn: NDArray[np.bool_]


def suggest(scores: ArrayLike, threshold: float, count: int, seed: int) -> Suggested:
    """Up to `count` of the unanswered tracks with these `scores` (tracks,).

    Every tenth place goes to a track drawn from the `NEAR` nearest to the threshold that are not shown anyway.
    Raises ValueError when `count` is negative or a score is NaN.
    """
    values = np.asarray(scores, dtype=np.float64)
    if count < 0 or values.ndim != 1 or np.isnan(values).any():
        raise ValueError("Suggestions need a score for each track, and a count of 0 or more.")
    order = np.argsort(-values, kind="stable")
    best_count = count - count // NEAR_EVERY
    best, rest = order[:best_count], order[best_count:]
    near_count = min(count // NEAR_EVERY, len(rest))
    drawn = rest[:0]
    if near_count:
        # A concept without a threshold yet has its border where the best end.
        border = threshold if np.isfinite(threshold) else values[best[-1]]
        nearest = rest[np.argsort(np.abs(values[rest] - border), kind="stable")[: max(NEAR, near_count)]]
        drawn = np.random.default_rng(seed).choice(nearest, near_count, replace=False)
    tracks = np.concatenate([best, drawn])
    tracks = tracks[np.argsort(-values[tracks], kind="stable")]
    return Suggested(tracks.astype(np.int64), np.isin(tracks, drawn))


def next_question(
    examples: ArrayLike,
    refusals: ArrayLike,
    known: ArrayLike,
    candidates: ArrayLike,
    threshold: float,
    scores: ArrayLike | None = None,
) -> int:
    """The index of the candidate (candidates, size) whose answer teaches most.

    For each of the `POOL` candidates nearest to the threshold: how much the scores of the `AUDIENCE` nearest
    would change on average after a yes and after a no, weighted by how likely each is. `scores` (candidates,) are the
    candidates' by the concept as it is, if they are known already. The other arguments are as in `concepts.teach`.
    Raises ValueError when there is no candidate.
    """
    rows = np.asarray(candidates)
    if not len(rows):
        raise ValueError("There is no track to ask about.")
    if scores is None:
        scores = concepts.scores([concepts.teach(examples, refusals, known)], rows, known)[:, 0]
    now = np.asarray(scores, np.float32)
    if now.shape != rows.shape[:1]:
        raise ValueError(f"{len(rows)} candidates and {now.shape} scores do not fit.")
    border = threshold if np.isfinite(threshold) else float(now.max())
    nearest = np.argsort(np.abs(now - border), kind="stable")
    audience, pool = nearest[:AUDIENCE], nearest[:POOL]
    after = what_if.scores_after(examples, refusals, known, rows[pool], rows[audience])
    yes, no = (np.abs(found - now[audience, None]).mean(axis=0) for found in after)
    likely = 1 / (1 + np.exp(np.clip((border - now[pool]) / ODDS_SCALE, -50, 50)))
    return int(pool[int(np.argmax(likely * yes + (1 - likely) * no))])
