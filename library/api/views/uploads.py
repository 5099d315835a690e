"""Resumable uploads for programs, by the same protocol and rules as in the browser."""

from __future__ import annotations

from library.api.views.base import OwnersView
from library.http.tus import TusUploadView


class ApiTusUploadView(TusUploadView, OwnersView):
    """Described in docs/api.md, as OpenAPI cannot express the tus protocol."""

    scopes = {"delete": "write"}
    idempotency_headers = ("Tus-Resumable", "Upload-Length", "Upload-Metadata")
    track_url_name = "v1:track-detail"
