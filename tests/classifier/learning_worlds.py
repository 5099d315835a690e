"""Synthetic libraries for the tests of learning: genres of artists of tracks, as Gaussians around Gaussians."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.learning import vectors

SIZE = 24


class Library(NamedTuple):
    """Vectors (tracks, size) of length 1, and the genre and artist of each."""

    vectors: NDArray[np.float32]
    genres: NDArray[np.str_]
    artists: NDArray[np.str_]

    def of(self, genre: str) -> NDArray[np.float32]:
        return self.vectors[self.genres == genre]

    def known_without(self, genre: str) -> NDArray[np.float32]:
        """The known centroids of a model that never heard of `genre`."""
        others = self.genres != genre
        return vectors.known_centroids(self.vectors[others], self.genres[others])[1]


def make_library(
    genres: int = 4,
    artists: int = 6,
    tracks: int = 5,
    seed: int = 0,
    artist_spread: float = 0.5,
    track_spread: float = 0.4,
) -> Library:
    """`genres` with `artists` each with `tracks` each; a spread is the length of a typical difference."""
    rng = np.random.default_rng(seed)
    rows, names, who = [], [], []
    for genre in range(genres):
        centre = rng.standard_normal(SIZE)
        centre /= np.linalg.norm(centre)
        for artist in range(artists):
            own = centre + artist_spread * rng.standard_normal(SIZE) / SIZE**0.5
            rows.append(own + track_spread * rng.standard_normal((tracks, SIZE)) / SIZE**0.5)
            names += [f"genre {genre}"] * tracks
            who += [f"artist {genre}-{artist}"] * tracks
    return Library(vectors.unit(np.concatenate(rows)), np.array(names), np.array(who))
