"""The vectors that an analysis leaves: the embedding, for similar tracks, and the learning vector, for teaching."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from library.models import Embedding, LearningVector, Track
from library.services.concept_pass_requests import concept_pass_request_if_on


def embedding_bytes(embedding: Sequence[float]) -> bytes:
    """As `Embedding.vector` holds it: float32, little-endian."""
    return struct.pack(f"<{len(embedding)}f", *embedding)


def learning_vector_bytes(vector: Sequence[float]) -> bytes:
    """As `LearningVector.vector` holds it: float16, little-endian."""
    return struct.pack(f"<{len(vector)}e", *vector)


def embedding_record(*, track: Track, embedding: Sequence[float], space: str) -> None:
    """Store a track's embedding in place of the one that it has; none for []."""
    Embedding.objects.filter(track=track).delete()
    if embedding:
        vector = embedding_bytes(embedding)
        Embedding.objects.create(track=track, owner_id=track.owner_id, model=space, vector=vector)


def learning_vector_record(*, track: Track, vector: Sequence[float], space: str) -> None:
    """Store a track's learning vector in place of the one that it has.

    [], from a model that makes none, leaves that one: it is of the same file. A new vector is always a new row, since
    selectors notice changes by the date of the latest.
    """
    if vector:
        LearningVector.objects.filter(track=track).delete()
        packed = learning_vector_bytes(vector)
        LearningVector.objects.create(track=track, owner_id=track.owner_id, space=space, vector=packed)
        concept_pass_request_if_on(owner_id=track.owner_id)
