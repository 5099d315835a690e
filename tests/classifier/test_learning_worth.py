"""What a concept's answers are worth."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from classifier.learning import concepts, worth
from tests.classifier.learning_worlds import Library, make_library


def given(library: Library, genre: str = "genre 3", every: int = 1) -> tuple[worth.Answers, np.ndarray]:
    """Answers to a genre of the library, yes and no, and the known centroids without that genre."""
    new = library.genres == genre
    known = library.known_without(genre)
    rows = slice(None, None, every)
    return worth.answers(library.vectors[rows], new[rows], library.artists[rows]), known


def test_the_bound_of_the_design() -> None:
    assert worth.wilson_lower_bound(8, 8) == pytest.approx(0.75, abs=0.005)
    assert worth.wilson_lower_bound(25, 25) == pytest.approx(0.90, abs=0.005)
    assert worth.wilson_lower_bound(0, 0) == 0
    assert worth.wilson_lower_bound(0, 9) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("answers", [10, 25, 60])
@pytest.mark.parametrize("truth", [0.6, 0.8, 0.9])
def test_the_truth_is_below_the_bound_about_once_in_twenty(answers: int, truth: float) -> None:
    """Exactly, over all outcomes; a score interval for few answers is not exact."""
    missed = sum(
        comb(answers, right) * truth**right * (1 - truth) ** (answers - right)
        for right in range(answers + 1)
        if worth.wilson_lower_bound(right, answers) > truth
    )
    assert missed < 0.11


def test_the_bound_rises_with_right_answers_and_with_all() -> None:
    bounds = [worth.wilson_lower_bound(right, 20) for right in range(21)]
    assert bounds == sorted(bounds)
    assert [worth.wilson_lower_bound(9 * n, 10 * n) for n in (1, 2, 5)] == sorted(
        worth.wilson_lower_bound(9 * n, 10 * n) for n in (1, 2, 5)
    )
    for right, bound in enumerate(bounds):
        assert bound <= right / 20


def test_more_right_than_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be right"):
        worth.wilson_lower_bound(3, 2)


def test_an_answer_is_scored_without_its_artist() -> None:
    """An artist's answers could be anything: that artist's scores do not change."""
    answers, known = given(make_library())
    before = worth.held_out_scores(answers, known)
    artist = answers.artists == answers.artists[-1]
    changed = answers._replace(yes=answers.yes ^ artist)
    after = worth.held_out_scores(changed, known)
    assert after[artist] == pytest.approx(before[artist])
    assert np.abs(after - before)[~artist].max() > 1e-3


def test_an_artist_alone_cannot_be_scored() -> None:
    library = make_library()
    new = library.genres == "genre 3"
    rows = library.vectors[new]
    known = library.known_without("genre 3")
    answers = worth.answers(rows, np.ones(len(rows)), ["the same"] * len(rows))
    assert np.isnan(worth.held_out_scores(answers, known)).all()
    assert worth.worth(answers, known) is None


def test_unknown_artists_are_not_one_artist() -> None:
    library = make_library()
    answers, known = given(library)
    unnamed = worth.answers(answers.vectors, answers.yes, [""] * len(answers.yes))
    assert not np.isnan(worth.held_out_scores(unnamed, known)).any()
    assert len(set(unnamed.artists)) == len(unnamed.artists)


def test_the_threshold_reaches_its_target_and_is_the_lowest_that_does() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        yes = rng.random(40) < 0.5
        scores = np.round(yes + rng.standard_normal(40), 1)  # with ties
        found = worth.threshold(scores, yes, 0.9)
        if np.isfinite(found):
            assert yes[scores >= found].mean() >= 0.9
        for lower in np.unique(scores[scores < found]):
            assert yes[scores >= lower].mean() < 0.9


def test_thresholds_of_nothing() -> None:
    assert worth.threshold([], []) == float("inf")
    assert worth.threshold([0.1, 0.2], [False, False]) == float("inf")
    assert worth.threshold([np.nan, 0.2], [False, True]) == 0.2


def test_a_clear_genre_is_worth_much_and_noise_nothing() -> None:
    clear, known = given(make_library(artists=40, tracks=1, artist_spread=0.4))
    found = worth.worth(clear, known)
    assert found is not None
    assert found.precision > 0.85
    assert found.may_switch_on
    noise = worth.answers(clear.vectors, np.random.default_rng(1).random(len(clear.yes)) < 0.5, clear.artists)
    found = worth.worth(noise, known)
    assert found is None or not found.may_switch_on


def test_chosen_examples_do_not_pull_the_threshold_down() -> None:
    """Examples that score low are right by choice; nobody was asked about other tracks that score as low."""
    library = make_library(artists=12, tracks=3)
    answers, known = given(library)
    odd = make_library(genres=1, artists=8, tracks=1, seed=7, artist_spread=2)
    every = worth.answers(
        np.concatenate([answers.vectors, odd.vectors]),
        np.append(answers.yes, np.ones(len(odd.vectors), bool)),
        np.append(answers.artists, odd.artists),
    )
    asked = np.arange(len(every.yes)) < len(answers.yes)
    scores = worth.held_out_scores(every, known)
    assert scores[~asked].max() < np.median(scores[every.yes & asked])
    found = worth.concept_threshold(every, known, asked)
    assert found == worth.threshold(scores[asked], every.yes[asked])
    assert found > worth.concept_threshold(every, known)
    with pytest.raises(ValueError, match="`asked`"):
        worth.concept_threshold(every, known, asked[1:])


def test_an_artists_threshold_does_not_know_the_artists_answers() -> None:
    """Of answers by chance a threshold that has seen them picks a lucky row; one that has not is as right as chance."""
    rng = np.random.default_rng(0)
    told = []
    for _ in range(60):
        rows = rng.standard_normal((80, 8))
        answers = worth.answers(rows, rng.random(80) < 0.8, [""] * 80)
        told.append(worth.worth(answers, rng.standard_normal((3, 8))))
    precisions = [found.precision for found in told if found is not None]
    assert len(precisions) > 5
    assert np.mean(precisions) < 0.92


def test_what_worth_promises_comes_true() -> None:
    """The bound is below the precision on tracks of new artists in nearly all of many worlds."""
    kept, judged = 0, 0
    for seed in range(40):
        library = make_library(artists=16, tracks=4, seed=seed, artist_spread=1.0, track_spread=0.8)
        number = np.array([int(artist.rpartition("-")[2]) for artist in library.artists])
        asked = number < 8
        new = library.genres == "genre 3"
        known = library.known_without("genre 3")
        answers = worth.answers(library.vectors[asked], new[asked], library.artists[asked])
        found = worth.worth(answers, known)
        if found is None:
            continue
        border = worth.threshold(worth.held_out_scores(answers, known), answers.yes)
        taught = concepts.teach(answers.vectors[answers.yes], answers.vectors[~answers.yes], known)
        above = concepts.scores([taught], library.vectors[~asked], known)[:, 0] >= border
        judged += 1
        kept += bool(new[~asked][above].mean() >= found.lower_bound)
    assert judged > 30
    assert kept >= 0.85 * judged


def test_examples_that_were_chosen_do_not_count() -> None:
    answers, known = given(make_library(artists=10))
    everything = worth.worth(answers, known)
    half = worth.worth(answers, known, asked=np.arange(len(answers.yes)) % 2)
    assert everything is not None
    assert half is not None
    assert half.answers < everything.answers
    assert worth.worth(answers, known, asked=np.zeros(len(answers.yes))) is None


def test_few_answers_are_worth_nothing_yet() -> None:
    answers, known = given(make_library(artists=7, tracks=1))  # 7 yes
    assert worth.worth(answers, known) is None


def test_a_concept_may_be_switched_on_late() -> None:
    assert not worth.Worth(24, 24, 24).may_switch_on
    assert worth.Worth(25, 25, 25).may_switch_on
    assert worth.Worth(25, 23, 25).lower_bound < worth.SWITCH_BOUND
    assert not worth.Worth(25, 23, 25).may_switch_on


def test_many_tracks_of_few_artists_are_few_witnesses() -> None:
    assert worth.Worth(30, 30, 30).lower_bound > worth.Worth(30, 30, 6).lower_bound
    assert not worth.Worth(30, 30, 6).may_switch_on
    found = {}
    for artists, tracks in ((20, 2), (5, 8)):
        answers, known = given(make_library(artists=artists, tracks=tracks, artist_spread=0.3))
        found[tracks] = worth.worth(answers, known)
    for tracks, told in found.items():
        assert told is not None
        # As many artists as are above the threshold, all with about as many tracks.
        assert told.effective == pytest.approx(told.answers / tracks, rel=0.3)
        assert told.effective <= told.answers


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        worth.answers(np.ones((2, 3)), [True], ["a", "b"])
    with pytest.raises(ValueError, match="do not fit"):
        worth.threshold([1, 2], [True])
    answers, known = given(make_library())
    with pytest.raises(ValueError, match="asked"):
        worth.worth(answers, known, asked=[True])
