"""Resumable uploads by the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload).

Implements the core protocol and the extensions creation, expiration, checksum and termination, for pages and programs.
The rules for uploads are in `services.uploads`.
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
from library.services.folder_pictures import folder_key
from library.services.uploads import PASSED_OVER_MESSAGE, PICTURE_MESSAGE, Checksum
from library.text import whole_number

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
CHECKSUMS = ("sha1", "sha256")
CHUNK_BYTES = 2**18
#: The methods of the address where uploads begin, and of the address of one upload.
COLLECTION_METHODS = ["options", "post"]
UPLOAD_METHODS = ["options", "head", "patch", "delete"]
#: Longer numbers do not fit into a column of the database.
MAX_DIGITS = 18


class TusUploadView(APIView):
    """`POST` creates an upload and returns its address. There, `HEAD` returns its offset, `PATCH` appends bytes, and
    `DELETE` aborts it. `track_url_name` is the URL name of the track that comes of it."""

    schema: Any = None
    #: URL name of the page or API resource of a track that an upload becomes.
    track_url_name = "track"

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        # For clients behind proxies that only let GET and POST pass.
        if request.method == "POST":
            request.method = request.headers.get("X-HTTP-Method-Override", "POST").upper()
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            raise DomainError(
                "tus_version", f"Use version {VERSION} of the tus protocol (header Tus-Resumable).", 412
            )

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
            name=_metadata(request, "filename", "name"),
            length=_header_number(request, "Upload-Length"),
            folder=folder_key(_metadata(request, "relativePath")),
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
        if (whole_number(request.headers.get("Content-Length", ""), most=2**63) or 0) > room:
            raise _too_much()
        services.upload_append(
            upload=upload, offset=offset, chunks=_body_chunks(request, room), checksum=_checksum(request)
        )
        return self._upload_response(upload, 204)

    def delete(self, request: Request, upload_id: UUID) -> Response:
        services.upload_abort(upload=self._upload(request, upload_id))
        return Response(status=204)

    def _upload(self, request: Request, upload_id: UUID) -> PartialUpload:
        return get_object_or_404(selectors.uploads_of(cast(User, request.user)), pk=upload_id)

    def _upload_response(self, upload: PartialUpload, status: int, **headers: str) -> Response:
        """A response with the upload's offset and, when it is complete, its outcome."""
        headers |= {
            "Upload-Offset": str(upload.offset),
            "Upload-Expires": http_date(upload.expires_at.timestamp()),
        }
        if upload.finished_at:
            headers["Earmark-State"] = (
                "refused" if upload.error_code
                else "unpacked" if upload.contents
                else "picture" if upload.error in (PICTURE_MESSAGE, PASSED_OVER_MESSAGE)
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


def _metadata(request: Request, *keys: str) -> str:
    """The first value of these keys in Upload-Metadata: comma-separated pairs of a key and a value in Base64."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key in keys:
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
        raise DomainError("invalid", "A value in a header is not valid Base64.", 400) from error


def _too_much() -> DomainError:
    return DomainError("too_much", "This is more than the declared length of the upload.", 413)


def _body_chunks(request: Request, room: int) -> Iterator[bytes]:
    """The body in chunks, until it ends or the connection breaks.

    Counts them, because a body with chunked transfer encoding has no Content-Length. Raises DomainError: `too_much`.
    """
    try:
        while chunk := request._request.read(CHUNK_BYTES):
            room -= len(chunk)
            if room < 0:
                raise _too_much()
            yield chunk
    except (BadRequest, UnreadablePostError):
        return
