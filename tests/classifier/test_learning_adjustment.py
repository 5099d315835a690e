"""Adjusting the built-in genres to an owner's verdicts."""

from __future__ import annotations

import time

import numpy as np
import pytest

from classifier.learning import adjustment
from tests.classifier.learning_worlds import make_library

LIBRARY = make_library(genres=5, artists=20)
TRUTH = np.unique(LIBRARY.genres, return_inverse=True)[1]


def model(accuracy: float = 0.8, seed: int = 0) -> np.ndarray:
    """Log-probabilities (tracks, genres) of a model that is right for such a share, whatever the vectors."""
    rng = np.random.default_rng(seed)
    guess = np.where(rng.random(len(TRUTH)) < accuracy, TRUTH, rng.integers(0, 5, len(TRUTH)))
    logits = 2 * np.eye(5)[guess] + 0.3 * rng.standard_normal((len(TRUTH), 5))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def loss(log_p: np.ndarray, weights: np.ndarray, targets: np.ndarray, penalty: float) -> float:
    told = adjustment.adjusted(log_p, LIBRARY.vectors, weights)
    return float(-told[np.arange(len(targets)), targets].sum() + penalty * np.square(weights).sum())


def test_weights_of_nothing_change_nothing() -> None:
    log_p = model()
    assert adjustment.adjusted(log_p, LIBRARY.vectors, np.zeros((24, 5))) == pytest.approx(log_p)


def test_adjusted_probabilities_sum_to_one() -> None:
    weights = np.random.default_rng(0).standard_normal((24, 5)) * 9
    told = np.exp(adjustment.adjusted(model(), LIBRARY.vectors, weights))
    assert told.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("penalty", adjustment.PENALTIES)
def test_no_step_from_the_weights_is_downhill(penalty: float) -> None:
    """The loss is convex: no lower point nearby means that it is the lowest."""
    log_p, rng = model(), np.random.default_rng(1)
    weights = adjustment.fit(log_p, LIBRARY.vectors, TRUTH, penalty)
    least = loss(log_p, weights, TRUTH, penalty)
    assert least < loss(log_p, 0 * weights, TRUTH, penalty)
    for size in (0.01, 0.1, 1):
        for _ in range(10):
            assert (
                loss(log_p, weights + size * rng.standard_normal(weights.shape), TRUTH, penalty)
                > least - 1e-3
            )
    eased = [loss(log_p, factor * weights, TRUTH, penalty) for factor in (0.99, 1.01)]
    assert min(eased) > least - 1e-3


def test_a_stronger_penalty_changes_less() -> None:
    sizes = [
        np.square(adjustment.fit(model(), LIBRARY.vectors, TRUTH, penalty)).sum()
        for penalty in adjustment.PENALTIES
    ]
    assert sizes == sorted(sizes)
    assert np.square(adjustment.fit(model(), LIBRARY.vectors, TRUTH, 1e6)).sum() < 1e-6


def test_where_a_fit_begins_does_not_matter() -> None:
    start = np.random.default_rng(0).standard_normal((24, 5))
    for penalty in (10.0, 1.0):
        found = [adjustment.fit(model(), LIBRARY.vectors, TRUTH, penalty, at) for at in (None, start)]
        assert found[0] == pytest.approx(found[1], abs=0.01)


def test_an_owner_who_calls_one_genre_another_is_learned() -> None:
    log_p = model(accuracy=0.95)
    calls = np.where(TRUTH == 0, 1, TRUTH)
    taught = np.array([int(artist.rpartition("-")[2]) % 2 for artist in LIBRARY.artists]) == 0
    penalty = adjustment.choose_penalty(
        log_p[taught], LIBRARY.vectors[taught], calls[taught], LIBRARY.artists[taught]
    )
    assert penalty is not None
    weights = adjustment.fit(log_p[taught], LIBRARY.vectors[taught], calls[taught], penalty)
    before = (log_p.argmax(axis=1) == calls)[~taught].mean()
    after = (adjustment.adjusted(log_p, LIBRARY.vectors, weights).argmax(axis=1) == calls)[~taught].mean()
    assert after > before + 0.1


def test_an_owner_who_answers_at_random_changes_nothing() -> None:
    changed = 0
    for seed in range(20):
        calls = np.random.default_rng(seed).integers(0, 5, len(TRUTH))
        # A model as unsure as such answers deserve: there is nothing to be won by being less sure.
        log_p = np.full((len(TRUTH), 5), np.log(0.2))
        changed += adjustment.choose_penalty(log_p, LIBRARY.vectors, calls, LIBRARY.artists) is not None
    assert changed <= 2


def test_a_verdict_held_out_knows_nothing_of_its_artist() -> None:
    told = [
        adjustment.held_out(model(), LIBRARY.vectors, targets, LIBRARY.artists, 1.0)
        for targets in (TRUTH, np.where(LIBRARY.artists == "artist 0-0", 4, TRUTH))
    ]
    own = LIBRARY.artists == "artist 0-0"
    assert told[0][own] == pytest.approx(told[1][own])
    assert np.abs(told[0] - told[1])[~own].max() > 1e-3
    assert np.exp(told[0]).sum(axis=1) == pytest.approx(1)


def test_a_few_artists_are_not_enough() -> None:
    few = np.array([artist in ("artist 0-0", "artist 1-0", "artist 2-0") for artist in LIBRARY.artists])
    assert (
        adjustment.choose_penalty(model()[few], LIBRARY.vectors[few], TRUTH[few], LIBRARY.artists[few])
        is None
    )
    assert adjustment.choose_penalty(np.zeros((0, 5)), np.zeros((0, 24)), [], []) is None


def test_the_same_verdicts_give_the_same_weights() -> None:
    first, second = (adjustment.fit(model(), LIBRARY.vectors, TRUTH, 1.0) for _ in range(2))
    assert (first == second).all()
    assert adjustment.choose_penalty(
        model(), LIBRARY.vectors, TRUTH, LIBRARY.artists
    ) == adjustment.choose_penalty(model(), LIBRARY.vectors, TRUTH, LIBRARY.artists)


def test_who_answers_at_random_makes_the_model_say_nothing_not_something_else() -> None:
    """Answers at random fit a model best that is sure of nothing; beyond that there is nothing to learn."""
    learned = []
    for seed in range(10):
        calls = np.random.default_rng(seed).integers(0, 5, len(TRUTH))
        assert adjustment.temperature(model(0.9), calls) > 3
        found = adjustment.learn(model(0.9), LIBRARY.vectors, calls, LIBRARY.artists)
        learned.append(found is not None and found[1].better)
    assert sum(learned) <= 1


def test_a_model_that_is_right_keeps_its_temperature() -> None:
    log_p = model(0.9)
    assert adjustment.temperature(log_p, log_p.argmax(axis=1)) == 1
    assert adjustment.soften(log_p, 1.0) == pytest.approx(log_p)
    assert adjustment.soften(log_p, 3.0).argmax(axis=1).tolist() == log_p.argmax(axis=1).tolist()


def test_what_is_learned_is_better_for_an_owner_with_other_genres() -> None:
    log_p = model(accuracy=0.95)
    calls = np.where(TRUTH == 0, 1, TRUTH)
    taught = np.array([int(artist.rpartition("-")[2]) % 2 for artist in LIBRARY.artists]) == 0
    found = adjustment.learn(log_p[taught], LIBRARY.vectors[taught], calls[taught], LIBRARY.artists[taught])
    assert found is not None
    learned, compared = found
    assert compared.better
    told = learned.apply(log_p, LIBRARY.vectors)
    assert (told.argmax(axis=1) == calls)[~taught].mean() > (log_p.argmax(axis=1) == calls)[
        ~taught
    ].mean() + 0.1


def test_an_ordinary_owner_loses_nothing() -> None:
    """Answers to tracks of which the model knows nine in ten: on other tracks it is not worse."""
    log_p = model(accuracy=0.9)
    taught = np.array([int(artist.rpartition("-")[2]) % 2 for artist in LIBRARY.artists]) == 0
    found = adjustment.learn(log_p[taught], LIBRARY.vectors[taught], TRUTH[taught], LIBRARY.artists[taught])
    if found is not None:
        told = found[0].apply(log_p, LIBRARY.vectors)
        assert (told.argmax(axis=1) == TRUTH)[~taught].mean() >= (log_p.argmax(axis=1) == TRUTH)[
            ~taught
        ].mean()


@pytest.mark.parametrize(
    ("rows", "columns", "targets", "penalty"),
    [
        (3, 24, [0, 1], 1.0),
        (2, 24, [0, 5], 1.0),
        (2, 24, [-1, 0], 1.0),
        (2, 24, [0, 1], 0.0),
        (2, 24, [[0], [1]], 1.0),
    ],
)
def test_verdicts_that_do_not_fit_are_refused(rows, columns, targets, penalty) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        adjustment.fit(np.zeros((2, 5)), np.ones((rows, columns)), targets, penalty)
    with pytest.raises(ValueError, match="finite"):
        adjustment.fit(np.full((2, 5), np.nan), np.ones((2, 24)), [0, 1], 1.0)


def test_a_thousand_verdicts_take_two_seconds() -> None:
    """Of one core; other work on the machine may take as much again."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((1000, 96)) / 96**0.5
    log_p = np.log(rng.dirichlet(np.ones(10), 1000))
    targets = (vectors @ rng.standard_normal((96, 10))).argmax(axis=1)
    artists = [f"artist {track % 200}" for track in range(1000)]
    began = time.process_time()
    penalty = adjustment.choose_penalty(log_p, vectors, targets, artists)
    assert penalty is not None
    adjustment.fit(log_p, vectors, targets, penalty)
    assert time.process_time() - began < 6
