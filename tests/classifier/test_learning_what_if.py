"""What one more answer would do to scores, computed for many answers at once: as if each had been taught."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.learning import concepts, vectors
from classifier.learning.what_if import scores_after


def drawn(seed: int, *counts: int, around: float = 1.0) -> list[np.ndarray]:
    """So many vectors around one direction, for each count."""
    rng = np.random.default_rng(seed)
    centre = rng.standard_normal(24)
    return [vectors.unit(centre + around * rng.standard_normal((count, 24))) for count in counts]


def taught_anew(examples, refusals, known, asked, tracks) -> tuple[np.ndarray, np.ndarray]:
    def scores(yes, no):
        return concepts.scores([concepts.teach(yes, no, known)], tracks, known)[:, 0]

    yes = [scores(np.concatenate([examples, [one]]), refusals) for one in asked]
    no = [scores(examples, np.concatenate([refusals, [one]])) for one in asked]
    return np.stack(yes, axis=1), np.stack(no, axis=1)


@pytest.mark.parametrize("examples", [1, 3, 15])
@pytest.mark.parametrize("refusals", [0, 1, 15, 16, 40])
@pytest.mark.parametrize("known", [0, 5])
def test_as_if_each_answer_had_been_taught(examples: int, refusals: int, known: int) -> None:
    given = drawn(examples + refusals, examples, refusals, known, 12, 50)
    after = scores_after(*given)
    for found, expected in zip(after, taught_anew(*given), strict=True):
        assert found.shape == (50, 12)
        assert found == pytest.approx(expected, abs=1e-5)


def test_where_groups_are_kept_it_is_nearly_so() -> None:
    """Groups that are formed anew lie elsewhere by themselves; the order of the questions is nearly the same."""
    given = drawn(3, 60, 20, 5, 40, 200, around=1.5)
    now = concepts.scores([concepts.teach(*given[:3])], given[4], given[2])[:, :1]
    after, expected = scores_after(*given), taught_anew(*given)
    assert after.no == pytest.approx(expected[1], abs=1e-5)
    effect, truth = (np.abs(found - now).mean(axis=0) for found in (after.yes, expected[0]))
    assert np.abs(effect - truth).max() < 0.01


def test_what_is_no_vector_is_refused() -> None:
    examples, known, asked, tracks = drawn(0, 2, 2, 2, 2)
    with pytest.raises(ValueError, match="needs an example"):
        scores_after(examples[:0], [], known, asked, tracks)
    with pytest.raises(ValueError, match="Vectors must be"):
        scores_after(examples, [], known, asked[:, :3], tracks)
