"""Downloads of a track's file with its tags in it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from library import selectors
from library.http.shortcuts import owned_track
from library.http.types import AuthenticatedRequest
from library.outgoing.tagged_copies import CopyGenre, tagged_copy_response


@require_GET
def tagged_file(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponseBase:
    """A copy of the track's file with its tags written into it; the original when its format takes none.

    With `genre=heard`, it has the genre that Earmark hears where its owner has set none.
    """
    track = owned_track(request, track_id)
    genre = CopyGenre.HEARD if request.GET.get("genre") == CopyGenre.HEARD else CopyGenre.OWNER
    answer = tagged_copy_response(track, selectors.genre_names_of(request.user), genre)
    if answer is None:
        messages.info(request, f"“{track.original_name}” cannot hold tags, so you got the original file.")
        return redirect("original", track.pk)
    return answer
