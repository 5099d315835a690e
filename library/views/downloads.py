"""Files go out: a copy with tags, or an archive of many."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from library import selectors
from library.http.shortcuts import owned_track
from library.http.types import Request
from library.outgoing.tagged_copies import tagged_copy_response


@require_GET
def copy(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    """A copy of the track's file with its tags written into it; the original where that cannot be."""
    track = owned_track(request, track_id)
    answer = tagged_copy_response(track, selectors.genre_names_of(request.user))
    if answer is None:
        messages.info(request, f"No tags can be written into “{track.original_name}”: you got the original.")
        return redirect("original", track.pk)
    return answer
