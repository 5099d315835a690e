"""What the player needs to know of a track, in pages and in answers to its questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import JsonResponse, QueryDict

from library.addresses import track_address
from library.models import Track
from library.selectors import GenreNames
from library.text import whole_number

#: How many tracks the player gets at once. What a queue holds at most is the player's own affair.
CHUNK = 250


def entry(track: Track, genres: GenreNames) -> dict[str, str]:
    """A track as it stands in a queue: where its sound and page are, and what it is called."""
    genre = genres.named(track.genre) if track.genre else None
    return {
        "url": track_address("audio", track.pk),
        "href": track.get_absolute_url(),
        "title": track.title,
        "artist": track.artist,
        "genre": genre.name if genre else "",
        "css": genre.css if genre else "",
    }


def start_in(params: QueryDict) -> int:
    """From which track on, counted from 0."""
    return whole_number(params.get("start", "")) or 0


def queue_answer(tracks: Iterable[Track], genres: GenreNames, *, more: str | None) -> JsonResponse:
    """A part of a queue, without what cannot be played, and the address of the next part."""
    playable = (track for track in tracks if track.status != Track.Status.FAILED)
    answer: dict[str, Any] = {"tracks": [entry(track, genres) for track in playable], "more": more}
    return JsonResponse(answer)
