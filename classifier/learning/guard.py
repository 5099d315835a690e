"""Whether a candidate is better than what is in use, on answers that it was not fitted on.

Tracks of one artist are not independent of each other, so gains are added up by artist, and the test asks how often
artists' gains with signs drawn at random add up to as much: the one-sided randomisation test of paired
differences (R. Fisher, "The design of experiments", 1935, section 21).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: A candidate replaces what is in use when chance alone does as well in less than one case of twenty.
SIGNIFICANCE = 0.05
#: Up to so many artists with a gain that is not 0, all signs are tried; beyond, so many draws of them.
EXACT_UP_TO, DRAWS = 12, 9_999


@dataclass(frozen=True)
class Comparison:
    """The mean `gain` per answer, its one-sided `p_value`, and how many `artists` told the two apart."""

    gain: float
    p_value: float
    artists: int

    @property
    def better(self) -> bool:
        return self.gain > 0 and self.p_value < SIGNIFICANCE


def compare(candidate: ArrayLike, active: ArrayLike, artists: ArrayLike, seed: int = 0) -> Comparison:
    """Compare two on the same held-out answers: (answers,) of what each is worth there, more is better.

    Such as 1 for right and 0 for wrong, or the log-probability of the verdict. `artists` (answers,) are texts.
    Raises ValueError when shapes disagree or a number is not finite.
    """
    gains = np.asarray(candidate, np.float64) - np.asarray(active, np.float64)
    groups = group_numbers(artists)
    if gains.ndim != 1 or groups.shape != gains.shape or not np.isfinite(gains).all():
        raise ValueError(f"Gains {gains.shape} and artists {groups.shape} must be finite and fit.")
    if not len(gains):
        return Comparison(0.0, 1.0, 0)
    by_artist = np.bincount(groups, gains)
    by_artist = by_artist[by_artist != 0]
    return Comparison(float(gains.mean()), _p_value(by_artist, seed), len(by_artist))


def group_numbers(artists: ArrayLike) -> NDArray[np.int64]:
    """A number from 0 for each artist (tracks,); a track without one (an empty text) is a group of its own."""
    names = [str(artist) or f"\0{track}" for track, artist in enumerate(np.asarray(artists))]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _p_value(gains: NDArray[np.float64], seed: int) -> float:
    """The share of sign patterns whose sum is at least that of `gains`."""
    count = len(gains)
    if count <= EXACT_UP_TO:
        signs = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        return float(((signs @ gains) >= gains.sum() - 1e-12).mean())
    drawn = np.random.default_rng(seed).integers(0, 2, (DRAWS, count), dtype=np.int8) * 2.0 - 1.0
    return float((1 + ((drawn @ gains) >= gains.sum() - 1e-12).sum()) / (1 + DRAWS))
