"""Which tracks are suggested, and which is the next question."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.learning import concepts, suggestions, vectors
from tests.classifier.learning_worlds import make_library

SCORES = np.random.default_rng(0).standard_normal(500)


def test_nine_of_ten_are_the_best_and_one_is_near_the_threshold() -> None:
    chosen = suggestions.suggest(SCORES, 0.5, 30, seed=1).tracks
    best = np.argsort(-SCORES)[:27]
    rest = np.setdiff1d(chosen, best)
    assert len(chosen) == len(set(chosen)) == 30
    assert set(best) <= set(chosen)
    others = np.setdiff1d(np.arange(500), best)
    nearest = others[np.argsort(np.abs(SCORES[others] - 0.5))[: suggestions.NEAR]]
    assert set(rest) <= set(nearest)
    assert len(rest) == 3


def test_what_was_drawn_is_told() -> None:
    chosen, drawn = suggestions.suggest(SCORES, 0.5, 30, seed=1)
    assert set(chosen[~drawn]) == set(np.argsort(-SCORES)[:27])


def test_the_best_come_first() -> None:
    chosen = suggestions.suggest(SCORES, 0.5, 20, seed=1).tracks
    assert (np.diff(SCORES[chosen]) <= 0).all()


def test_only_the_seed_decides_what_is_drawn() -> None:
    drawn = {seed: suggestions.suggest(SCORES, 0.5, 20, seed).tracks for seed in range(10)}
    for seed, chosen in drawn.items():
        assert (suggestions.suggest(SCORES.copy(), 0.5, 20, seed).tracks == chosen).all()
    assert len({tuple(chosen) for chosen in drawn.values()}) > 3


def test_without_a_threshold_the_border_is_where_the_best_end() -> None:
    chosen = suggestions.suggest(SCORES, float("inf"), 20, seed=1).tracks
    assert (np.argsort(np.argsort(-SCORES))[chosen] < 18 + suggestions.NEAR).all()


@pytest.mark.parametrize("count", [0, 1, 9, 10, 20, 25, 600])
@pytest.mark.parametrize("tracks", [0, 1, 5, 18, 19, 20, 23, 24, 500])
def test_no_more_than_there_are_and_none_twice(count: int, tracks: int) -> None:
    chosen = suggestions.suggest(SCORES[:tracks], 0.0, count, seed=0).tracks
    assert len(chosen) == len(set(chosen.tolist())) == min(count, tracks)


@pytest.mark.parametrize(("scores", "count"), [([np.nan], 1), ([1.0], -1), ([[1.0]], 1)])
def test_what_is_no_score_is_refused(scores, count: int) -> None:
    with pytest.raises(ValueError, match="score"):
        suggestions.suggest(scores, 0.0, count, seed=0)


def question(seed: int = 0, copies: int = 1) -> tuple[int, np.ndarray, float]:
    """The next question among a library's tracks, their scores, and the threshold."""
    library = make_library(seed=seed)
    new = library.genres == "genre 3"
    known = library.known_without("genre 3")
    examples, candidates = library.vectors[new][:3], np.tile(library.vectors, (copies, 1))
    scores = concepts.scores([concepts.teach(examples, [], known)], candidates, known)[:, 0]
    border = float(np.median(scores[new[: len(scores)].nonzero()]))
    return suggestions.next_question(examples, [], known, candidates, border), scores, border


def test_the_next_question_is_open() -> None:
    """It is one of those near the threshold, not one whose answer is plain."""
    for seed in range(5):
        chosen, scores, border = question(seed)
        distance = np.abs(scores - border)
        assert distance[chosen] <= np.sort(distance)[suggestions.POOL - 1]


def test_the_next_question_teaches_more_than_most() -> None:
    """Of two candidates as near to the threshold, a track like many others teaches more than one like none."""
    rng = np.random.default_rng(0)
    size = 24
    example, known = np.eye(size)[0], np.eye(size)[[1]]
    crowd = 0.6 * np.eye(size)[0] + 0.8 * np.eye(size)[2] + 0.05 * rng.standard_normal((60, size))
    loner = 0.6 * np.eye(size)[0] + 0.8 * np.eye(size)[3]
    candidates = vectors.unit(np.concatenate([loner[None], crowd]))
    scores = concepts.scores([concepts.teach([example], [], known)], candidates, known)[:, 0]
    assert suggestions.next_question([example], [], known, candidates, float(scores[0])) != 0


def test_the_next_question_is_the_one_with_the_largest_expected_change() -> None:
    """By trying both answers to every candidate."""
    rng = np.random.default_rng(1)
    for _ in range(10):
        examples, refusals = rng.standard_normal((3, 12)), rng.standard_normal((2, 12))
        known, candidates = rng.standard_normal((4, 12)), rng.standard_normal((25, 12))

        def scores(yes, no, known=known, candidates=candidates):
            return concepts.scores([concepts.teach(yes, no, known)], candidates, known)[:, 0].astype(
                np.float64
            )

        examples, refusals = vectors.unit(examples), vectors.unit(refusals)
        now = scores(examples, refusals)
        border = float(np.quantile(now, 0.9))
        expected = []
        for track, vector in enumerate(vectors.unit(candidates)):
            likely = 1 / (1 + np.exp((border - now[track]) / suggestions.ODDS_SCALE))
            yes = np.abs(scores([*examples, vector], refusals) - now).mean()
            no = np.abs(scores(examples, [*refusals, vector]) - now).mean()
            expected.append(likely * yes + (1 - likely) * no)
        chosen = suggestions.next_question(examples, refusals, known, candidates, border)
        assert expected[chosen] == pytest.approx(max(expected), rel=1e-3)


def test_the_next_question_is_always_the_same() -> None:
    assert question(1)[0] == question(1)[0]


def test_without_candidates_there_is_no_question() -> None:
    with pytest.raises(ValueError, match="no track"):
        suggestions.next_question(np.eye(3)[:1], [], np.eye(3)[1:], np.zeros((0, 3)), 0.0)


def test_one_candidate_is_the_question() -> None:
    assert suggestions.next_question(np.eye(3)[:1], [], np.eye(3)[1:], np.eye(3)[2:], float("inf")) == 0
