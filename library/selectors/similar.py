"""Similar tracks in an owner's library, and what they have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass

from library.models import Embedding, Track, User
from library.models.tags import MOOD_THRESHOLD
from library.selectors.tracks import tracks_by_id
from library.selectors.vectors import vectors_of

#: Cosine similarities in words, by their lower bounds.
CLOSENESS = ((0.9, "Very close"), (0.75, "Close"), (0.5, "Somewhat like it"), (-math.inf, "Further off"))
#: How many common moods are named.
MAX_SHARED_MOODS = 3


@dataclass(frozen=True, slots=True)
class SimilarTrack:
    """A track that sounds like another."""

    track: Track
    similarity: float
    """The cosine of both vectors, -1 to 1."""
    genre: str
    """The genre that both have; "" if they differ."""
    moods: list[str]
    """Moods that both have, strongest first."""

    @property
    def closeness(self) -> str:
        return next(word for least, word in CLOSENESS if self.similarity >= least)


def similar_to(owner: User, track: Track, count: int) -> list[SimilarTrack]:
    """The owner's tracks that sound most like one of theirs, most similar first; none if it is not analysed yet."""
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
    """Moods that both tracks have, by the lower of the two scores, highest first."""
    moods = [track.prediction.moods if track.prediction else {} for track in (one, other)]
    both = {mood: min(score, moods[1].get(mood, 0)) for mood, score in moods[0].items()}
    strong = [mood for mood, score in both.items() if score >= MOOD_THRESHOLD]
    return sorted(strong, key=lambda mood: (-both[mood], mood))[:MAX_SHARED_MOODS]
