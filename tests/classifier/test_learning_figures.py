"""How well a model can be taught, as `evaluate` and training report it."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.learning import figures, vectors
from classifier.learning.known import KnownGenres
from tests.classifier.learning_worlds import Library, make_library


def known_of(library: Library) -> KnownGenres:
    return KnownGenres(*vectors.known_centroids(library.vectors, library.genres))


def test_average_precision_by_hand() -> None:
    scores = [0.9, 0.8, 0.7, 0.6]
    assert figures.average_precision(scores, [True, False, True, False]) == pytest.approx((1 + 2 / 3) / 2)
    assert figures.average_precision(scores, [False] * 4) == 0


def test_precision_of_the_first_by_hand() -> None:
    relevant = [True, False, True, False]
    assert figures.precision_of_first([4, 3, 2, 1], relevant, 3) == pytest.approx(
        1 / 2
    )  # of two that there are
    assert figures.precision_of_first([4, 1, 2, 3], relevant, 1) == 1
    assert figures.precision_of_first([1, 2], [False, False]) == 0


def test_genres_that_are_apart_are_found() -> None:
    library = make_library(genres=4, artists=6, tracks=5, artist_spread=0.2)
    found = figures.teaching_figures(library.vectors, library.genres, library.artists, known_of(library))
    assert found is not None
    assert found["examples"] == 5
    assert found["average_precision"] > 0.95
    assert found["precision_at_10"] > 0.95
    assert set(found["per_genre"]) == {f"genre {number}" for number in range(4)}
    mean = np.mean([row["average_precision"] for row in found["per_genre"].values()])
    assert found["average_precision"] == pytest.approx(mean)


def test_genres_that_are_not_apart_are_not_found() -> None:
    """The same vectors with genres dealt to artists at random."""
    library = make_library(genres=4, artists=6, tracks=5)
    artists = np.unique(library.artists)
    dealt = dict(zip(artists, np.random.default_rng(0).permutation(len(artists)) % 4, strict=True))
    genres = np.array([f"genre {dealt[artist]}" for artist in library.artists])
    known = KnownGenres(*vectors.known_centroids(library.vectors, genres))
    found = figures.teaching_figures(library.vectors, genres, library.artists, known)
    assert found is not None
    assert found["average_precision"] < 0.6


def test_tracks_of_an_examples_artist_are_not_to_be_found() -> None:
    """Each genre of a single artist: nothing of another artist is left."""
    library = make_library(genres=3, artists=1, tracks=9)
    known = known_of(library)
    assert figures.teaching_figures(library.vectors, library.genres, library.artists, known) is None


def test_few_tracks_tell_nothing() -> None:
    library = make_library(genres=3, artists=5, tracks=1)
    known = known_of(library)
    assert figures.teaching_figures(library.vectors, library.genres, library.artists, known) is None


def test_shapes_must_agree() -> None:
    library = make_library()
    with pytest.raises(ValueError, match="as many"):
        figures.teaching_figures(library.vectors, library.genres[1:], library.artists, known_of(library))
