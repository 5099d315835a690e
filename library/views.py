"""Pages. Each finds its track among the owner's, calls a service, and renders."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from classifier.errors import AudioError
from library import selectors, services
from library.files import serve, serve_audio, serve_original, serve_spectrogram
from library.genres import GENRES
from library.models import Track
from library.requests import Request

PAGE_SIZE = 50


def owned_track(request: Request, track_id: uuid.UUID) -> Track:
    """The track, if it is this person's; unknown and foreign ids are the same 404."""
    return get_object_or_404(selectors.tracks_of(request.user), pk=track_id)


@require_safe
def library(request: Request) -> HttpResponse:
    page = Paginator(selectors.tracks_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    listening = any(not track.is_finished for track in page)
    return render(request, "library/library.html", {"page": page, "listening": listening})


@require_http_methods(["GET", "POST"])
def upload(request: Request) -> HttpResponse:
    """The upload page; and the files it sends, one a request by script, or all at once without."""
    if request.method == "GET":
        return render(request, "library/upload.html")
    results = [_upload_one(request, file) for file in request.FILES.getlist("file")]
    if request.headers.get("Accept", "").startswith("text/vnd.earmark.row"):
        return render(request, "library/_tray_row.html", results[0] if results else _nothing_arrived())
    for result in results or [_nothing_arrived()]:
        if error := result.get("error"):
            messages.error(request, f"{result['name']}: {error.message}")
    return redirect("library")


def _upload_one(request: Request, file: UploadedFile) -> dict[str, Any]:
    try:
        track, created = services.track_add(owner=request.user, upload=file)
    except AudioError as error:
        return {"name": file.name, "error": error}
    return {"name": track.original_name, "track": track, "duplicate": not created}


def _nothing_arrived() -> dict[str, Any]:
    return {"name": "Upload", "error": AudioError("empty", "No file arrived. Choose one and try again.")}


@require_safe
def track(request: Request, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    predictions = selectors.predictions_of(request.user, found)
    return render(
        request,
        "library/track.html",
        {"track": found, "predictions": predictions.defer("segments", "embedding"), "genres": GENRES},
    )


@require_safe
def tray_row(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """How a just uploaded track is doing, for the upload tray."""
    found = owned_track(request, track_id)
    return render(request, "library/_tray_row.html", {"name": found.original_name, "track": found})


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


@require_POST
def track_analyse(request: Request, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    services.track_analyse_again(track=found)
    return redirect(found)


@require_http_methods(["GET", "POST"])
def track_delete(request: Request, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    if request.method == "GET":
        return render(request, "library/track_delete.html", {"track": found})
    services.track_delete(track=found)
    messages.success(request, f"Deleted “{found}”.")
    return redirect("library")


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
