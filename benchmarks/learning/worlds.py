"""Libraries to teach in: what is fitted, what is taught, and what is then to be found.

Columns: `new` (a genre left out of all that was fitted; the library is one fold of artists, the examples are of other
artists), `sub` (an artist stands for a subgenre; left out, too; the library is all tracks), `same` (a genre that a
known one is: examples and library are of two folds that nothing was fitted on), and one for each name of
the songs, in a library of all songs and one fold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.learning import vectors

FOLDS = 5
#: Tracks that an artist needs to stand for a subgenre.
SUBGENRE = 8


@dataclass(frozen=True)
class Tracks:
    """Window embeddings of each track, and its genre and artist; `song` marks those that nothing is fitted on."""

    windows: list[NDArray[np.float32]]
    genres: NDArray[np.str_]
    artists: NDArray[np.str_]
    song: NDArray[np.bool_]

    @classmethod
    def read(cls, path: Path) -> Tracks:
        with np.load(path, allow_pickle=False) as archive:
            windows = np.split(archive["windows"], np.cumsum(archive["counts"])[:-1])
            artists = [str(name) or f"\0{track}" for track, name in enumerate(archive["artists"])]
            return cls(windows, archive["genres"], np.array(artists), archive["song"])

    @cached_property
    def means(self) -> NDArray[np.float64]:
        return np.stack([rows.mean(axis=0, dtype=np.float64) for rows in self.windows])

    def folds(self, seed: int) -> NDArray[np.int64]:
        """A fold for each track, no artist in two; songs are in none (-1). As `datasets.artist_folds`."""
        fold = np.full(len(self.genres), -1)
        names, sizes = np.unique(self.artists[~self.song], return_counts=True)
        order = np.random.default_rng(seed).permutation(len(names))
        for number in sorted(order, key=lambda one: -sizes[one]):
            members = (self.artists == names[number]) & ~self.song
            alike = self.genres == self.genres[members][0]
            counts = [(int((alike & (fold == k)).sum()), int((fold == k).sum())) for k in range(FOLDS)]
            fold[members] = counts.index(min(counts))
        return fold

    def halves(self, seed: int) -> NDArray[np.int64]:
        """0 or 1 for each track, no artist in both, about half of each genre; -1 for songs."""
        half = np.full(len(self.genres), -1)
        names, sizes = np.unique(self.artists[~self.song], return_counts=True)
        order = np.random.default_rng(seed).permutation(len(names))
        for number in sorted(order, key=lambda one: -sizes[one]):
            members = (self.artists == names[number]) & ~self.song
            alike = self.genres == self.genres[members][0]
            half[members] = int((alike & (half == 0)).sum() > (alike & (half == 1)).sum())
        return half


@dataclass
class World:
    """`relevant` tracks are to be found in the `library`, taught by examples from the `pool` (indices)."""

    column: str
    fitted: NDArray[np.bool_]
    library: NDArray[np.int64]
    pool: NDArray[np.int64]
    relevant: NDArray[np.bool_]
    tracks: Tracks
    projection: vectors.Projection
    spaces: dict[int, Space] = field(default_factory=dict)

    def space(self, size: int = vectors.SIZE) -> Space:
        if size not in self.spaces:
            kernel, bias = self.projection.kernel[:, :size], self.projection.bias[:size]
            rows = vectors.unit(self.tracks.means @ kernel + bias)
            genres = self.tracks.genres[self.fitted]
            names, known = vectors.known_centroids(rows[self.fitted], genres)
            first = [names.index(name) for name in sorted(set(names))]
            self.spaces[size] = Space(rows, known, known[first], vectors.Projection(kernel, bias))
        return self.spaces[size]


@dataclass(frozen=True)
class Space:
    """Vectors (tracks, size), the known centroids with their groups, and those of whole genres alone."""

    rows: NDArray[np.float32]
    known: NDArray[np.float32]
    genres: NDArray[np.float32]
    projection: vectors.Projection


def worlds(tracks: Tracks, seed: int, size: int = vectors.SIZE) -> Iterator[World]:
    """All worlds, one after another: each takes seconds to fit."""
    folds, taken = tracks.folds(seed), ~tracks.song

    def world(
        column: str,
        fitted: NDArray[np.bool_],
        library: NDArray[np.bool_],
        pool: NDArray[np.bool_],
        relevant: NDArray[np.bool_],
    ) -> World:
        projection = vectors.fit(tracks.means[fitted], tracks.genres[fitted], size)
        places = np.flatnonzero(library), np.flatnonzero(pool)
        return World(column, fitted, *places, relevant, tracks, projection)

    for genre in np.unique(tracks.genres[taken]):
        own = taken & (tracks.genres == genre)
        for fold in range(FOLDS):
            others = taken & (folds != fold)
            yield world("new", others & ~own, folds == fold, others & own, own)
    names, counts = np.unique(tracks.artists[taken], return_counts=True)
    for artist in names[counts >= SUBGENRE]:
        own = tracks.artists == artist
        yield world("sub", taken & ~own, taken, own, own)
    for fold in range(FOLDS):
        pool = folds == (fold + 1) % FOLDS
        fitted = taken & (folds != fold) & ~pool
        first = None
        for genre in np.unique(tracks.genres[taken]):
            own = taken & (tracks.genres == genre)
            first = first or world("same", fitted, folds == fold, pool & own, own)
            yield World(
                "same",
                fitted,
                first.library,
                np.flatnonzero(pool & own),
                own,
                tracks,
                first.projection,
                first.spaces,
            )
    for fold in range(FOLDS) if tracks.song.any() else ():
        first = None
        for name in np.unique(tracks.genres[tracks.song]):
            own = tracks.song & (tracks.genres == name)
            library = (folds == fold) | tracks.song
            first = first or world(str(name), taken & (folds != fold), library, own, own)
            yield World(
                str(name),
                first.fitted,
                first.library,
                np.flatnonzero(own),
                own,
                tracks,
                first.projection,
                first.spaces,
            )


def wide_worlds(tracks: Tracks, seed: int) -> Iterator[World]:
    """As `new`, with a library of half of the artists: enough tracks to ask about some and judge by others."""
    half = tracks.halves(seed)
    for genre in np.unique(tracks.genres[~tracks.song]):
        own = ~tracks.song & (tracks.genres == genre)
        for side in range(2):
            fitted = (half == side) & ~own
            projection = vectors.fit(tracks.means[fitted], tracks.genres[fitted])
            library, pool = np.flatnonzero(half == 1 - side), np.flatnonzero((half == side) & own)
            yield World("new", fitted, library, pool, own, tracks, projection)
