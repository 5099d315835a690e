"""What the player needs to know about tracks: in pages, and in JSON for its play queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import JsonResponse, QueryDict

from library.addresses import reverse_cover, reverse_track
from library.http.covers import initials_of
from library.models import Track
from library.selectors import GenreNames, artists_on, cover_id_for
from library.text import whole_number

#: How many tracks one response has. The player itself limits its play queue.
PLAY_QUEUE_CHUNK = 250


def player_entry(track: Track, genres: GenreNames) -> dict[str, str]:
    """A track in the play queue: the URLs of its audio and page, its names, and its cover or else a tile's letters.

    The page of its first artist is known if the artists were fetched (`selectors.with_artists`).
    """
    genre = genres.by_key(track.genre) if track.genre else None
    cover_id = cover_id_for(track)
    return {
        "url": reverse_track("audio", track.pk),
        "href": track.get_absolute_url(),
        "title": track.title,
        "artist": track.artist,
        "artist_href": _artist_page(track),
        "genre": genre.name if genre else "",
        "css": genre.css if genre else "",
        "cover": reverse_cover(cover_id, "medium") if cover_id else "",
        "tile": initials_of(track),
    }


def _artist_page(track: Track) -> str:
    artists = artists_on(track) if hasattr(track, "shown_artists") else []
    return artists[0].get_absolute_url() if artists else ""


def start_offset(params: QueryDict) -> int:
    """The parameter `start`: the index of the first track, counted from 0. Invalid values are 0."""
    return whole_number(params.get("start", "")) or 0


def play_queue_response(tracks: Iterable[Track], genres: GenreNames, *, more: str | None) -> JsonResponse:
    """A part of a play queue, without tracks that cannot be played. `more` is the URL of the next part."""
    playable = (track for track in tracks if track.status != Track.Status.FAILED)
    answer: dict[str, Any] = {"tracks": [player_entry(track, genres) for track in playable], "more": more}
    return JsonResponse(answer)
