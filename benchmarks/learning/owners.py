"""Simulated owners who correct the built-in genres: the model alone, adjusted, and adjusted if the guard lets it.

A model is trained on half of the artists, as the shipped head, but without sounds that are no music and narrow bands;
the other half is the owner's library. Some tracks of it are answered, the others judged, by what this owner calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.learning.worlds import Tracks
from classifier import heads
from classifier.learning import adjustment, vectors

ANSWERS = (20, 50, 100, 200)
#: As the shipped bundle has them.
STRENGTH, TEMPERATURE = 0.002, 1.35


class SimulatedLibrary(NamedTuple):
    """Tracks that the model has not heard: what it says of them, vectors, genres (columns), artists."""

    log_p: NDArray[np.float64]
    vectors: NDArray[np.float32]
    genres: NDArray[np.int64]
    artists: NDArray[np.str_]
    labels: list[str]


def libraries(tracks: Tracks, seed: int) -> Iterator[SimulatedLibrary]:
    """Both halves of the artists in turn, for two ways to halve them."""
    labels = sorted(set(tracks.genres[~tracks.song].tolist()))
    truth = np.array([labels.index(genre) if genre in labels else -1 for genre in tracks.genres])
    for deal in range(2):
        half = tracks.halves(seed + 100 * deal)
        for side in range(2):
            fitted, heard = np.flatnonzero(half == side), np.flatnonzero(half == 1 - side)
            projection = vectors.fit(tracks.means[fitted], tracks.genres[fitted])
            rows = vectors.unit(tracks.means[heard] @ projection.kernel + projection.bias)
            told = log_probabilities(
                [tracks.windows[t] for t in fitted], truth[fitted], [tracks.windows[t] for t in heard]
            )
            yield SimulatedLibrary(told, rows, truth[heard], tracks.artists[heard], labels)


def log_probabilities(
    windows: list[NDArray[np.float32]], targets: NDArray[np.int64], heard: list[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Mean log-probabilities (tracks, genres): regression on windows and discriminants between tracks."""
    rows, mean, scale = heads.standardise(np.concatenate(windows))
    counts = [len(part) for part in windows]
    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3).fit(rows, np.repeat(targets, counts))
    tracks = np.stack([part.mean(axis=0) for part in np.split(rows, np.cumsum(counts)[:-1])])
    axes, offsets = heads.fit_discriminants(tracks, targets)
    kernel = model.coef_.T + heads.DISCRIMINANTS_WEIGHT * axes
    bias = model.intercept_ + heads.DISCRIMINANTS_WEIGHT * offsets
    found = np.stack([log_softmax((part - mean) / scale @ kernel + bias).mean(axis=0) for part in heard])
    return log_softmax(found / TEMPERATURE)


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float64)


def ordinary(library: SimulatedLibrary, rng: np.random.Generator) -> NDArray[np.int64]:
    return library.genres


def disco_is_pop(library: SimulatedLibrary, rng: np.random.Generator) -> NDArray[np.int64]:
    disco, pop = library.labels.index("disco"), library.labels.index("pop")
    return np.where(library.genres == disco, pop, library.genres)


def hard_rock_is_metal(library: SimulatedLibrary, rng: np.random.Generator) -> NDArray[np.int64]:
    """The half of rock that the model finds most like metal."""
    rock, metal = library.labels.index("rock"), library.labels.index("metal")
    odds = library.log_p[:, metal] - library.log_p[:, rock]
    hard = odds > np.median(odds[library.genres == rock])
    return np.where((library.genres == rock) & hard, metal, library.genres)


def zydeco_is_country(library: SimulatedLibrary, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.where(library.artists == "Buckwheat Zydeco", library.labels.index("country"), library.genres)


def at_random(library: SimulatedLibrary, rng: np.random.Generator) -> NDArray[np.int64]:
    """Every answer is drawn from the genres; what is judged is what the tracks are."""
    return rng.integers(0, len(library.labels), len(library.genres))


OWNERS: dict[str, Callable[[SimulatedLibrary, np.random.Generator], NDArray[np.int64]]] = {
    "ordinary": ordinary,
    "calls half of rock metal": hard_rock_is_metal,
    "calls disco pop": disco_is_pop,
    "calls zydeco country": zydeco_is_country,
    "answers at random": at_random,
}


class Outcome(NamedTuple):
    """Accuracies on the judged tracks; whether the guard let the adjustment through."""

    alone: float
    adjusted: float
    passed: bool
    guarded: float


def attempt(
    library: SimulatedLibrary, calls: NDArray[np.int64], judged: NDArray[np.int64], mine: NDArray[np.bool_]
) -> Outcome:
    """Adjust to the answers to `mine`, and judge on the others what `judged` says."""
    rest = ~mine
    alone = float((library.log_p[rest].argmax(axis=1) == judged[rest]).mean())
    found = adjustment.learn(library.log_p[mine], library.vectors[mine], calls[mine], library.artists[mine])
    if found is None:
        return Outcome(alone, alone, False, alone)
    learned, compared = found
    told = learned.apply(library.log_p[rest], library.vectors[rest])
    adjusted = float((told.argmax(axis=1) == judged[rest]).mean())
    return Outcome(alone, adjusted, compared.better, adjusted if compared.better else alone)


def report(tracks: Tracks, seed: int, draws: int) -> None:
    """Print accuracies by owner and number of answers, and how often the guard let a change for the worse pass."""
    found: dict[tuple[str, int], list[Outcome]] = {}
    for number, library in enumerate(libraries(tracks, seed)):
        for name, owner in OWNERS.items():
            for count in ANSWERS:
                for draw in range(draws):
                    rng = np.random.default_rng([seed, number, count, draw])
                    mine = np.zeros(len(library.genres), bool)
                    mine[rng.choice(len(mine), count, replace=False)] = True
                    calls = owner(library, rng)
                    judged = library.genres if owner is at_random else calls
                    found.setdefault((name, count), []).append(attempt(library, calls, judged, mine))
    print("| owner | answers | model alone | adjusted | if guarded | passed | passed and worse |")
    print("|---" * 7 + "|")
    for (name, count), rows in found.items():
        alone, adjusted, passed, guarded = (100 * np.mean(column) for column in zip(*rows, strict=True))
        worse = 100 * np.mean([row.passed and row.adjusted < row.alone for row in rows])
        error = 100 * np.std([row.guarded - row.alone for row in rows]) / len(rows) ** 0.5
        print(
            f"| {name} | {count} | {alone:.1f} % | {adjusted:.1f} % | {guarded:.1f} % (± {error:.1f}) | {passed:.0f} % "
            f"| {worse:.0f} % |"
        )
