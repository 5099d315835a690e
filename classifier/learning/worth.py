"""How often a concept is right in this library: the precision of its answers, with a bound.

Each answered track is scored by a concept that was taught without the tracks of its artist; those above the
threshold count, and the share of yes among them is the precision. Each artist's threshold comes from the
other artists' answers to suggestions, so that neither has seen what it is judged on. The bound is the lower end of
Wilson's score interval: E. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927;
L. Brown, T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", 2001, recommend it for few answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning import concepts
from classifier.learning.proportions import wilson_interval
from classifier.learning.vectors import FloatArray

#: The normal quantile of 95 %, one-sided: the truth is below the bound for one concept in twenty.
Z = 1.6449
#: Worth is told from so many answers on: with fewer, even an unbroken row of yes has a bound below 0.75.
SHOWN_FROM = 8
#: A concept may be switched on from so many answers and such a bound on: at least four of five right, surely.
SWITCH_FROM = 25
SWITCH_BOUND = 0.8
#: The share of yes that a threshold aims at among the answers above it: of 25, as many as `SWITCH_BOUND` takes.
TARGET_PRECISION = 0.95


class Answers(NamedTuple):
    """What was answered about one concept: vectors (answers, size), `yes` and `artists` (answers,)."""

    vectors: FloatArray
    yes: NDArray[np.bool_]
    artists: NDArray[np.str_]


@dataclass(frozen=True)
class Worth:
    """`right` of `answers` above the threshold were yes; `lower_bound` is the 95 % bound of the precision.

    `effective` is how many independent answers they are worth: tracks of one artist are right or wrong together, so
    that it is that of artists, `answers**2 / sum(tracks of each artist**2)` (L. Kish, "Survey sampling", 1965).
    """

    answers: int
    right: int
    effective: float

    @property
    def precision(self) -> float:
        return self.right / self.answers

    @property
    def lower_bound(self) -> float:
        return wilson_lower_bound(self.precision * self.effective, self.effective)

    @property
    def may_switch_on(self) -> bool:
        """Whether the concept may set genres by itself, if its owner wants that."""
        return self.answers >= SWITCH_FROM and self.lower_bound >= SWITCH_BOUND


def answers(vectors: ArrayLike, yes: ArrayLike, artists: ArrayLike) -> Answers:
    """Answers, checked; a track without an artist (an empty text) gets one of its own.

    Raises ValueError when shapes disagree.
    """
    rows, said = concepts.check(vectors), np.asarray(yes, dtype=bool)
    who = np.array([str(artist) or f"\0{track}" for track, artist in enumerate(np.asarray(artists))])
    if said.shape != (len(rows),) or who.shape != said.shape:
        raise ValueError(f"{len(rows)} vectors, {said.shape} answers and {who.shape} artists do not fit.")
    return Answers(rows, said, who)


def held_out_scores(given: Answers, known: ArrayLike) -> NDArray[np.float64]:
    """Each answer's score (answers,) by the concept without its artist; NaN where no example is left."""
    found = np.full(len(given.yes), np.nan)
    for artist in np.unique(given.artists):
        own = given.artists == artist
        examples, refusals = given.vectors[~own & given.yes], given.vectors[~own & ~given.yes]
        if len(examples):
            concept = concepts.teach(examples, refusals, known)
            found[own] = concepts.scores([concept], given.vectors[own], known)[:, 0]
    return found


def threshold(scores: ArrayLike, yes: ArrayLike, target: float = TARGET_PRECISION) -> float:
    """The lowest score such that at least `target` of the answers from it on are yes.

    NaN scores are left out; infinity when no score will do. Of `scores` (answers,) those of held-out answers.
    """
    values, said = np.asarray(scores, dtype=np.float64), np.asarray(yes, dtype=bool)
    if values.shape != said.shape or values.ndim != 1:
        raise ValueError(f"Scores {values.shape} and answers {said.shape} do not fit.")
    known = ~np.isnan(values)
    values, said = values[known], said[known]
    order = np.argsort(-values, kind="stable")
    values, precision = values[order], np.cumsum(said[order]) / np.arange(1, len(order) + 1)
    last = np.append(np.diff(values) != 0, True)[: len(values)]  # equal scores are above or below together
    enough = np.flatnonzero((precision >= target) & last)
    return float(values[enough[-1]]) if len(enough) else float("inf")


def concept_threshold(given: Answers, known: ArrayLike, asked: ArrayLike | None = None) -> float:
    """The threshold of a concept that was taught with all answers; infinity when no score will do.

    `asked` (answers,) is True for answers to suggestions, by default all. Only these set the threshold: what people
    chose as examples is right by choice, however low its score, and would pull it down to where nobody was asked.
    """
    counted = _counted(given, asked)
    return threshold(held_out_scores(given, known)[counted], given.yes[counted])


def worth(given: Answers, known: ArrayLike, asked: ArrayLike | None = None) -> Worth | None:
    """What the concept's answers are worth; None with fewer than `SHOWN_FROM` above the threshold.

    Only the answers that were `asked` count, as for `concept_threshold`.
    """
    return worth_of_scores(given, held_out_scores(given, known), asked)


def worth_of_scores(given: Answers, found: ArrayLike, asked: ArrayLike | None = None) -> Worth | None:
    """The same, from the answers' `held_out_scores`."""
    scores = np.asarray(found, dtype=np.float64)
    counted = _counted(given, asked)
    above = np.zeros(len(scores), bool)
    for artist in np.unique(given.artists):
        own = given.artists == artist
        others = ~own & counted
        above[own] = scores[own] >= threshold(scores[others], given.yes[others])
    above &= counted
    if above.sum() < SHOWN_FROM:
        return None
    count = int(above.sum())
    of_each = np.unique(given.artists[above], return_counts=True)[1]
    return Worth(count, int((above & given.yes).sum()), count**2 / float(np.square(of_each).sum()))


def _counted(given: Answers, asked: ArrayLike | None) -> NDArray[np.bool_]:
    counted = np.ones(len(given.yes), bool) if asked is None else np.asarray(asked, dtype=bool)
    if counted.shape != given.yes.shape:
        raise ValueError(f"`asked` must have one value for each of {len(given.yes)} answers.")
    return counted


def wilson_lower_bound(right: float, answers: float, z: float = Z) -> float:
    """The lower end of Wilson's score interval for `right` of `answers`, in [0, 1]; 0 without answers."""
    return wilson_interval(right, answers, z)[0]
