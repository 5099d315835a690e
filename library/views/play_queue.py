"""The play queue: the tracks that are played after those that a list shows."""

from __future__ import annotations

from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from library import selectors
from library.http.player_payload import CHUNK, queue_answer, start_in
from library.http.types import Request
from library.search.filters import filter_of


@require_safe
def play_queue(request: Request) -> JsonResponse:
    """The tracks of a search for the player, from `start` on; `more` is the URL of the next ones."""
    start = start_in(request.GET)
    found = list(filter_of(request.user, request.GET).qs[start : start + CHUNK + 1])
    more = request.GET.copy()
    more["start"] = str(start + CHUNK)
    return queue_answer(
        found[:CHUNK],
        selectors.genre_names_of(request.user),
        more=f"{reverse('play-queue')}?{more.urlencode()}" if len(found) > CHUNK else None,
    )
