"""More like this: a track's neighbours in its owner's library."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library.http.shortcuts import PAGE_SIZE, owned_track
from library.http.types import Request
from library.selectors.similar import similar_to

#: On the track's own page.
FEW = 8


@require_safe
def similar(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """The page of a track's neighbours; its own page takes the first few of them from `?few=1`."""
    track = owned_track(request, track_id)
    few = "few" in request.GET
    near = similar_to(request.user, track, FEW if few else PAGE_SIZE)
    template = "library/_similar.html" if few else "library/similar.html"
    return render(request, template, {"track": track, "near": near})
