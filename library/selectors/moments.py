"""Where in a track to begin when it is played as a suggestion.

A track has one vector for learning, but probabilities of the built-in genres for each segment. So the most telling
moment is taken to be where these are most like what the examples have on average: it needs no other analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from library.models import Prediction, Track, User

#: How many segments from a moment on count, and how many seconds before the end it lies at least.
SEGMENTS_HEARD = 3
LEAST_SECONDS_LEFT = 15


def segments_of(owner: User, tracks: Iterable[Track]) -> dict[UUID, list[Any]]:
    """The segments of the owner's tracks by the tracks' ids: [start, end, [probability of each genre, by name]]."""
    current = Prediction.objects.filter(
        pk__in=[track.prediction_id for track in tracks], track__owner=owner, track__deleted_at=None
    ).order_by()
    return dict(current.values_list("track_id", "segments"))


def telling_moment(track: Track, segments: Sequence[Any], examples: Iterable[Track]) -> float:
    """The second from which on a track, by its segments, is most like the examples; 0 when nothing tells."""
    likeness = [example.prediction.probabilities for example in examples if example.prediction]
    if not segments or not likeness or not track.prediction:
        return 0.0
    wanted = [sum(one.get(genre, 0) for one in likeness) / len(likeness) for genre in track.prediction.genres]
    apart = [sum((a - b) ** 2 for a, b in zip(shares, wanted, strict=True)) for _, _, shares in segments]
    last_start = segments[-1][1] - LEAST_SECONDS_LEFT
    places = [place for place, (start, _, _) in enumerate(segments) if start <= last_start] or [0]
    best = min(places, key=lambda place: _mean(apart[place : place + SEGMENTS_HEARD]))
    return float(segments[best][0])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
