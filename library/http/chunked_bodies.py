"""Bodies that come in chunks, without a Content-Length (RFC 9112, 7.1).

Django takes such a body for an empty one. Where the web server ends the body where the last chunk does, it is read as
any other, up to the same limits; elsewhere nobody could tell where it ends, and a length is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from io import IOBase
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

LENGTH_REQUIRED = (
    "Say how long the body is (Content-Length), or send it with “Transfer-Encoding: chunked” alone."
)
#: Their parsers write files to disk as they come. All other bodies are read into memory.
FILE_CONTENT_TYPES = ("multipart/form-data", "application/offset+octet-stream")


class BodyTooLarge(RequestDataTooBig):
    """More came than any body may have."""


class ChunkedBody(IOBase):
    """What comes in chunks, up to `limit` bytes. Raises BodyTooLarge beyond them, BadRequest when it is broken."""

    def __init__(self, body: BinaryIO, limit: int) -> None:
        self._body = body
        self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        return self._read_limited(self._body.read, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._read_limited(self._body.readline, size)

    def _read_limited(self, read: Callable[[int], bytes], size: int | None) -> bytes:
        most = self._left + 1  # one more than there may be shows that there is more
        try:
            piece = read(most if size is None or size < 0 else min(size, most))
        except Exception as error:  # each server has its own for chunks that are none, or end too early
            raise BadRequest("The body broke off, or its chunks are garbled.") from error
        self._left -= len(piece)
        if self._left < 0:
            raise BodyTooLarge("The body is larger than the limit.")
        return piece


class ChunkedBodiesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if coding := request.META.get("HTTP_TRANSFER_ENCODING"):
            if coding.lower() != "chunked" or not request.META.get("wsgi.input_terminated"):
                return _length_required(request)
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if request.content_type in FILE_CONTENT_TYPES:
                limit += settings.EARMARK_MAX_UPLOAD_BYTES
            # Parsers ask for a length: this is the most it can be.
            request.META["CONTENT_LENGTH"] = str(limit)
            request._stream = ChunkedBody(request.META["wsgi.input"], limit)  # type: ignore[assignment]
        return self.get_response(request)


def _length_required(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(("/api/", "/file-upload")):
        return HttpResponse(LENGTH_REQUIRED, status=411, content_type="text/plain; charset=utf-8")
    problem = {
        "type": f"{reverse('api-docs')}#error-length_required",
        "title": "Length Required",
        "status": 411,
        "detail": LENGTH_REQUIRED,
        "code": "length_required",
    }
    return JsonResponse(problem, status=411, content_type="application/problem+json")
