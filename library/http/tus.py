"""Uploads that a dropped connection does not end: the tus protocol, version 1.0.0 (tus.io).

Core, and the extensions creation, expiration, checksum and termination. A view for people in the browser
and for programs alike: it only speaks the protocol; what is allowed is decided in `services.uploads`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import http_date
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library import selectors, services
from library.errors import DomainError
from library.models import PartialUpload, User
from library.services.uploads import Checksum

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
CHECKSUMS = ("sha1", "sha256")
CHUNK_BYTES = 2**18
#: More digits than any size has: a database would stumble over the number.
MAX_DIGITS = 18


class TusUploadView(APIView):
    """`POST` begins an upload and answers its address; there, `HEAD` tells how far it is, `PATCH` goes on, and
    `DELETE` ends it. `track_url` names the address of the track that comes of it."""

    schema: Any = None
    track_url_name = "track"

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        # For clients behind something that knows GET and POST only.
        if request.method == "POST":
            request.method = request.headers.get("X-HTTP-Method-Override", "POST").upper()
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            raise DomainError("tus_version", f"Speak version {VERSION} of the tus protocol.", 412)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer["Tus-Resumable"] = answer["Tus-Version"] = VERSION
        answer["Cache-Control"] = "no-store"
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(
            status=204,
            headers={
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(settings.EARMARK_MAX_UPLOAD_BYTES),
                "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
            },
        )

    def post(self, request: Request) -> Response:
        upload = services.upload_begin(
            owner=cast(User, request.user),
            name=_file_name(request),
            length=_header_number(request, "Upload-Length"),
        )
        return self._upload_response(
            upload, 201, Location=request.build_absolute_uri(f"{request.path}{upload.pk}/")
        )

    def head(self, request: Request, upload_id: UUID) -> Response:
        upload = self._upload(request, upload_id)
        name = base64.b64encode(upload.name.encode()).decode()
        upload.offset = services.upload_offset(upload=upload)
        return self._upload_response(
            upload, 200, **{"Upload-Length": str(upload.length), "Upload-Metadata": f"filename {name}"}
        )

    def patch(self, request: Request, upload_id: UUID) -> Response:
        upload = self._upload(request, upload_id)
        if request.content_type != "application/offset+octet-stream":
            raise DomainError("unsupported_media_type", "Send application/offset+octet-stream.", 415)
        offset = _header_number(request, "Upload-Offset")
        room = upload.length - offset
        if int(request.headers.get("Content-Length") or 0) > room:
            raise _too_much()
        services.upload_append(
            upload=upload, offset=offset, pieces=_body_chunks(request, room), checksum=_checksum(request)
        )
        return self._upload_response(upload, 204)

    def delete(self, request: Request, upload_id: UUID) -> Response:
        services.upload_abort(upload=self._upload(request, upload_id))
        return Response(status=204)

    def _upload(self, request: Request, upload_id: UUID) -> PartialUpload:
        return get_object_or_404(selectors.uploads_of(cast(User, request.user)), pk=upload_id)

    def _upload_response(self, upload: PartialUpload, status: int, **headers: str) -> Response:
        """An answer with how far the upload is, and, when it is complete, what became of it."""
        headers |= {
            "Upload-Offset": str(upload.offset),
            "Upload-Expires": http_date(upload.expires_at.timestamp()),
        }
        if upload.finished_at:
            headers["Earmark-State"] = (
                "refused" if upload.error_code
                else "unpacked" if upload.contents
                else "known" if upload.duplicate
                else "added"
            )  # fmt: skip
            if upload.error_code:
                headers["Earmark-Error"] = upload.error_code
            if upload.track:
                headers["Earmark-Track"] = reverse(self.track_url_name, args=[upload.track.pk])
        return Response(status=status, headers=headers)


def _header_number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise DomainError("invalid", f"{header} must be a number.", 400)
    return int(text)


def _file_name(request: Request) -> str:
    """From Upload-Metadata: pairs, separated by commas, of a key and a value in Base64."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("filename", "name"):
            return _decoded(value).decode(errors="replace")
    return ""


def _checksum(request: Request) -> Checksum | None:
    if "Upload-Checksum" not in request.headers:
        return None
    algorithm, _, value = request.headers["Upload-Checksum"].partition(" ")
    if algorithm not in CHECKSUMS:
        raise DomainError("invalid", f"Upload-Checksum must be one of: {', '.join(CHECKSUMS)}.", 400)
    return Checksum(algorithm, _decoded(value))


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise DomainError("invalid", "A value in the header is not Base64.", 400) from error


def _too_much() -> DomainError:
    return DomainError("too_much", "That is more than the upload was said to be long.", 413)


def _body_chunks(request: Request, room: int) -> Iterator[bytes]:
    """The body as it comes in, until it ends or breaks off. How long one in chunks is shows only then."""
    try:
        while chunk := request._request.read(CHUNK_BYTES):
            room -= len(chunk)
            if room < 0:
                raise _too_much()
            yield chunk
    except (BadRequest, UnreadablePostError):
        return
