"""Average precision of what is, could be and was subtracted from the likeness to the examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning.worlds import Tracks, World, worlds
from classifier.learning import concepts, vectors
from classifier.learning.figures import average_precision

Scores = NDArray[np.floating]
Method = Callable[[World, NDArray[np.int64], NDArray[np.int64]], Scores]

#: How many examples are taught, by column; all others as songs.
EXAMPLES = {"new": (1, 3, 5, 10, 20), "sub": (1, 3, 5), "same": (3, 5), "songs": (3, 5)}


def soft_maximum(cosines: Scores, sharpness: float) -> Scores:
    return np.log(np.exp(sharpness * cosines).mean(axis=-1)) / sharpness


def plain(world: World, examples: NDArray[np.int64], library: NDArray[np.int64], size: int = 96) -> Scores:
    rows = world.space(size).rows
    return rows[library] @ vectors.unit(rows[examples].mean(axis=0))


def soft(
    world: World,
    examples: NDArray[np.int64],
    library: NDArray[np.int64],
    share: float,
    sharpness: float = 6.0,
    size: int = 96,
) -> Scores:
    space = world.space(size)
    return plain(world, examples, library, size) - share * soft_maximum(
        space.rows[library] @ space.genres.T, sharpness
    )


def best(world: World, examples: NDArray[np.int64], library: NDArray[np.int64], share: float) -> Scores:
    space = world.space(96)
    return plain(world, examples, library) - share * (space.rows[library] @ space.genres.T).max(axis=1)


def package(
    world: World, examples: NDArray[np.int64], library: NDArray[np.int64], size: int = vectors.SIZE
) -> Scores:
    space = world.space(size)
    concept = concepts.teach(space.rows[examples], [], space.known)
    return concepts.scores([concept], space.rows[library], space.known)[:, 0]


def changed(
    world: World,
    examples: NDArray[np.int64],
    library: NDArray[np.int64],
    known: str = "known",
    **numbers: float,
) -> Scores:
    """As shipped, with other numbers, or with centroids of whole genres alone."""
    kept = {name: getattr(concepts, name) for name in numbers}
    space = world.space()
    try:
        for name, value in numbers.items():
            setattr(concepts, name, value)
        concept = concepts.teach(space.rows[examples], [], getattr(space, known))
        return concepts.scores([concept], space.rows[library], getattr(space, known))[:, 0]
    finally:
        for name, value in kept.items():
            setattr(concepts, name, value)


def by_window(world: World, examples: NDArray[np.int64], library: NDArray[np.int64]) -> Scores:
    """The mean of windows' scores in place of the score of the windows' mean."""
    space = world.space()
    concept = concepts.teach(space.rows[examples], [], space.known)
    windows = [
        world.tracks.windows[track] @ space.projection.kernel + space.projection.bias for track in library
    ]
    told = concepts.scores([concept], vectors.unit(np.concatenate(windows)), space.known)[:, 0]
    return np.array([part.mean() for part in np.split(told, np.cumsum([len(rows) for rows in windows])[:-1])])


def with_probabilities(world: World, examples: NDArray[np.int64], library: NDArray[np.int64]) -> Scores:
    """And a share of the log-probability of the examples' known genres, by the nearest centroids."""
    space = world.space()
    odds = np.exp(10 * space.rows @ space.genres.T)
    odds /= odds.sum(axis=1, keepdims=True)
    return package(world, examples, library) + 0.05 * np.log(odds[library] + 1e-3) @ odds[examples].mean(
        axis=0
    )


def chosen_share(world: World, examples: NDArray[np.int64], library: NDArray[np.int64]) -> Scores:
    """The competition's weight by leaving examples out: the one that ranks them best in the library."""
    shares, found = (0.3, 0.5, 0.7, 0.85), []
    for share in shares:
        ranks = []
        for left_out in examples if len(examples) > 1 else ():
            others = examples[examples != left_out]
            told = changed(world, others, np.append(library, left_out), COMPETITION=share)
            ranks.append(np.log(1 + (told[:-1] > told[-1]).sum()))
        found.append(np.mean(ranks) if ranks else 0.0)
    return changed(world, examples, library, COMPETITION=shares[int(np.argmin(found))])


METHODS: dict[str, Method] = {
    "nothing (96 numbers)": plain,
    "the best known genre's cosine": partial(best, share=1.0),
    "half of it": partial(best, share=0.5),
    "half of the soft maximum (6)": partial(soft, share=0.5),
    "the whole soft maximum (6)": partial(soft, share=1.0),
    "nothing, 128 numbers": partial(plain, size=128),
    "half of the soft maximum (6), 128 numbers": partial(soft, share=0.5, size=128),
    "0.7 of the soft maximum (20), 128 numbers": partial(soft, share=0.7, sharpness=20.0, size=128),
    "AS SHIPPED": package,
    "as shipped, 96 numbers": partial(package, size=96),
    "… whole genres alone": partial(changed, known="genres"),
    "… nothing allowed": partial(changed, ALLOWANCE=0.0),
    "… examples' centroid alone": partial(changed, NEAREST=0.0),
    "… sharpness 10": partial(changed, SHARPNESS=10.0),
    "… sharpness 30": partial(changed, SHARPNESS=30.0),
    "… competition 0.5": partial(changed, COMPETITION=0.5),
    "… competition 0.85": partial(changed, COMPETITION=0.85),
    "… its weight by leaving examples out": chosen_share,
    "… mean of windows' scores": by_window,
    "… and probabilities": with_probabilities,
}


def table(tracks: Tracks, seed: int, draws: int) -> dict[str, dict[tuple[str, int], list[float]]]:
    """Average precisions by method and (column, examples), of the same draws for every method."""
    found: dict[str, dict[tuple[str, int], list[float]]] = {name: {} for name in METHODS}
    first_ten: dict[tuple[str, int], list[float]] = {}
    for number, world in enumerate(worlds(tracks, seed)):
        for count in EXAMPLES.get(world.column, EXAMPLES["songs"]):
            for draw in range(draws) if len(world.pool) > count else ():
                rng = np.random.default_rng([seed, number, count, draw])
                examples = np.sort(rng.choice(world.pool, count, replace=False))
                library = np.setdiff1d(world.library, examples)
                relevant = world.relevant[library]
                if not relevant.any():
                    continue
                for name, method in METHODS.items():
                    told = method(world, examples, library)
                    found[name].setdefault((world.column, count), []).append(
                        average_precision(told, relevant)
                    )
                    if name == "AS SHIPPED":
                        top = relevant[np.argsort(-told, kind="stable")[:10]]
                        right = top.sum() / min(10, relevant.sum())
                        first_ten.setdefault((world.column, count), []).append(float(right))
    found["(right among the first ten)"] = first_ten
    return found


def print_table(found: dict[str, dict[tuple[str, int], list[float]]]) -> None:
    """As Markdown. The mean is of the columns of DESIGN's table: without `same`, 1 and 20 examples."""
    columns = list(found["AS SHIPPED"])
    compared = [column for column in columns if column[0] != "same" and column[1] in (3, 5, 10)]
    floor = found["nothing (96 numbers)"]
    print("| |", " | ".join(f"{name} {count}" for name, count in columns), "| mean | worst beside nothing |")
    print("|---" * (len(columns) + 3) + "|")
    for name, row in found.items():
        means = {column: float(np.mean(row[column])) for column in columns}
        worst = min(means[column] - float(np.mean(floor[column])) for column in compared)
        cells = " | ".join(f"{means[column]:.3f}" for column in columns)
        print(f"| {name} | {cells} | {np.mean([means[column] for column in compared]):.4f} | {worst:+.3f} |")
