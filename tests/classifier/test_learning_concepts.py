"""Teaching a concept and scoring tracks with it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from classifier.learning import concepts, vectors
from classifier.learning.figures import average_precision
from classifier.learning.known import KnownGenres
from tests.classifier.learning_worlds import make_library

LIBRARY = make_library()
KNOWN = LIBRARY.known_without("genre 3")
NONE = np.zeros((0, LIBRARY.vectors.shape[1]), np.float32)


def score(examples, refusals=NONE, known=KNOWN, tracks=LIBRARY.vectors) -> np.ndarray:
    return concepts.scores([concepts.teach(examples, refusals, known)], tracks, known)[:, 0]


def test_three_examples_find_the_genre() -> None:
    examples = LIBRARY.of("genre 3")[[0, 7, 13]]
    assert average_precision(score(examples), LIBRARY.genres == "genre 3") > 0.95


def test_competition_finds_more_than_likeness_alone() -> None:
    """Over many worlds with genres near each other, as the nearest competitor is taken out."""
    gains = []
    for seed in range(20):
        world = make_library(genres=6, seed=seed, artist_spread=1.2, track_spread=0.8)
        new = world.genres == "genre 5"
        known = world.known_without("genre 5")
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
    assert change[likeness.argmax()] == pytest.approx(change.min(), abs=0.01)
    assert change.min() < -0.1
    assert np.corrcoef(change, likeness)[0, 1] < -0.6


def test_the_refusals_that_compete_are_those_most_like_the_examples() -> None:
    examples = LIBRARY.of("genre 3")[:5]
    near = LIBRARY.of("genre 3")[5:10]
    far = np.repeat(-examples.mean(axis=0, keepdims=True), concepts.MOST_REFUSALS, axis=0)
    taught = concepts.teach(examples, np.concatenate([far, near]), KNOWN)
    assert len(taught.refusals) == concepts.MOST_REFUSALS
    assert (taught.refusals @ near.T).max(axis=0) == pytest.approx(1, abs=1e-5)


def test_many_examples_are_kept_as_groups() -> None:
    examples = LIBRARY.of("genre 3")
    taught = concepts.teach(examples, NONE, KNOWN)
    assert len(taught.examples) == concepts.MOST_EXAMPLES < len(examples)
    found = average_precision(score(examples), LIBRARY.genres == "genre 3")
    assert found > 0.95


def test_a_genre_of_two_kinds_is_found_whole() -> None:
    """The centroid of two kinds lies between them; the examples themselves do not."""
    two = (LIBRARY.genres == "genre 0") | (LIBRARY.genres == "genre 3")
    known = vectors.known_centroids(LIBRARY.vectors[~two], LIBRARY.genres[~two])[1]
    examples = np.concatenate([LIBRARY.of("genre 0")[:3], LIBRARY.of("genre 3")[:3]])
    assert average_precision(score(examples, known=known), two) > 0.9


def test_what_the_examples_are_like_competes_less() -> None:
    """Teaching a genre that a known one is: its own centroid takes away less than another one's would."""
    examples = LIBRARY.of("genre 2")[:4]
    taught = concepts.teach(examples, NONE, KNOWN)
    like = KNOWN @ examples.mean(axis=0)
    assert taught.allowances[like.argmax()] == taught.allowances.max() > 0
    assert (taught.allowances[like <= 0] == 0).all()


def test_familiar_is_what_is_like_a_known_genre() -> None:
    new = LIBRARY.genres == "genre 3"
    names, found = vectors.known_centroids(LIBRARY.vectors[~new], LIBRARY.genres[~new])
    whole = KnownGenres(names, found).whole
    assert whole.shape == (3, LIBRARY.vectors.shape[1])
    for number in range(3):
        own = LIBRARY.of(f"genre {number}").mean(axis=0)
        assert whole[number] == pytest.approx(vectors.unit(own), abs=1e-5)
    familiar = concepts.familiarity(LIBRARY.vectors, whole)
    assert familiar.shape == new.shape
    assert np.median(familiar[~new]) > np.median(familiar[new]) + 0.2
    assert concepts.familiarity(whole, whole) == pytest.approx(1, abs=1e-5)


def test_an_example_more_brings_the_concept_nearer_to_it() -> None:
    examples, one = LIBRARY.of("genre 3")[:4], LIBRARY.of("genre 2")[:1]
    after = score(np.concatenate([examples, one]), tracks=one)
    assert after > score(examples, tracks=one)


def test_without_competitors_the_score_is_the_cosine() -> None:
    examples = LIBRARY.of("genre 3")[:1]
    assert score(examples, known=NONE) == pytest.approx(LIBRARY.vectors @ examples[0], abs=1e-5)


def test_the_score_is_the_formula_of_the_docstring() -> None:
    examples, refusals = LIBRARY.of("genre 3")[:7], LIBRARY.of("genre 0")[:4]

    def soft_maximum(cosines: np.ndarray, sharpness: float) -> np.ndarray:
        return np.log(np.exp(sharpness * cosines).mean(axis=1)) / sharpness

    rows = LIBRARY.vectors.astype(np.float64)
    competitors = np.concatenate([KNOWN, refusals]).astype(np.float64)
    allowed = concepts.ALLOWANCE * np.maximum(0, (competitors @ examples.T).mean(axis=1))
    expected = (
        (1 - concepts.NEAREST) * rows @ vectors.unit(examples.mean(axis=0))
        + concepts.NEAREST * soft_maximum(rows @ examples.T, concepts.EXAMPLE_SHARPNESS)
        - concepts.COMPETITION * soft_maximum(rows @ competitors.T - allowed, concepts.SHARPNESS)
    )
    assert score(examples, refusals) == pytest.approx(expected, abs=1e-4)


def test_each_concept_is_scored_as_alone_and_in_halves_as_whole() -> None:
    taught = [concepts.teach(LIBRARY.of(f"genre {g}")[:3], NONE, KNOWN) for g in range(4)]
    tracks = np.tile(LIBRARY.vectors, (60, 1)).astype(np.float16)  # more than one block
    whole = concepts.scores(taught, tracks, KNOWN)
    assert whole.shape == (len(tracks), 4)
    assert whole[: len(LIBRARY.vectors)] == pytest.approx(whole[-len(LIBRARY.vectors) :], abs=1e-5)
    for number, concept in enumerate(taught):
        assert concepts.scores([concept], tracks, KNOWN)[:, 0] == pytest.approx(whole[:, number], abs=1e-5)


def test_the_same_examples_give_the_same_scores() -> None:
    examples, refusals = LIBRARY.of("genre 3")[:5], LIBRARY.of("genre 1")[:30]
    assert (score(examples, refusals) == score(examples.copy(), refusals.copy())).all()


def test_no_tracks_have_no_scores() -> None:
    taught = concepts.teach(LIBRARY.of("genre 3")[:3], NONE, KNOWN)
    assert concepts.scores([taught], NONE, KNOWN).shape == (0, 1)
    assert concepts.scores([], LIBRARY.vectors, KNOWN).shape == (len(LIBRARY.vectors), 0)


def test_other_centroids_than_those_taught_with_are_refused() -> None:
    taught = concepts.teach(LIBRARY.of("genre 3")[:3], NONE, KNOWN)
    with pytest.raises(ValueError, match="not taught with"):
        concepts.scores([taught], LIBRARY.vectors, KNOWN[1:])


def test_explanations_are_the_nearest_examples() -> None:
    examples = LIBRARY.of("genre 3")[:6]
    found = concepts.explanations(examples, examples)
    assert found.shape == (6, 3)
    assert (found[:, 0] == np.arange(6)).all()
    assert concepts.explanations(examples[:2], examples).shape == (6, 2)
    order = np.argsort(-(concepts.check(LIBRARY.vectors) @ concepts.check(examples).T), axis=1, kind="stable")
    for count in range(1, 8):
        assert (concepts.explanations(examples, LIBRARY.vectors, count) == order[:, :count]).all()


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
    tracks = rng.standard_normal((100_000, vectors.SIZE), dtype=np.float32).astype(np.float16)
    known = rng.standard_normal((10 * (vectors.GROUPS + 1), vectors.SIZE))
    taught = [concepts.teach(*rng.standard_normal((2, 20, vectors.SIZE)), known) for _ in range(20)]
    began = time.process_time()
    concepts.scores(taught, tracks, known)
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
