"""The tracks of a library that sound most like one of them."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library.http.shortcuts import PAGE_SIZE, owned_track
from library.http.types import AuthenticatedRequest
from library.selectors.similar import similar_to

#: How many a track's own page shows.
PREVIEW_COUNT = 8


@require_safe
def similar(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """The page of similar tracks; with `?few=1`, the first of them, for the track's own page."""
    track = owned_track(request, track_id)
    few = "few" in request.GET
    near = similar_to(request.user, track, PREVIEW_COUNT if few else PAGE_SIZE)
    template = "library/_similar.html" if few else "library/similar.html"
    return render(request, template, {"track": track, "near": near})
