"""Resumable uploads for programs: the same protocol and rules as in the browser."""

from __future__ import annotations

from library.api.views.base import OwnersView
from library.http.tus import TusUploadView


class ApiUploads(TusUploadView, OwnersView):
    """docs/api.md describes it: OpenAPI has no words for the tus protocol."""

    scopes = {"delete": "write"}
    headers_that_count = ("Tus-Resumable", "Upload-Length", "Upload-Metadata")
    track_url_name = "v1:track-detail"
