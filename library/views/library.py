"""The library: the list of a person's tracks, the facets to narrow it by, and saving a search."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import PAGE_SIZE
from library.http.types import Request
from library.models import Track
from library.search.chips import SORTS, changed, chips, misunderstood
from library.search.facet_links import facets_of
from library.search.filters import filter_of
from library.search.query import PAGE_PARAMETERS, canonical, search_digest, search_from
from library.text import uuids_in


def tracks_page(request: Request, tracks: QuerySet[Track]) -> Page[Any]:
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


def _rows(request: Request) -> QuerySet[Track]:
    return selectors.tracks_of(request.user).prefetch_related(Prefetch("tags", to_attr="shown_tags"))


@require_safe
def library(request: Request) -> HttpResponse:
    found = filter_of(request.user, request.GET)
    page = tracks_page(request, found.qs)
    genres = selectors.genre_names_of(request.user)
    active = chips(found, genres)
    return render(
        request,
        "library/library.html",
        {
            "page": page,
            "unfinished": [track for track in page if not track.is_finished],
            "genres": genres,
            "chips": active,
            "asked": found.asked,
            "misunderstood": misunderstood(found, PAGE_PARAMETERS),
            "search": canonical(found),
            "digest": search_digest(canonical(found)),
            "search_name": ", ".join(chip.text for chip in active)[:80],
            "search_fields": [(name, value) for name, values in request.GET.lists() for value in values],
            "sorts": SORTS,
            "ordering": ",".join(found.asked.get("ordering", [])),
            "first_page_query": changed(request.GET),
            "all_tags": selectors.tags_of(request.user),
            "all_playlists": selectors.playlists_of(request.user).filter(smart=False),
        },
    )


@require_safe
def rows(request: Request) -> HttpResponse:
    """Rows for a list that waits for the analysis of a few tracks, and the ids that no longer match its search."""
    ids = uuids_in(request.GET.getlist("id")[:PAGE_SIZE])
    found = filter_of(request.user, request.GET)
    matching = set(found.without().filter(pk__in=ids).values_list("pk", flat=True))
    tracks = [track for track in _rows(request).filter(pk__in=ids) if track.pk in matching]
    return render(
        request,
        "library/_rows.html",
        {
            "tracks": tracks,
            "unmatched_ids": [pk for pk in ids if pk not in matching],
            "unfinished": [track for track in tracks if not track.is_finished],
            "search": canonical(found),
        },
    )


@require_safe
def facets(request: Request) -> HttpResponse:
    """The facets of a search: a page of its own, or, for the panel of the library, a part of one."""
    found = filter_of(request.user, request.GET)
    genres = selectors.genre_names_of(request.user)
    page = "library/_facets_panel.html" if "HX-Request" in request.headers else "library/facets.html"
    context = {
        "facets": facets_of(found, genres),
        "chips": set(found.asked) - {"ordering"},
        "genres": genres,
        "misunderstood": misunderstood(found, PAGE_PARAMETERS),
    }
    response = render(request, page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def search_save(request: Request) -> HttpResponse:
    search = search_from(request.user, request.POST.get("query", ""), besides=PAGE_PARAMETERS)
    name = request.POST.get("name", "")
    saved = services.search_save(owner=request.user, name=name, query=canonical(search))
    messages.success(
        request, f"Saved as “{saved.name}”. It will also find matching tracks that you add later."
    )
    return redirect(f"{reverse('library')}?{saved.query}")
