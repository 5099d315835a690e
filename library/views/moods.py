"""Mood stations, and the map of one's library."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library.http.player_payload import CHUNK, queue_answer, start_in
from library.http.shortcuts import PAGE_SIZE
from library.http.types import Request
from library.selectors.genres import genre_names_of
from library.selectors.maps import Place, around, map_of
from library.selectors.moods import moods_of, station_of
from library.selectors.tracks import tracks_by_id

#: How many tracks the station around a point of the map has.
AROUND = 25


@require_safe
def moods(request: Request) -> HttpResponse:
    """The moods, and the map; with `x` and `y` (0 to 100, from the left and from the bottom) what is there."""
    place = place_in(request.GET)
    near = around(request.user, place, AROUND) if place else []
    return render(
        request,
        "library/moods.html",
        {"moods": moods_of(request.user), "map": map_of(request.user), "place": place, "near": near},
    )


@require_safe
def station(request: Request, mood: str) -> HttpResponse:
    """The tracks that have most of a mood. Which are on the page is asked first, by id alone."""
    heard = station_of(request.user, mood)
    page = Paginator(heard.values_list("track_id", "score"), PAGE_SIZE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        raise Http404
    scores = dict(page.object_list)
    tracks = tracks_by_id(request.user, scores)
    near = [(tracks[pk], score) for pk, score in scores.items() if pk in tracks]
    return render(request, "library/station.html", {"mood": mood, "page": page, "near": near})


@require_safe
def station_queue(request: Request, mood: str) -> JsonResponse:
    """A station's tracks in their order, from `start` on; `more` is the address of the next ones."""
    start = start_in(request.GET)
    ids = list(station_of(request.user, mood).values_list("track_id", flat=True)[start : start + CHUNK + 1])
    tracks = tracks_by_id(request.user, ids[:CHUNK])
    more = f"{reverse('station-queue', args=[mood])}?start={start + CHUNK}"
    return queue_answer(
        [tracks[pk] for pk in ids[:CHUNK] if pk in tracks],
        genre_names_of(request.user),
        more=more if len(ids) > CHUNK else None,
    )


def place_in(params: QueryDict) -> Place | None:
    """The point of the map that an address names; None if it names none."""
    try:
        x, y = (float(params.get(name, "")) / 100 for name in ("x", "y"))
    except ValueError:
        return None
    return Place(x, 1 - y) if 0 <= x <= 1 and 0 <= y <= 1 else None
