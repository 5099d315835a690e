"""Albums: the list of them, and the page of one with its tracks in order."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from library import selectors, services
from library.http.shortcuts import get_or_gone, message_with_undo
from library.http.types import AuthenticatedRequest
from library.models import Album
from library.search.albums import ALBUM_SORTS, albums_found
from library.search.chips import chips, ignored_parameters, query_with
from library.search.filters import track_filterset
from library.search.query import PAGE_PARAMETERS
from library.selectors.moments import segments_of
from library.text import track_count_text
from library.views import collections

#: Multiples of the columns that the grid has.
ALBUMS_PER_PAGE = 48
#: An album with more tracks has pages. Each track comes with its segments, which are long.
TRACKS_PER_PAGE = 200
#: The parameter of the order; `ordering` is that of tracks.
SORT = "sort"
GONE = "That album is no longer in your library."


def owned_album(request: AuthenticatedRequest, album_id: uuid.UUID) -> Album:
    """The album, if it is this person's and has tracks. Raises as `get_or_gone` does."""
    return get_or_gone(request, selectors.albums_of(request.user), GONE, "albums", pk=album_id)


@require_safe
def albums(request: AuthenticatedRequest) -> HttpResponse:
    """The albums that have a track which the search finds."""
    filterset = track_filterset(request.user, request.GET)
    sort = request.GET.get(SORT, "")
    genres = selectors.genre_names_of(request.user)
    active = chips(filterset, genres)
    context = {
        "page": albums_page(request, albums_found(filterset, sort)),
        "genres": genres,
        "chips": active,
        "ignored_parameters": ignored_parameters(filterset, {*PAGE_PARAMETERS, SORT}),
        "search_fields": [(name, value) for name, values in request.GET.lists() for value in values],
        "sorts": ALBUM_SORTS,
        "ordering": sort if sort in ALBUM_SORTS else "",
        "first_page_query": query_with(request.GET),
        "list_url": reverse("albums"),
        "facets_url": reverse("album-facets"),
        "sort_parameter": SORT,
        "on_no_album": 0 if active else selectors.tracks_on_no_album(request.user).count(),
    }
    return render(request, "library/albums.html", context)


def albums_page(request: AuthenticatedRequest, found: QuerySet[Album]) -> Page[Any]:
    """A page of albums as the grid shows them: ids first, then only the rows of the page."""
    page: Page[Any] = Paginator(found.values_list("pk", flat=True), ALBUMS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    ids = list(page.object_list)
    rows = selectors.with_main_genre(selectors.albums_of(request.user)).in_bulk(ids)
    page.object_list = [rows[pk] for pk in ids if pk in rows]
    return page


@require_safe
def album(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """An album: its tracks by disc and number, with their genre strips on one time scale."""
    rows = selectors.with_main_genre(selectors.albums_of(request.user))
    found = get_or_gone(request, rows, GONE, "albums", pk=album_id)
    tracks = selectors.tracks_of_album(request.user, found)
    page = Paginator(tracks.prefetch_related(selectors.with_artists()), TRACKS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    shown = list(page)
    segments = segments_of(request.user, shown)
    discs = groupby(shown, key=lambda track: track.disc_number or 1)
    context = {
        "album": found,
        "page": page,
        "length": selectors.duration_totals(tracks),
        "tracks": shown,
        "discs": [
            (number, [(track, segments.get(track.pk, [])) for track in some]) for number, some in discs
        ],
        "longest": max((track.duration or 0 for track in shown), default=0),
        "more_url": f"{reverse('album-queue', args=[found.pk])}?start={page.end_index()}"
        if page.has_next()
        else "",
        "search": urlencode({"album": found.pk, "ordering": "album"}),
        **collections.action_urls("album", found),
        "delete_url": reverse("album-delete", args=[found.pk]),
    }
    return render(request, "library/album.html", context)


@require_safe
def album_queue(request: AuthenticatedRequest, album_id: uuid.UUID) -> JsonResponse:
    """The album's tracks for the player, in their order."""
    tracks = selectors.tracks_of_album(request.user, owned_album(request, album_id))
    return collections.queue_response(request, tracks)


@require_http_methods(["GET", "POST"])
def album_playlists(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Put the album into a playlist."""
    found = owned_album(request, album_id)
    return collections.add_to_playlist(request, found, selectors.tracks_of_album(request.user, found))


@require_GET
def album_download(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponseBase:
    """The album as a ZIP archive."""
    found = owned_album(request, album_id)
    return collections.download(request, found, selectors.tracks_of_album(request.user, found))


@require_http_methods(["GET", "POST"])
def album_delete(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Move the album's tracks to the bin; a GET asks first."""
    found = owned_album(request, album_id)
    tracks = selectors.tracks_of_album(request.user, found)
    if request.method == "GET":
        context = {"album": found, "usage": selectors.usage_in(tracks), "days": settings.EARMARK_BIN_DAYS}
        return render(request, "library/album_delete.html", context)
    action = services.bulk_action_request(person=request.user, name="delete", tracks=tracks)
    done = f"Moved “{found.title}” to the bin: {track_count_text(action.done)}."
    message_with_undo(request, done, action)
    return redirect("albums")
