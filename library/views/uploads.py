"""Files come in: the upload page, and the tray that shows how each is doing."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import PAGE_SIZE, back, get_or_gone
from library.http.types import Request
from library.models import PartialUpload

NOTHING = "No file arrived. Choose one and try again."


@require_http_methods(["GET", "POST"])
def upload(request: Request) -> HttpResponse:
    """What was uploaded in the last day; and the files it takes, one a request by script, or all at once."""
    if request.method == "GET":
        return _page(request, selectors.uploads_of(request.user).filter(archive=None))
    rows = [services.upload_receive(owner=request.user, file=file) for file in request.FILES.getlist("file")]
    if rows and request.headers.get("Accept", "").startswith("text/vnd.earmark.row"):
        return render(request, "library/_tray_row.html", {"upload": rows[0]})
    if not rows:
        messages.error(request, NOTHING)
    return redirect("upload")


@require_safe
def archive(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """What became of each file in an archive: those that were refused first."""
    found = get_object_or_404(selectors.uploads_of(request.user), pk=upload_id, contents__isnull=False)
    entries = selectors.uploads_of(request.user).filter(archive=found)
    return _page(request, entries.order_by("-error_code", "created_at", "id"), archive=found)


@require_safe
def row(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """How one upload is doing, for the tray."""
    found = get_object_or_404(selectors.uploads_of(request.user), pk=upload_id)
    return render(request, "library/_tray_row.html", {"upload": found})


@require_POST
def forget(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """Take an upload off the list, with what has come of it; a track that came of it stays."""
    mine = selectors.uploads_of(request.user)
    services.upload_abort(
        upload=get_or_gone(request, mine, "That upload was off the list already.", "upload", pk=upload_id)
    )
    return back(request, "upload")


def _page(
    request: Request, uploads: QuerySet[PartialUpload], archive: PartialUpload | None = None
) -> HttpResponse:
    page = Paginator(uploads, PAGE_SIZE).get_page(request.GET.get("page"))
    live = any(upload.is_live for upload in page)
    return render(request, "library/upload.html", {"page": page, "live": live, "archive": archive})
