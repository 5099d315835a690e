"""Export of everything known about a library as a document, and import of such a document."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from library import services
from library.errors import DomainError
from library.exchange.export_writer import export_as_csv, export_as_json
from library.http.files import takes_files
from library.http.types import AuthenticatedRequest
from library.outgoing.exports import export_response


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def exchange(request: AuthenticatedRequest) -> HttpResponse:
    """The page; a POST imports the export in `file`."""
    report = None
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or file.file is None:
            raise DomainError("no_file", "Choose an export file (.json) first.", 422)
        report = services.library_import(owner=request.user, file=file.file, size=file.size or 0)
    return render(request, "library/exchange.html", {"report": report})


@require_safe
def export_json(request: AuthenticatedRequest) -> HttpResponseBase:
    return export_response(export_as_json(request.user), "json")


@require_safe
def export_csv(request: AuthenticatedRequest) -> HttpResponseBase:
    return export_response(export_as_csv(request.user), "csv")
