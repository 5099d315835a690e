"""More like this: what is near a track in its owner's library, and why it may be felt to be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from library.models import Embedding, Track, User
from library.models.tags import MOOD_THRESHOLD
from library.selectors.tracks import tracks_by_id
from library.selectors.vectors import vectors_of

#: How close a cosine similarity is, in words: from where on.
CLOSENESS = ((0.9, "Very close"), (0.75, "Close"), (0.5, "Somewhat like it"), (-math.inf, "Further off"))
#: So many moods are named at most.
MAX_SHARED_MOODS = 3


@dataclass(frozen=True, slots=True)
class SimilarTrack:
    """A track near another."""

    track: Track
    similarity: float
    """The cosine of both vectors, -1 to 1."""
    genre: str
    """The genre that both have; "" when they have not the same."""
    moods: list[str]
    """Moods that both have, the strongest first."""

    @property
    def closeness(self) -> str:
        return next(word for least, word in CLOSENESS if self.similarity >= least)


def similar_to(owner: User, track: Track, count: int) -> list[SimilarTrack]:
    """The owner's tracks that sound most like one of theirs, nearest first; none before it was heard."""
    embedding = Embedding.objects.filter(owner=owner, track=track).first()
    vectors = vectors_of(owner, embedding.model) if embedding else None
    if embedding is None or vectors is None:
        return []
    near = dict(vectors.nearest(embedding.vector, count + 1))
    near.pop(track.pk, None)
    tracks = tracks_by_id(owner, near)
    found = [(tracks[pk], similarity) for pk, similarity in near.items() if pk in tracks]
    return [
        SimilarTrack(
            track=other,
            similarity=similarity,
            genre=track.genre if track.genre == other.genre else "",
            moods=shared_moods(track, other),
        )
        for other, similarity in found[:count]
    ]


def shared_moods(one: Track, other: Track) -> list[str]:
    """Moods that both tracks have, those that both have most of first."""
    heard = [track.prediction.moods if track.prediction else {} for track in (one, other)]
    both = {mood: min(score, heard[1].get(mood, 0)) for mood, score in heard[0].items()}
    strong = [mood for mood, score in both.items() if score >= MOOD_THRESHOLD]
    return sorted(strong, key=lambda mood: (-both[mood], mood))[:MAX_SHARED_MOODS]
