"""A track's files and the data of its pictures, for its owner only."""

from __future__ import annotations

import uuid

from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_safe

from library.http.shortcuts import owned_track
from library.http.types import AuthenticatedRequest
from library.outgoing.files import (
    playable_audio,
    serve_original,
    serve_peaks,
    serve_spectrogram,
    serve_timeline,
)


@require_GET
def timeline(request: AuthenticatedRequest, track_id: uuid.UUID) -> JsonResponse:
    return serve_timeline(owned_track(request, track_id))


@require_safe
def original(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_original(request, owned_track(request, track_id))


@require_safe
def audio(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponseBase:
    return playable_audio(request, owned_track(request, track_id))


@require_safe
def spectrogram(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_spectrogram(request, owned_track(request, track_id))


@require_safe
def peaks(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponseBase:
    return serve_peaks(request, owned_track(request, track_id))
