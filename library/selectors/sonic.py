"""Songs near to one, and on the way from one to another, by the learning vectors of a library."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

from library.models import Track, User
from library.selectors.vectors import Vectors, learning_vectors_of

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float32]]

#: A track of the owner, and how near it is to the first: 1 for the same sound, 0 for the opposite.
Match = tuple[UUID, float]


def sonic_neighbours_of(owner: User, track: Track, count: int) -> list[Match]:
    """The owner's tracks that sound most like one of theirs, the nearest first; none if it is not heard yet."""
    vectors = learning_vectors_of(owner)
    row = _row_of(vectors, track)
    if vectors is None or row is None:
        return []
    near = vectors.nearest(vectors.matrix[row].tobytes(), count + 1)
    return [(pk, _normalised(cosine)) for pk, cosine in near if pk != track.pk][:count]


def sonic_path_of(owner: User, first: Track, last: Track, count: int) -> list[Match]:
    """Up to `count` of the owner's tracks from one to another, each once and both among them.

    Between them, each is the nearest that is left to a point of the great circle from the first to the last; these
    points are evenly spaced. None, if one of the two is not heard yet.
    """
    import numpy as np

    vectors = learning_vectors_of(owner)
    start, end = _row_of(vectors, first), _row_of(vectors, last)
    if vectors is None or start is None or end is None:
        return []
    points = _arc(vectors.matrix[start], vectors.matrix[end], max(count - 2, 0))
    used, rows = {start, end}, [start]
    # As many nearest ones as may be taken already, and one more.
    most = min(len(points) + 2, len(vectors))
    for similarity in points @ vectors.matrix.T:
        nearest = np.argpartition(-similarity, most - 1)[:most]
        free = [
            int(row) for row in nearest[np.argsort(-similarity[nearest], kind="stable")] if row not in used
        ]
        if free:
            used.add(free[0])
            rows.append(free[0])
    if end != start and count > 1:
        rows.append(end)
    likeness = vectors.matrix[rows] @ vectors.matrix[start]
    return [(vectors.track_id_at(row), _normalised(float(c))) for row, c in zip(rows, likeness, strict=True)]


def _row_of(vectors: Vectors | None, track: Track) -> int | None:
    rows = vectors.rows_of(track.pk.bytes).tolist() if vectors else []
    return rows[0] if rows else None


def _arc(first: Floats, last: Floats, count: int) -> Floats:
    """Points between two vectors of length 1, evenly spaced on the shorter arc, without its ends."""
    import numpy as np

    shares = np.arange(1, count + 1, dtype="f4") / (count + 1)
    angle = math.acos(max(-1.0, min(1.0, float(first @ last))))
    if math.sin(angle) < 1e-6:
        return np.outer(1 - shares, first) + np.outer(shares, last)
    ways = np.sin((1 - shares) * angle), np.sin(shares * angle)
    found: Floats = (np.outer(ways[0], first) + np.outer(ways[1], last)) / math.sin(angle)
    return found


def _normalised(cosine: float) -> float:
    return round(min(max((1 + cosine) / 2, 0.0), 1.0), 4)
