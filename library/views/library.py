"""The library: the list of a person's tracks, the facets to narrow it by, and saving a search."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import PAGE_SIZE
from library.http.types import AuthenticatedRequest
from library.models import Playlist, Track
from library.search.chips import chips, ignored_parameters, query_with
from library.search.columns import columns, orderings
from library.search.facet_links import facets_of
from library.search.filters import TrackFilterSet, track_filterset
from library.search.query import PAGE_PARAMETERS, canonical_query, parse_search, search_digest
from library.search.quick_lists import quick_lists
from library.search.typed import plain_words
from library.selectors.genres import LISTED_LABELS
from library.selectors.moments import segments_of
from library.text import uuid_or_nil, uuids_in

#: How many albums and artists are shown above the tracks that a search finds.
MOST_NAMED = 6
#: Parameters of lists that go by the same search.
LIST_PARAMETERS = frozenset({"sort"})


def tracks_page(request: AuthenticatedRequest, tracks: QuerySet[Track]) -> Page[Any]:
    """A page of tracks as the library's rows show them.

    It selects ids first, then their rows: a database skips ids much faster than whole rows.
    """
    page: Page[Any] = Paginator(tracks.values_list("pk", flat=True), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    ids = list(page.object_list)
    rows = _rows(request).in_bulk(ids)
    page.object_list = [rows[pk] for pk in ids if pk in rows]
    return page


def _rows(request: AuthenticatedRequest) -> QuerySet[Track]:
    return selectors.tracks_of(request.user).prefetch_related(
        selectors.with_taggings(), selectors.with_artists()
    )


def saved_search_in(request: AuthenticatedRequest) -> Playlist | None:
    """The saved search that is being changed on this page."""
    pk = uuid_or_nil(request.GET.get("saved", ""))
    return selectors.saved_searches_of(request.user).filter(pk=pk).first() if pk.int else None


@require_safe
def library(request: AuthenticatedRequest) -> HttpResponse:
    filterset = track_filterset(request.user, request.GET)
    page = tracks_page(request, filterset.qs)
    genres = selectors.genre_names_of(request.user)
    active = chips(filterset, genres)
    changing = saved_search_in(request)
    ordering = ",".join(filterset.active_filters.get("ordering", []))
    only_starred = filterset.active_filters.get("starred") is True
    text = _words_of(filterset) if page.number == 1 else ""
    one_click = quick_lists(request.GET)
    return render(
        request,
        "library/library.html",
        {
            "page": page,
            "segments": segments_of(request.user, page),
            "heard": selectors.heard_progress_of(request.user),
            "unfinished": [track for track in page if not track.is_finished],
            "genres": genres,
            "chips": active,
            "ignored_parameters": ignored_parameters(filterset, PAGE_PARAMETERS),
            "search": canonical_query(filterset),
            "digest": search_digest(canonical_query(filterset)),
            "search_name": ", ".join(chip.text for chip in active)[:80],
            "search_fields": _fields_of(request),
            "columns": columns(request.GET, ordering),
            "sorts": orderings(ordering),
            "ordering": ordering,
            "sorted_by": ordering.removeprefix("-"),
            "quick_lists": one_click,
            "nothing_yet": next((each.empty for each in one_click if each.is_current), ""),
            "first_page_query": query_with(request.GET),
            "only_starred": only_starred,
            "starred_query": query_with(request.GET, starred=None if only_starred else "true"),
            "list_url": reverse("library"),
            "changing": changing,
            "clear_query": f"?saved={changing.pk}" if changing else "",
            "facets_url": reverse("facets"),
            "sort_parameter": "ordering",
            "named_albums": selectors.with_main_genre(selectors.albums_named(request.user, text))[
                :MOST_NAMED
            ],
            "named_artists": selectors.with_cover(selectors.artists_named(request.user, text))[:MOST_NAMED],
            "some_tags": selectors.tags_of(request.user)[:LISTED_LABELS],
            "all_playlists": selectors.playlists_of(request.user).filter(smart=False),
        },
    )


@require_safe
def rows(request: AuthenticatedRequest) -> HttpResponse:
    """What changes in a list while tracks are analysed: how far that has come, the rows of those that the list waits
    for, and the ids that no longer match its search.
    """
    ids = uuids_in(request.GET.getlist("id")[:PAGE_SIZE])
    filterset = track_filterset(request.user, request.GET)
    matching = set(filterset.queryset_without().filter(pk__in=ids).values_list("pk", flat=True))
    tracks = [track for track in _rows(request).filter(pk__in=ids) if track.pk in matching]
    return render(
        request,
        "library/_unfinished_rows.html",
        {
            "tracks": tracks,
            "segments": segments_of(request.user, tracks),
            "heard": selectors.heard_progress_of(request.user),
            "unmatched_ids": [pk for pk in ids if pk not in matching],
            "unfinished": [track for track in tracks if not track.is_finished],
            "search": canonical_query(filterset),
        },
    )


def _words_of(filterset: TrackFilterSet) -> str:
    """The words of a search, by which albums and artists are named, too; "" if it names a field."""
    active = filterset.active_filters
    return plain_words(active["search"]) if "search" in active else active.get("q", "")


@require_safe
def facets(request: AuthenticatedRequest, list_name: str = "library") -> HttpResponse:
    """The facets of a search: a page of its own, or, for the panel of a list, a part of one.

    `list_name` is the name of the list's address, to which they link.
    """
    filterset = track_filterset(request.user, request.GET)
    changing = saved_search_in(request)
    genres = selectors.genre_names_of(request.user)
    page = "library/_facets_panel.html" if "HX-Request" in request.headers else "library/facets.html"
    context = {
        "facets": facets_of(filterset, genres),
        "chips": set(filterset.active_filters) - {"ordering"},
        "search_fields": _fields_of(request),
        "added_within_days": filterset.active_filters.get("added_within_days", ""),
        "genres": genres,
        "ignored_parameters": ignored_parameters(filterset, {*PAGE_PARAMETERS, *LIST_PARAMETERS}),
        "list_url": reverse(list_name),
        "clear_query": f"?saved={changing.pk}" if changing else "",
    }
    response = render(request, page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _fields_of(request: AuthenticatedRequest) -> list[tuple[str, str]]:
    """The parameters of the address, for the hidden fields of forms that add to them."""
    return [(name, value) for name, values in request.GET.lists() for value in values]


@require_POST
def search_save(request: AuthenticatedRequest) -> HttpResponse:
    search = parse_search(request.user, request.POST.get("query", ""), extra_params=PAGE_PARAMETERS)
    name = request.POST.get("name", "")
    saved = services.search_save(owner=request.user, name=name, query=canonical_query(search))
    messages.success(
        request, f"Saved as “{saved.name}”. It will also find matching tracks that you add later."
    )
    return redirect(f"{reverse('library')}?{saved.query}")
