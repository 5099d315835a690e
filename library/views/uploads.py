"""Files come in: the upload page, and the tray that shows how each is doing."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from classifier.errors import AudioError
from library import services
from library.requests import Request
from library.views.base import owned_track


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
def tray_row(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """How a just uploaded track is doing, for the upload tray."""
    found = owned_track(request, track_id)
    return render(request, "library/_tray_row.html", {"name": found.original_name, "track": found})
