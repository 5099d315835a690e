"""Stored files over HTTP: whole, in part (RFC 9110 ranges), or not again (ETag)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from classifier.kinds import KINDS
from library.models import Track

CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def serve_original(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The uploaded file, byte for byte, as a download under its own name."""
    mime = KINDS[track.kind].mime
    return serve(request, track.original, content_type=mime, filename=track.original_name, attachment=True)


def serve_audio(request: HttpRequest, track: Track) -> HttpResponseBase:
    """What a browser plays: the original, or the copy made where it cannot play that."""
    if track.playable:
        return serve(request, track.playable, content_type="audio/mpeg", filename="playable.mp3")
    kind = KINDS[track.kind]
    return serve(request, track.original, content_type=kind.mime, filename=f"track{kind.extension}")


def serve_spectrogram(request: HttpRequest, track: Track) -> HttpResponseBase:
    suffix = str(track.spectrogram.name).rpartition(".")[2]
    name = f"spectrogram.{suffix}"
    return serve(request, track.spectrogram, content_type=f"image/{suffix}", filename=name)


def serve_peaks(request: HttpRequest, track: Track) -> HttpResponseBase:
    return serve(request, track.peaks, content_type="application/json", filename="peaks.json")


def serve_timeline(track: Track) -> JsonResponse:
    """What the listening strip draws: genres, and per segment its start, end and probabilities."""
    if track.prediction is None:
        return JsonResponse({"genres": [], "segments": []})
    return JsonResponse(
        {"genres": track.prediction.genres, "segments": track.prediction.segments},
        headers={"Cache-Control": "private, max-age=60"},
    )


def serve(
    request: HttpRequest, stored: FieldFile, *, content_type: str, filename: str, attachment: bool = False
) -> HttpResponseBase:
    """Answer GET or HEAD for a stored file: 200, 206, 304 or 416; 404 when there is no such file.

    The caller has made sure that the person asking may have it.
    """
    try:
        size = stored.size if stored else None
    except FileNotFoundError:
        size = None
    if size is None:
        raise Http404
    # A stored name is never used twice, so it stands for the content.
    etag = quote_etag(f"{stored.name}-{size}")
    part = _part(request, etag, size)

    response: HttpResponse | StreamingHttpResponse
    if part is None:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        start, length = part
        body = () if request.method == "HEAD" else _read(stored, start, length)
        response = StreamingHttpResponse(body) if body else HttpResponse()
        response["Content-Length"] = str(length)
        if length < size:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    response["Content-Type"] = content_type
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=3600"
    # What people upload never runs as a page of this site.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if disposition := content_disposition_header(attachment, filename):
        response["Content-Disposition"] = disposition
    # It reads and writes headers only, so that a stream will do as well as the stubs' HttpResponse.
    plain = cast(HttpResponse, response)
    return get_conditional_response(request, etag=etag, response=plain) or response


def _part(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """What was asked for, as (start, length); None if no byte of it exists.

    What is no single valid range is answered with the whole file, as the standard allows.
    """
    whole = (0, size)
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or request.headers.get("If-Range", etag) != etag:
        return whole
    first, last = asked.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(size - int(last), 0), size - 1
        return (start, end - start + 1) if int(last) and size else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return whole
    return (start, end - start + 1) if start < size else None


def _read(stored: FieldFile, start: int, length: int) -> Iterator[bytes]:
    with stored.storage.open(str(stored.name), "rb") as content:
        content.seek(start)
        while length > 0 and (chunk := content.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
