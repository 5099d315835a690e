"""The site's own style sheets, scripts and pictures, sent by whitenoise."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseFileResponse, WhiteNoiseMiddleware

from library.outgoing.streams import StreamedDownload


class StaticFile(StreamedDownload, WhiteNoiseFileResponse):  # type: ignore[misc]
    """whitenoise's response, of which an event loop takes one block after the other."""


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> StaticFile:
        found = static_file.get_response(request.method, request.META)
        response = StaticFile(found.file or (), status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
