"""The upload page, and the rows that show the state of each upload."""

from __future__ import annotations

import itertools
import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classifier.errors import MESSAGES
from library import selectors, services
from library.http.files import takes_files
from library.http.shortcuts import PAGE_SIZE, get_or_gone, redirect_back
from library.http.types import AuthenticatedRequest
from library.models import PartialUpload
from library.services.folder_pictures import folder_key

NO_FILE_MESSAGE = "No file arrived. Choose one and try again."


@takes_files
@require_http_methods(["GET", "POST"])
def upload(request: AuthenticatedRequest) -> HttpResponse:
    """The uploads of the last day. A POST takes files: from a script one per request, from a plain form all at once.

    `relative_path` is the path of each file in the folder that it was in.
    """
    if request.method == "GET":
        return _upload_page(request, selectors.uploads_of(request.user).filter(archive=None))
    files = request.FILES.getlist("file")
    paths = itertools.chain(request.POST.getlist("relative_path"), itertools.repeat(""))
    rows = [
        services.upload_receive(owner=request.user, file=file, folder=folder_key(path))
        for file, path in zip(files, paths, strict=False)
    ]
    if rows and request.headers.get("Accept", "").startswith("text/vnd.earmark.row"):
        return render(request, "library/_upload_tray_row.html", {"upload": rows[0]})
    if not rows:
        messages.error(request, NO_FILE_MESSAGE)
    return redirect("upload")


@require_safe
def archive_contents(request: AuthenticatedRequest, upload_id: uuid.UUID) -> HttpResponse:
    """The result for each file of an archive, refused ones first."""
    found = get_object_or_404(selectors.uploads_of(request.user), pk=upload_id, contents__isnull=False)
    entries = selectors.uploads_of(request.user).filter(archive=found)
    return _upload_page(request, entries.order_by("-error_code", "created_at", "id"), archive=found)


@require_safe
def row(request: AuthenticatedRequest, upload_id: uuid.UUID) -> HttpResponse:
    """The row of one upload, which shows its state."""
    found = get_object_or_404(selectors.uploads_of(request.user), pk=upload_id)
    return render(request, "library/_upload_tray_row.html", {"upload": found})


@require_POST
def forget(request: AuthenticatedRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Remove an upload from the list, with what has arrived of it; a track made from it stays."""
    uploads = selectors.uploads_of(request.user)
    services.upload_abort(
        upload=get_or_gone(request, uploads, "That upload is no longer on the list.", "upload", pk=upload_id)
    )
    return redirect_back(request, "upload")


def _upload_page(
    request: AuthenticatedRequest, uploads: QuerySet[PartialUpload], archive: PartialUpload | None = None
) -> HttpResponse:
    page = Paginator(uploads, PAGE_SIZE).get_page(request.GET.get("page"))
    live = any(upload.is_in_progress for upload in page)
    return render(
        request,
        "library/upload.html",
        {
            "page": page,
            "live": live,
            "archive": archive,
            "no_room_message": "" if services.uploads_have_room() else MESSAGES["storage_full"],
        },
    )
