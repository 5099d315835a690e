"""The play queue: the tracks that are played after those that a list shows."""

from __future__ import annotations

from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from library import selectors
from library.http.player_payload import PLAY_QUEUE_CHUNK, play_queue_response, start_offset
from library.http.types import AuthenticatedRequest
from library.search.filters import track_filterset


@require_safe
def play_queue(request: AuthenticatedRequest) -> JsonResponse:
    """The tracks of a search for the player, from `start` on; `more` is the URL of the next ones."""
    start = start_offset(request.GET)
    tracks = track_filterset(request.user, request.GET).qs.prefetch_related(selectors.with_artists())
    found = list(tracks[start : start + PLAY_QUEUE_CHUNK + 1])
    more = request.GET.copy()
    more["start"] = str(start + PLAY_QUEUE_CHUNK)
    return play_queue_response(
        found[:PLAY_QUEUE_CHUNK],
        selectors.genre_names_of(request.user),
        more=f"{reverse('play-queue')}?{more.urlencode()}" if len(found) > PLAY_QUEUE_CHUNK else None,
    )
