"""Finding similar tracks among 20,000 and 100,000, compared with scikit-learn's brute-force search.

Both get the same matrix of generated vectors, in clusters as of music, and must find the same tracks. The time that the
first query also takes, to read the vectors from the database, is printed as well, as is that of learning vectors.
"""

from __future__ import annotations

import uuid
from itertools import batched
from statistics import median
from typing import Any

import numpy as np

from benchmarks.databases import temporary_site
from benchmarks.measure import cpu_seconds_by_round, median_ratio, pin_to_one_core, print_table

SIZES = (20_000, 100_000)
NUMBERS, LEARNING_NUMBERS = 64, 128
NEIGHBOURS = 50
QUESTIONS = 20
ROUNDS = 5
MODEL = "bench 1"


def vectors(count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return vectors of length 1 in ten clusters."""
    chance = np.random.default_rng(1)
    corners = chance.normal(size=(10, NUMBERS))
    made = corners[chance.integers(10, size=count)] + chance.normal(size=(count, NUMBERS))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype("<f4")


def embeddings_fill(owner: Any, count: int) -> None:
    from library.models import Embedding, LearningVector, Track

    chance = np.random.default_rng(2)
    for numbers in batched(enumerate(vectors(count)), 5000):
        tracks = [
            Track(
                id=uuid.UUID(bytes=chance.bytes(16), version=4),
                owner=owner,
                title=f"Song {number}",
                kind="mp3",
                size=1,
                sha256=f"{number:064}",
                status="ready",
            )
            for number, _ in numbers
        ]
        Track.objects.bulk_create(tracks)
        Embedding.objects.bulk_create(
            Embedding(track=track, owner=owner, model=MODEL, vector=vector.tobytes())
            for track, (_, vector) in zip(tracks, numbers, strict=True)
        )
        # Only the time to read them is measured, so that they may be anything.
        learning = chance.normal(size=(len(tracks), LEARNING_NUMBERS)).astype("<f2")
        LearningVector.objects.bulk_create(
            LearningVector(track=track, owner=owner, space=MODEL, vector=vector.tobytes())
            for track, vector in zip(tracks, learning, strict=True)
        )


def measure_neighbours(owner: Any, count: int) -> None:
    from sklearn.neighbors import NearestNeighbors

    from library.models import Track
    from library.selectors import vectors as kept
    from library.selectors.similar import similar_to

    def read() -> Any:
        kept._cache.clear()
        return kept.vectors_of(owner)

    def read_learning() -> Any:
        kept._cache.clear()
        return kept.learning_vectors_of(owner)

    mine = read()
    peer = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute", metric="cosine").fit(mine.matrix)
    asked = mine.matrix[:: count // QUESTIONS][:QUESTIONS]
    for vector in asked:
        found = [similarity for _, similarity in mine.nearest(vector.tobytes(), NEIGHBOURS)]
        distances, _ = peer.kneighbors(vector[None])
        assert np.allclose(found, 1 - distances[0], atol=1e-5)

    track = Track.objects.filter(owner=owner)[0]
    times = cpu_seconds_by_round(
        ROUNDS,
        mine=lambda: [list(mine.nearest(vector.tobytes(), NEIGHBOURS)) for vector in asked],
        peer=lambda: [peer.kneighbors(vector[None]) for vector in asked],
        page=lambda: [similar_to(owner, track, NEIGHBOURS) for _ in range(QUESTIONS)],
        read=read,
        read_learning=read_learning,
        places=lambda: kept.Vectors(mine.ids, mine.matrix).map_points,
    )
    one = [seconds / QUESTIONS for seconds in times["mine"]]
    print_table(
        f"The {NEIGHBOURS} nearest of {count:,} tracks, CPU time",
        [
            ("Earmark", f"{1000 * median(one):.1f} ms"),
            ("scikit-learn, brute force", f"{1000 * median(times['peer']) / QUESTIONS:.1f} ms"),
            ("scikit-learn : Earmark", f"{median_ratio(times['peer'], times['mine']):.2f}"),
            ("with the database's part : without", f"{median_ratio(times['page'], times['mine']):.2f}"),
            ("reading all vectors, once", f"{1000 * median(times['read']):.0f} ms"),
            ("reading all learning vectors, once", f"{1000 * median(times['read_learning']):.0f} ms"),
            ("the map's two directions, once", f"{1000 * median(times['places']):.0f} ms"),
        ],
    )


def main() -> None:
    pin_to_one_core()
    for count in SIZES:
        with temporary_site(static=False):
            from library.models import User

            owner = User.objects.create_user("bench@example.org", "a quiet listening room")
            embeddings_fill(owner, count)
            measure_neighbours(owner, count)


if __name__ == "__main__":
    main()
