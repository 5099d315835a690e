"""How far a share of right answers can be trusted, and whether one is lower than another by more than chance.

The interval is Wilson's (see `worth`, which takes its lower end), the test Fisher's exact test, one-sided:
R. Fisher, "The logic of inductive inference", Journal of the Royal Statistical Society, 1935. That none of several
tests finds something by chance is seen to as by S. Holm, "A simple sequentially rejective multiple test procedure",
1979.
Nothing but the standard library is imported: pages that show shares need no NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, lgamma, sqrt

#: The normal quantile of a two-sided interval of 95 %.
TWO_SIDED_Z = 1.96
#: What is less probable than this is not taken for chance.
SIGNIFICANCE = 0.05


def wilson_interval(right: float, answers: float, z: float = TWO_SIDED_Z) -> tuple[float, float]:
    """Wilson's score interval for the share of `right` of `answers`, each end in [0, 1]; (0, 1) without answers.

    Counts need not be whole: answers that depend on each other are worth fewer. Raises ValueError for impossible ones.
    """
    if not 0 <= right <= answers:
        raise ValueError(f"{right} of {answers} cannot be right.")
    if not answers:
        return 0.0, 1.0
    share = right / answers
    spread = z * sqrt(share * (1 - share) / answers + (z / (2 * answers)) ** 2)
    centre, scale = share + z * z / (2 * answers), 1 + z * z / answers
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def chance_of_so_few(right: int, answers: int, right_before: int, answers_before: int) -> float:
    """How probable at most `right` of `answers` would be, were both shares the same: the p-value of Fisher's test.

    Raises ValueError for impossible counts.
    """
    if not (0 <= right <= answers and 0 <= right_before <= answers_before):
        raise ValueError(f"{right} of {answers} and {right_before} of {answers_before} cannot be.")
    all_right, total = right + right_before, answers + answers_before
    whole = _log_choices(total, all_right)
    fewest = max(0, all_right - answers_before)
    return min(
        1.0,
        sum(
            exp(_log_choices(answers, some) + _log_choices(answers_before, all_right - some) - whole)
            for some in range(fewest, right + 1)
        ),
    )


def _log_choices(total: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose some of a total."""
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)


def significant[Key](p_values: Mapping[Key, float], level: float = SIGNIFICANCE) -> list[Key]:
    """Those of several tests that found something, the surest first; by chance, any is found at most at `level`."""
    found: list[Key] = []
    for place, key in enumerate(sorted(p_values, key=p_values.__getitem__)):
        if p_values[key] >= level / (len(p_values) - place):
            break
        found.append(key)
    return found
