"""Mood stations, and the map of a library."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from library.http.player_payload import PLAY_QUEUE_CHUNK, play_queue_response, start_offset
from library.http.shortcuts import PAGE_SIZE
from library.http.types import AuthenticatedRequest
from library.selectors.genres import genre_names_of
from library.selectors.maps import MapPoint, map_of, tracks_near_point
from library.selectors.moods import moods_of, station_of
from library.selectors.tracks import tracks_by_id

#: How many tracks the list around a point of the map has.
AROUND_COUNT = 25


@require_safe
def moods(request: AuthenticatedRequest) -> HttpResponse:
    """The moods, and the map; with `x` and `y` (0 to 100, from the left and bottom), the tracks around that point."""
    point = map_point_from(request.GET)
    near = tracks_near_point(request.user, point, AROUND_COUNT) if point else []
    return render(
        request,
        "library/moods.html",
        {"moods": moods_of(request.user), "map": map_of(request.user), "point": point, "near": near},
    )


@require_safe
def station(request: AuthenticatedRequest, mood: str) -> HttpResponse:
    """The tracks with the highest scores of a mood. It selects ids first, then only the rows of the page."""
    scored = station_of(request.user, mood)
    page = Paginator(scored.values_list("track_id", "score"), PAGE_SIZE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        raise Http404
    scores = dict(page.object_list)
    tracks = tracks_by_id(request.user, scores)
    near = [(tracks[pk], score) for pk, score in scores.items() if pk in tracks]
    return render(request, "library/station.html", {"mood": mood, "page": page, "near": near})


@require_safe
def station_queue(request: AuthenticatedRequest, mood: str) -> JsonResponse:
    """The tracks of a station for the player, from `start` on; `more` is the URL of the next ones."""
    start = start_offset(request.GET)
    ids = list(
        station_of(request.user, mood).values_list("track_id", flat=True)[
            start : start + PLAY_QUEUE_CHUNK + 1
        ]
    )
    tracks = tracks_by_id(request.user, ids[:PLAY_QUEUE_CHUNK])
    more = f"{reverse('station-queue', args=[mood])}?start={start + PLAY_QUEUE_CHUNK}"
    return play_queue_response(
        [tracks[pk] for pk in ids[:PLAY_QUEUE_CHUNK] if pk in tracks],
        genre_names_of(request.user),
        more=more if len(ids) > PLAY_QUEUE_CHUNK else None,
    )


def map_point_from(params: QueryDict) -> MapPoint | None:
    """The point of the map that a query string names; None if it names none."""
    try:
        x, y = (float(params.get(name, "")) / 100 for name in ("x", "y"))
    except ValueError:
        return None
    return MapPoint(x, 1 - y) if 0 <= x <= 1 and 0 <= y <= 1 else None
