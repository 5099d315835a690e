"""Files go out: a copy with tags, or an archive of many."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from classifier.kinds import KINDS
from library import selectors
from library.downloads import archive, part, tagged
from library.requests import Request
from library.views.base import owned_track


@require_GET
def copy(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    """A copy of the track's file with its tags written into it; the original where that cannot be."""
    track = owned_track(request, track_id)
    kind = KINDS[track.kind]
    try:
        content = tagged(track, selectors.genre_names_of(request.user))
    except FileNotFoundError:
        raise Http404 from None
    if content is None:
        messages.info(request, f"No tags can be written into “{track.original_name}”: you got the original.")
        return redirect("original", track.pk)
    name = f"{part(str(track)) or 'Untitled'}{kind.extension}"
    response = FileResponse(content, as_attachment=True, filename=name, content_type=kind.mime)
    return _private(response)


def zip_of(
    request: Request, track_ids: Sequence[uuid.UUID], *, name: str, with_tags: bool
) -> HttpResponseBase:
    """An archive of some of one's tracks, sent while it is made."""
    parts = archive(request.user, track_ids, with_tags=with_tags)
    response = StreamingHttpResponse(parts, content_type="application/zip")
    filename = f"{part(name) or 'Earmark'} {timezone.localdate().isoformat()}.zip"
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return _private(response)


def _private(response: StreamingHttpResponse) -> StreamingHttpResponse:
    # What people upload never runs as a page of this site, and is for them alone.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
