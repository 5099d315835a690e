"""The vectors of a library as one matrix, and nearest neighbours in it: its embeddings, or its learning vectors.

Reading 50,000 vectors takes some tenths of a second, comparing one with all of them some milliseconds. So each
process caches a matrix until a vector is added or removed, or a track goes to the bin or is restored.
NumPy is imported when the first matrix is needed, not with the site.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, Count, Max, QuerySet
from django.db.models.functions import Cast

from library.models import Embedding, LearningVector, User
from library.selectors.bin import binned_ids_of

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float32]]
    Rows = np.ndarray[Any, np.dtype[np.int64]]

#: The limit of a process's cache, in bytes of vectors: embeddings and learning vectors of about 170,000 tracks.
CACHE_BYTES = 128 * 2**20


@dataclass(frozen=True)
class VectorTable:
    """A table of vectors, with an owner and a date. `space` is its column that says which vectors can be compared."""

    rows: type[Embedding] | type[LearningVector]
    space: str
    dtype: str


EMBEDDINGS = VectorTable(Embedding, "model", "<f4")
LEARNING_VECTORS = VectorTable(LearningVector, "space", "<f2")


@dataclass(frozen=True)
class Vectors:
    """Vectors of length 1, of one person and one space, in the order of the tracks' ids."""

    ids: bytes
    """The UUIDs of the tracks, 16 bytes each."""
    matrix: Floats

    def __len__(self) -> int:
        return len(self.matrix)

    def track_id_at(self, row: int) -> UUID:
        return UUID(bytes=self.ids[16 * row : 16 * row + 16])

    def rows_of(self, track_ids: bytes) -> Rows:
        """The rows of those of these tracks (UUIDs, 16 bytes each) that are here, ascending."""
        import numpy as np

        if not track_ids:
            return np.zeros(0, np.int64)
        own, wanted = np.frombuffer(self.ids, "S16"), np.frombuffer(track_ids, "S16")
        rows = np.unique(np.searchsorted(own, wanted).clip(max=len(own) - 1))
        return rows[np.isin(own[rows], wanted)]

    def nearest(self, vector: bytes | memoryview, count: int) -> Iterator[tuple[UUID, float]]:
        """Tracks with their cosine similarity to a vector, the most similar first."""
        import numpy as np

        similarity = self.matrix @ np.frombuffer(vector, "<f4")
        for row in _top_rows(similarity, count):
            yield self.track_id_at(row), float(similarity[row])

    @cached_property
    def map_points(self) -> Floats:
        """The tracks' points on the map, (tracks, 2) from 0 to 1: the first two principal components.

        The sign of a component is arbitrary; here its largest weight is positive, so that the map does not flip.
        The outer 1 % of the tracks at each end is put onto the border, so that outliers do not squeeze the others.
        """
        import numpy as np

        centred = self.matrix - self.matrix.mean(axis=0)
        _, axes = np.linalg.eigh(centred.T @ centred)
        axes = axes[:, [-1, -2]]
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
        map_points = centred @ axes
        low, high = np.percentile(map_points, [1, 99], axis=0)
        found: Floats = np.clip((map_points - low) / np.maximum(high - low, 1e-6), 0, 1).astype("f4")
        return found

    def rows_near_point(self, x: float, y: float, count: int) -> list[int]:
        """The rows next to a point of the map, nearest first."""
        import numpy as np

        offset = self.map_points - np.array([x, y], "f4")
        return _top_rows(-(offset**2).sum(axis=1), count)

    def sample(self, count: int) -> list[int]:
        """At most `count` rows, evenly spaced. Ids are random, so this is a random sample."""
        step = max(len(self) / count, 1)
        return [int(number * step) for number in range(min(len(self), count))]


def _top_rows(values: Floats, count: int) -> list[int]:
    """The rows of the greatest values, greatest first; equal values in the order of the rows."""
    import numpy as np

    rows = np.arange(len(values))
    if count < len(values):
        rows = np.sort(np.argpartition(-values, count)[:count])
    return [int(row) for row in rows[np.argsort(-values[rows], kind="stable")]]


_cache: OrderedDict[tuple[str, int], tuple[tuple[Any, ...], Vectors]] = OrderedDict()
_lock = threading.Lock()


def vectors_of(owner: User, model: str = "") -> Vectors | None:
    """The owner's embeddings by a model, or by the one that most of them are by; None if there are none."""
    return _cached_vectors(EMBEDDINGS, owner, model)


def learning_vectors_of(owner: User, space: str = "") -> Vectors | None:
    """The owner's learning vectors of a space, or of the one that most of them are of; None if there are none."""
    return _cached_vectors(LEARNING_VECTORS, owner, space)


def _cached_vectors(table: VectorTable, owner: User, space: str) -> Vectors | None:
    rows = table.rows.objects.filter(owner=owner)
    counts = dict(rows.order_by().values_list(table.space).annotate(n=Count("*")))
    # Selected by track only: tracks in the bin are few, and the owner's vectors many.
    in_bin = table.rows.objects.filter(track__in=binned_ids_of(owner)).order_by().values_list(table.space)
    binned = {
        name: (count, latest)
        for name, count, latest in in_bin.annotate(n=Count("*"), latest=Max("track__deleted_at"))
    }
    in_library = {name: count - binned.get(name, (0,))[0] for name, count in counts.items()}
    name = space or max(sorted(in_library), key=in_library.__getitem__, default="")
    if not in_library.get(name):
        return None
    # The end of an index has the latest; Max() beside the count would read every row.
    latest = rows.filter(**{table.space: name}).order_by("-created_at").values_list("created_at", flat=True)
    stamp = (name, counts[name], latest.first(), binned.get(name))
    key = (table.rows.__name__, owner.pk)
    with _lock:
        known, vectors = _cache.get(key, ((), None))
        if known == stamp and vectors is not None:
            _cache.move_to_end(key)
            return vectors
    vectors = _load_vectors(table, owner, name)
    if vectors is None:
        return None
    with _lock:
        _cache[key] = (stamp, vectors)
        _cache.move_to_end(key)
        while len(_cache) > 1 and sum(v.matrix.nbytes for _, v in _cache.values()) > CACHE_BYTES:
            _cache.popitem(last=False)
    return vectors


def _load_vectors(table: VectorTable, owner: User, space: str) -> Vectors | None:
    """Ids are read as text: to make a UUID object of each would take most of the time."""
    import numpy as np

    found = table.rows.objects.filter(owner=owner, **{table.space: space})
    found = found.exclude(track__in=binned_ids_of(owner))
    rows = list(found.order_by("pk").values_list(Cast("track_id", CharField()), "vector"))
    if not rows:
        return None
    ids, vectors = zip(*rows, strict=True)
    matrix = np.frombuffer(b"".join(vectors), table.dtype).reshape(len(vectors), -1)
    return Vectors(ids=_packed(ids), matrix=matrix.astype(np.float32, copy=False))


def packed_track_ids(rows: QuerySet[Any, Any]) -> bytes:
    """The `track` of each row, 16 bytes each, as `Vectors.rows_of` takes them."""
    return _packed(rows.values_list(Cast("track_id", CharField()), flat=True))


def _packed(uuids: Iterable[str]) -> bytes:
    return bytes.fromhex("".join(uuids).replace("-", ""))
