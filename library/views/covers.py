"""The pictures of covers."""

from __future__ import annotations

import uuid

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from library import selectors
from library.http.types import AuthenticatedRequest
from library.outgoing.files import serve_cover


@require_safe
def cover(request: AuthenticatedRequest, cover_id: uuid.UUID, size: str) -> HttpResponseBase:
    """One picture of a cover: for its owner, and for reviewers who may see a track that it stands for."""
    person = request.user
    if person.is_staff and person.has_perm("library.view_track"):
        found = selectors.cover_visible_to(person, cover_id)
    else:
        found = selectors.cover_of(person, cover_id)
    if found is None:
        raise Http404
    return serve_cover(request, found, size)
