"""The library: the list of one's tracks."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library import selectors
from library.filters import tracks_matching
from library.requests import Request
from library.views.base import PAGE_SIZE


@require_safe
def library(request: Request) -> HttpResponse:
    page = Paginator(tracks_matching(request.user, request.GET), PAGE_SIZE).get_page(request.GET.get("page"))
    listening = any(not track.is_finished for track in page)
    return render(
        request,
        "library/library.html",
        {"page": page, "listening": listening, "all_tags": selectors.tags_of(request.user)},
    )
