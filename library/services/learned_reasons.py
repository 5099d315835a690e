"""Why a version proposes a genre: the tracks that their owner called so, and that sound most like the track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from library.models import User
from library.selectors.vectors import learning_vectors_of

if TYPE_CHECKING:
    import numpy as np

#: How many answers a row names.
NEAREST_ANSWERS = 3


class NearestAnswers:
    """Looks for the nearest of an owner's answers by genre. Answers about tracks without a vector are left out."""

    def __init__(
        self, answers: Mapping[UUID, str], ids: Sequence[UUID], vectors: np.ndarray[Any, Any]
    ) -> None:
        """`vectors` (tracks, size) are those of the tracks with these ids, which have answers."""
        by_genre: dict[str, list[int]] = {}
        for row, pk in enumerate(ids):
            by_genre.setdefault(answers[pk], []).append(row)
        self.ids = {genre: [str(ids[row]) for row in rows] for genre, rows in by_genre.items()}
        self.vectors = {genre: vectors[rows] for genre, rows in by_genre.items()}

    @classmethod
    def of_library(cls, owner: User, space: str, answers: Mapping[UUID, str]) -> NearestAnswers:
        """Among the owner's learning vectors of a space."""
        import numpy as np

        vectors = learning_vectors_of(owner, space)
        if vectors is None:
            return cls(answers, [], np.zeros((0, 0)))
        rows = vectors.rows_of(b"".join(pk.bytes for pk in answers))
        return cls(answers, [vectors.track_id_at(row) for row in rows.tolist()], vectors.matrix[rows])

    def of(self, genres: Sequence[str], vectors: np.ndarray[Any, Any]) -> list[list[str]]:
        """For each genre and the vector (size,) of a track beside it, the ids of the nearest answers, nearest first."""
        from threadpoolctl import threadpool_limits

        from classifier.learning import concepts

        found: list[list[str]] = [[] for _ in genres]
        with threadpool_limits(1):  # the other cores are left to others
            for genre in set(genres) & set(self.ids):
                places = [place for place, each in enumerate(genres) if each == genre]
                nearest = concepts.explanations(self.vectors[genre], vectors[places], NEAREST_ANSWERS)
                for place, of_one in zip(places, nearest, strict=True):
                    found[place] = [self.ids[genre][answer] for answer in of_one]
        return found
