"""How well a model can be taught: each genre of a labelled dataset taught by a few of its tracks and looked for.

The genre's own centroids do not compete, as if the model had no word for it, and the tracks to be found are of other
artists than the examples. Average precision is as in information retrieval: C. Manning, P. Raghavan, H. Schütze,
"Introduction to information retrieval", 2008, section 8.4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.learning import concepts
from classifier.learning.known import KnownGenres
from classifier.learning.vectors import FloatArray

#: How many examples are taught, and how often for each genre.
EXAMPLES, DRAWS = 5, 5
#: How far down a ranking people look.
FIRST = 10


def average_precision(scores: ArrayLike, relevant: ArrayLike) -> float:
    """The mean of the precision at each relevant track, the tracks ranked by score; 0 when none is relevant."""
    ranked = np.asarray(relevant, bool)[np.argsort(-np.asarray(scores), kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean()) if ranked.any() else 0.0


def precision_of_first(scores: ArrayLike, relevant: ArrayLike, count: int = FIRST) -> float:
    """The share of relevant tracks among the first `count`, or of as many as there are relevant ones."""
    ranked = np.asarray(relevant, bool)[np.argsort(-np.asarray(scores), kind="stable")]
    possible = min(count, int(ranked.sum()))
    return float(ranked[:possible].mean()) if possible else 0.0


def teaching_figures(
    vectors: ArrayLike, genres: ArrayLike, artists: ArrayLike, known: KnownGenres, seed: int = 0
) -> dict[str, Any] | None:
    """What teaching each genre by `EXAMPLES` tracks finds, as means over `DRAWS` draws of examples.

    `vectors` are (tracks, size), `genres` and `artists` (tracks,); a track without an artist (an empty text) is by an
    artist of its own. A genre is left out when the artists other than its examples' have none of it. Returns
    `examples`, the means `average_precision` and `precision_at_10`, and `per_genre` {genre: the same two}; None when
    every genre is left out. Raises ValueError when shapes disagree.
    """
    rows, names = concepts.check(vectors), np.asarray(genres)
    if names.shape != (len(rows),) or np.shape(artists) != names.shape:
        raise ValueError(f"{len(rows)} vectors need as many genres and artists.")
    who = np.array([str(artist) or f"\0{track}" for track, artist in enumerate(np.asarray(artists))])
    found: dict[str, list[tuple[float, float]]] = {}
    for number, genre in enumerate(np.unique(names)):
        own, rivals = names == genre, known.centroids[np.array(known.genres) != genre]
        if own.sum() <= EXAMPLES or not len(rivals):
            continue
        for draw in range(DRAWS):
            rng = np.random.default_rng([seed, number, draw])
            examples = rng.choice(np.flatnonzero(own), EXAMPLES, replace=False)
            library = ~np.isin(who, who[examples])
            if (library & own).any():
                found.setdefault(str(genre), []).append(
                    ranking_of_taught(rows, examples, library, own, rivals)
                )
    return summary(found)


def ranking_of_taught(
    rows: FloatArray,
    examples: NDArray[np.int64],
    library: NDArray[np.bool_],
    relevant: NDArray[np.bool_],
    rivals: FloatArray,
) -> tuple[float, float]:
    """Average precision and precision at 10 when a concept is taught by some tracks and looked for in others.

    `rows` are vectors (tracks, size), `examples` indices of them; `library` and `relevant` (tracks,) say where to look
    and what is to be found; `rivals` are the centroids that compete.
    """
    concept = concepts.teach(rows[np.sort(examples)], [], rivals)
    scores = concepts.scores([concept], rows[library], rivals)[:, 0]
    return average_precision(scores, relevant[library]), precision_of_first(scores, relevant[library])


def summary(found: dict[str, list[tuple[float, float]]]) -> dict[str, Any] | None:
    """The figures of `teaching_figures` from those of single draws, by genre; None when there are none."""
    if not found:
        return None
    means = {genre: np.mean(rows, axis=0).tolist() for genre, rows in sorted(found.items())}
    keys = ("average_precision", f"precision_at_{FIRST}")
    overall = np.mean(list(means.values()), axis=0).tolist()
    per_genre = {genre: dict(zip(keys, row, strict=True)) for genre, row in means.items()}
    return {"examples": EXAMPLES, **dict(zip(keys, overall, strict=True)), "per_genre": per_genre}
