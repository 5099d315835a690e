"""Plays of tracks, as the player of the pages reports them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from library import selectors, services
from library.http.types import AuthenticatedRequest
from library.models.plays import FIRST_PLAY
from library.services.plays import CLOCK_SKEW
from library.text import aware_datetime


@require_POST
def track_play(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Count a play: `played_at` is when it began. For a script, which needs no page."""
    track = selectors.tracks_of(request.user).filter(pk=track_id).first()
    if track is None:
        raise Http404("There is no such track.")
    services.play_add(track=track, played_at=_moment(request.POST.get("played_at", "")))
    return HttpResponse(status=204)


def _moment(text: str) -> datetime | None:
    """A moment by the clock of a browser; None, for now, if that clock is wrong."""
    moment = aware_datetime(text)
    return moment if moment and FIRST_PLAY <= moment <= timezone.now() + CLOCK_SKEW else None
