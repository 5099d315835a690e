"""A track's files, for its owner only."""

from __future__ import annotations

import uuid

from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_safe

from library.files import serve, serve_audio, serve_original, serve_spectrogram
from library.requests import Request
from library.views.base import owned_track


@require_GET
def timeline(request: Request, track_id: uuid.UUID) -> JsonResponse:
    """What the track page draws as heat strip: genres, and per segment its start, end and probabilities."""
    found = owned_track(request, track_id)
    if found.prediction is None:
        return JsonResponse({"genres": [], "segments": []})
    return JsonResponse(
        {"genres": found.prediction.genres, "segments": found.prediction.segments},
        headers={"Cache-Control": "private, max-age=60"},
    )


@require_safe
def original(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_original(request, owned_track(request, track_id))


@require_safe
def audio(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_audio(request, owned_track(request, track_id))


@require_safe
def spectrogram(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_spectrogram(request, owned_track(request, track_id))


@require_safe
def peaks(request: Request, track_id: uuid.UUID) -> HttpResponseBase:
    found = owned_track(request, track_id)
    return serve(request, found.peaks, content_type="application/json", filename="peaks.json")
