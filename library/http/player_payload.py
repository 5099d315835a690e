"""What the player needs to know of a track, in pages and in answers to its questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import JsonResponse, QueryDict

from library.addresses import reverse_track
from library.models import Track
from library.selectors import GenreNames
from library.text import whole_number

#: How many tracks the player gets at once. What a queue holds at most is the player's own affair.
PLAY_QUEUE_CHUNK = 250


def player_entry(track: Track, genres: GenreNames) -> dict[str, str]:
    """A track as it stands in a queue: where its sound and page are, and what it is called."""
    genre = genres.by_key(track.genre) if track.genre else None
    return {
        "url": reverse_track("audio", track.pk),
        "href": track.get_absolute_url(),
        "title": track.title,
        "artist": track.artist,
        "genre": genre.name if genre else "",
        "css": genre.css if genre else "",
    }


def start_offset(params: QueryDict) -> int:
    """From which track on, counted from 0."""
    return whole_number(params.get("start", "")) or 0


def play_queue_response(tracks: Iterable[Track], genres: GenreNames, *, more: str | None) -> JsonResponse:
    """A part of a queue, without what cannot be played, and the address of the next part."""
    playable = (track for track in tracks if track.status != Track.Status.FAILED)
    answer: dict[str, Any] = {"tracks": [player_entry(track, genres) for track in playable], "more": more}
    return JsonResponse(answer)
