"""Teaching a concept and scoring tracks with it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from classifier.learning import concepts, vectors
from tests.classifier.learning_worlds import average_precision, make_library

LIBRARY = make_library()
KNOWN = vectors.centroids(
    LIBRARY.vectors[LIBRARY.genres != "genre 3"], LIBRARY.genres[LIBRARY.genres != "genre 3"]
)[1]
NONE = np.zeros((0, LIBRARY.vectors.shape[1]), np.float32)


def score(examples, refusals=NONE, known=KNOWN, tracks=LIBRARY.vectors) -> np.ndarray:
    return concepts.scores([concepts.teach(examples, refusals, known)], tracks)[:, 0]


def test_three_examples_find_the_genre() -> None:
    examples = LIBRARY.of("genre 3")[[0, 7, 13]]
    assert average_precision(score(examples), LIBRARY.genres == "genre 3") > 0.95


def test_competition_finds_more_than_likeness_alone() -> None:
    """Over many worlds with genres near each other, as the nearest competitor is taken out."""
    gains = []
    for seed in range(20):
        world = make_library(genres=6, seed=seed, artist_spread=1.2, track_spread=0.8)
        new = world.genres == "genre 5"
        known = vectors.centroids(world.vectors[~new], world.genres[~new])[1]
        examples = world.vectors[new][:3]
        gains.append(
            average_precision(score(examples, known=known, tracks=world.vectors), new)
            - average_precision(world.vectors @ vectors.unit(examples.mean(axis=0)), new)
        )
    assert np.mean(gains) > 2 * np.std(gains) / len(gains) ** 0.5


def test_the_order_of_examples_does_not_matter() -> None:
    examples, refusals = LIBRARY.of("genre 3")[:5], LIBRARY.of("genre 0")[:5]
    assert score(examples, refusals) == pytest.approx(score(examples[::-1], refusals[::-1]), abs=1e-5)


def test_the_length_of_vectors_does_not_matter() -> None:
    examples = LIBRARY.of("genre 3")[:4]
    assert score(examples * 7, tracks=LIBRARY.vectors * 0.1) == pytest.approx(score(examples), abs=1e-5)


def test_a_refusal_lowers_what_is_like_it_and_nothing_else_as_much() -> None:
    examples = LIBRARY.of("genre 3")[:5]
    refused = LIBRARY.of("genre 3")[20:21]
    change = score(examples, refused) - score(examples)
    likeness = LIBRARY.vectors @ refused[0]
    assert change[likeness.argmax()] == change.min() < 0
    assert np.corrcoef(change, likeness)[0, 1] < -0.6


def test_the_refusals_that_compete_are_those_most_like_the_examples() -> None:
    examples = LIBRARY.of("genre 3")[:5]
    near = LIBRARY.of("genre 3")[5:10]
    far = np.repeat(-examples.mean(axis=0, keepdims=True), concepts.MOST_REFUSALS, axis=0)
    taught = concepts.teach(examples, np.concatenate([far, near]), KNOWN)
    assert len(taught.competitors) == len(KNOWN) + concepts.MOST_REFUSALS
    assert (taught.competitors @ near.T).max(axis=0) == pytest.approx(1, abs=1e-5)


def test_an_example_more_brings_the_concept_nearer_to_it() -> None:
    examples, one = LIBRARY.of("genre 3")[:4], LIBRARY.of("genre 2")[:1]
    after = score(np.concatenate([examples, one]), tracks=one)
    assert after > score(examples, tracks=one)


def test_without_competitors_the_score_is_the_cosine() -> None:
    examples = LIBRARY.of("genre 3")[:1]
    assert score(examples, known=NONE) == pytest.approx(LIBRARY.vectors @ examples[0], abs=1e-5)


def test_the_soft_maximum_lies_between_mean_and_maximum() -> None:
    rows = np.random.default_rng(0).uniform(-1, 1, (50, 9))
    for sharpness in (0.1, 10, 30):
        found = concepts.soft_maximum(rows, sharpness)
        assert (found <= rows.max(axis=1) + 1e-6).all()
        assert (found >= rows.mean(axis=1) - 1e-4).all()
    assert concepts.soft_maximum(rows, 0.001) == pytest.approx(rows.mean(axis=1), abs=1e-3)
    assert concepts.soft_maximum(np.full((1, 4), 0.3)) == pytest.approx([0.3], abs=1e-6)


def test_each_concept_is_scored_as_alone_and_in_halves_as_whole() -> None:
    taught = [concepts.teach(LIBRARY.of(f"genre {g}")[:3], NONE, KNOWN) for g in range(4)]
    tracks = np.tile(LIBRARY.vectors, (60, 1)).astype(np.float16)  # more than one block
    whole = concepts.scores(taught, tracks)
    assert whole.shape == (len(tracks), 4)
    assert whole[: len(LIBRARY.vectors)] == pytest.approx(whole[-len(LIBRARY.vectors) :], abs=1e-5)
    for number, concept in enumerate(taught):
        assert concepts.scores([concept], tracks)[:, 0] == pytest.approx(whole[:, number], abs=1e-5)


def test_the_same_examples_give_the_same_scores() -> None:
    examples, refusals = LIBRARY.of("genre 3")[:5], LIBRARY.of("genre 1")[:30]
    assert (score(examples, refusals) == score(examples.copy(), refusals.copy())).all()


def test_no_tracks_have_no_scores() -> None:
    taught = concepts.teach(LIBRARY.of("genre 3")[:3], NONE, KNOWN)
    assert concepts.scores([taught], NONE).shape == (0, 1)


def test_explanations_are_the_nearest_examples() -> None:
    examples = LIBRARY.of("genre 3")[:6]
    found = concepts.explanations(examples, examples)
    assert found.shape == (6, 3)
    assert (found[:, 0] == np.arange(6)).all()
    assert concepts.explanations(examples[:2], examples).shape == (6, 2)


@pytest.mark.parametrize(
    ("examples", "refusals", "known"),
    [
        (NONE, NONE, KNOWN),
        (LIBRARY.vectors[0], NONE, KNOWN),
        (LIBRARY.vectors[:3], LIBRARY.vectors[:3, :5], KNOWN),
        (LIBRARY.vectors[:3], NONE, KNOWN[:, :5]),
        (LIBRARY.vectors[:3] * np.nan, NONE, KNOWN),
    ],
)
def test_what_cannot_be_taught_is_refused(examples, refusals, known) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        concepts.teach(examples, refusals, known)


def test_a_hundred_thousand_tracks_and_twenty_concepts_take_a_second() -> None:
    """The promise is one second of one core; other work on the machine may take as much again."""
    rng = np.random.default_rng(0)
    tracks = rng.standard_normal((100_000, 96), dtype=np.float32).astype(np.float16)
    taught = [
        concepts.teach(
            rng.standard_normal((20, 96)), rng.standard_normal((20, 96)), rng.standard_normal((10, 96))
        )
        for _ in range(20)
    ]
    began = time.process_time()
    concepts.scores(taught, tracks)
    assert time.process_time() - began < 4


def test_nothing_but_numpy_is_imported() -> None:
    """Neither TensorFlow nor scikit-learn, nor any other part of the classifier."""
    code = (
        "import sys, numpy, numpy.random, classifier\n"
        "before = set(sys.modules)\n"
        "from classifier.learning import adjustment, concepts, guard, suggestions, vectors, worth\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before if 'classifier.learning' not in name}\n"
        "print(*sorted(name for name in new - sys.stdlib_module_names if name[0] != '_' and name != 'numpy'))\n"
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('classifier')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    foreign, ours = done.stdout.splitlines()
    assert foreign == ""
    assert all(name.startswith("classifier.learning") for name in ours.split())
