"""The learning vector: what whitening and projection promise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.learning import vectors


def embeddings(tracks: int = 120, numbers: int = 30, seed: int = 0) -> tuple[NDArray, NDArray]:
    """Mean window embeddings of three genres which differ in the last numbers; the first are loud and mean nothing."""
    rng = np.random.default_rng(seed)
    genres = np.arange(tracks) % 3
    rows = rng.standard_normal((tracks, numbers))
    rows[:, :5] += 6 * rng.standard_normal((tracks, 1))
    rows[np.arange(tracks), numbers - 1 - genres] += 4
    return rows, np.array([f"genre {genre}" for genre in genres])


def project(projection: vectors.Projection, rows: NDArray) -> NDArray:
    return np.stack([projection.apply(row[None]) for row in rows])


def separation(rows: NDArray, genres: NDArray) -> float:
    """The mean cosine within genres less that between them."""
    cosines, same = rows @ rows.T, genres[:, None] == genres
    return float(cosines[same].mean() - cosines[~same].mean())


def test_vectors_have_length_one_and_the_size() -> None:
    rows, genres = embeddings()
    made = project(vectors.fit(rows, genres, size=8), rows)
    assert made.shape == (120, 8)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_track_is_the_mean_of_its_windows_in_any_order() -> None:
    rows, genres = embeddings()
    projection = vectors.fit(rows, genres, size=8)
    windows = np.random.default_rng(1).standard_normal((7, 30))
    assert projection.apply(windows) == pytest.approx(projection.apply(windows[::-1]), abs=1e-5)
    assert projection.apply(windows) == pytest.approx(projection.apply(windows.mean(axis=0)[None]), abs=1e-5)


def test_without_shrinking_the_covariance_within_genres_is_round() -> None:
    rows, genres = embeddings(tracks=600)
    projection = vectors.fit(rows, genres, size=30, shrinkage=0)
    made = rows @ projection.kernel + projection.bias
    within = np.concatenate(
        [made[genres == name] - made[genres == name].mean(axis=0) for name in set(genres)]
    )
    assert within.T @ within / len(made) == pytest.approx(np.eye(30), abs=1e-2)


def test_shrunk_wholly_only_the_scale_of_each_number_is_taken_out() -> None:
    """Distances between standardised tracks stay, up to one factor."""
    rows, genres = embeddings()
    projection = vectors.fit(rows, genres, size=30, shrinkage=1)
    made = rows @ projection.kernel + projection.bias
    plain = (rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-3)
    ratio = np.linalg.norm(made[1:] - made[:-1], axis=1) / np.linalg.norm(plain[1:] - plain[:-1], axis=1)
    assert ratio == pytest.approx(ratio[0], rel=1e-3)


def test_whitening_brings_genres_apart_that_it_was_not_fitted_on() -> None:
    rows, genres = embeddings()
    known = genres != "genre 2"
    made = {
        shrinkage: project(vectors.fit(rows[known], genres[known], 20, shrinkage), rows)
        for shrinkage in (0.5, 1)
    }
    assert separation(made[0.5], genres) > separation(made[1], genres) + 0.05


def test_no_scale_of_a_number_matters() -> None:
    rows, genres = embeddings()
    scale = np.geomspace(0.1, 1000, 30)
    first, second = (vectors.fit(some, genres, size=8) for some in (rows, rows * scale))
    assert project(first, rows) @ project(second, rows * scale).T == pytest.approx(
        project(first, rows) @ project(first, rows).T, abs=0.02
    )


def test_a_number_that_is_always_the_same_does_no_harm() -> None:
    rows, genres = embeddings()
    rows[:, 3] = 7
    assert np.isfinite(project(vectors.fit(rows, genres, size=8), rows)).all()


def test_the_same_tracks_give_the_same_projection() -> None:
    rows, genres = embeddings()
    first, second = vectors.fit(rows, genres, size=8), vectors.fit(rows.copy(), genres.copy(), size=8)
    assert (first.kernel == second.kernel).all()
    assert (first.bias == second.bias).all()


def test_centroids_are_of_their_genre_alone() -> None:
    rng = np.random.default_rng(1)
    rows = np.repeat([[9, 0, 0], [0, 9, 0]], 60, axis=0) + rng.standard_normal((120, 3))
    names, found = vectors.known_centroids(rows, ["b"] * 60 + ["a"] * 60)
    assert names == sorted(names)
    assert all(1 < names.count(name) <= 1 + vectors.GROUPS for name in "ab")
    assert (found[np.array(names) == "a", 1] > 0.8).all()
    assert (found[np.array(names) == "b", 0] > 0.8).all()
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)


def test_no_group_is_a_single_track() -> None:
    """Else a model would carry a training track's own vector."""
    tight = vectors.unit(np.eye(20)[:3] + 0.001)
    rows = np.concatenate([np.repeat(tight, 10, axis=0), np.eye(20)[10:11]])
    names, found = vectors.known_centroids(rows, ["a"] * len(rows))
    assert len(names) > 1
    assert (found @ np.eye(20)[10]).max() < 0.9


def test_groups_are_found_whatever_the_order() -> None:
    """Of four tight clusters, one centroid each."""
    rng = np.random.default_rng(0)
    centres = vectors.unit(rng.standard_normal((4, 20)))
    rows = np.repeat(centres, 15, axis=0) + 0.02 * rng.standard_normal((60, 20))
    found = vectors.group_centroids(rows, 4)
    assert (centres @ found.T).max(axis=1) == pytest.approx(1, abs=0.01)
    again = vectors.group_centroids(rows[rng.permutation(60)], 4)
    assert again == pytest.approx(found, abs=1e-6)
    assert vectors.group_centroids(rows[:3], 12).shape == (3, 20)


def test_rows_are_ordered_by_their_last_numbers_first() -> None:
    rows = np.random.default_rng(4).normal(size=(40, 8)).astype(np.float32)
    assert vectors._order(rows).tolist() == np.lexsort(rows.T).tolist()
    rows[20:, -2:] = rows[:20, -2:]
    rows[5] = rows[25]
    assert vectors._order(rows).tolist() == np.lexsort(rows.T).tolist()


def test_a_vector_of_nothing_stays_nothing() -> None:
    assert (vectors.unit([[0, 0]]) == 0).all()


@pytest.mark.parametrize(
    ("change", "size", "shrinkage"),
    [
        (lambda rows: rows[:1], 1, 0.8),
        (lambda rows: rows[:, 0], 1, 0.8),
        (lambda rows: rows * np.nan, 8, 0.8),
        (lambda rows: rows, 0, 0.8),
        (lambda rows: rows, 31, 0.8),
        (lambda rows: rows, 8, 1.1),
    ],
)
def test_what_cannot_be_fitted_is_refused(change, size: int, shrinkage: float) -> None:
    rows, genres = embeddings()
    changed = change(rows)
    with pytest.raises(ValueError, match=r"\w"):
        vectors.fit(changed, genres[: len(changed)], size, shrinkage)


@pytest.mark.parametrize("windows", [np.zeros((0, 30)), np.zeros(30), np.zeros((2, 29))])
def test_window_embeddings_of_another_shape_are_refused(windows: NDArray) -> None:
    projection = vectors.fit(*embeddings(), size=8)
    with pytest.raises(ValueError, match="Window embeddings"):
        projection.apply(windows)
