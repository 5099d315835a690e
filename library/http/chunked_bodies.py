"""Request bodies with chunked transfer encoding, without a Content-Length (RFC 9112, section 7.1).

Django takes such a body for an empty one. If the web server decodes it and marks its end (`wsgi.input_terminated`), it
is read like any other, up to the same limits. Otherwise its end cannot be known, and the response is 411.
"""

from __future__ import annotations

from collections.abc import Callable
from io import IOBase
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from library.http.refusals import refusal

LENGTH_REQUIRED = (
    "Send the length of the body (Content-Length), or “Transfer-Encoding: chunked” and no other coding."
)
#: Bodies whose parsers write files to disk. All others are read into memory.
FILE_CONTENT_TYPES = ("multipart/form-data", "application/offset+octet-stream")


class BodyTooLarge(RequestDataTooBig):
    """A body is larger than the limit."""


class ChunkedBody(IOBase):
    """A body of up to `limit` bytes. Reading raises BodyTooLarge beyond that, BadRequest for malformed chunks."""

    def __init__(self, body: BinaryIO, limit: int) -> None:
        self._body = body
        self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        return self._read_limited(self._body.read, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._read_limited(self._body.readline, size)

    def _read_limited(self, read: Callable[[int], bytes], size: int | None) -> bytes:
        most = self._left + 1  # one byte above the limit shows that the body is too large
        try:
            piece = read(most if size is None or size < 0 else min(size, most))
        except Exception as error:  # servers raise different ones for malformed or missing chunks
            raise BadRequest("The body ended early, or its chunks are malformed.") from error
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
                return refusal(request.path, 411, "length_required", LENGTH_REQUIRED)
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if request.content_type in FILE_CONTENT_TYPES:
                limit += settings.EARMARK_MAX_UPLOAD_BYTES
            # Parsers need a length: this is its upper bound.
            request.META["CONTENT_LENGTH"] = str(limit)
            request._stream = ChunkedBody(request.META["wsgi.input"], limit)  # type: ignore[assignment]
        return self.get_response(request)
