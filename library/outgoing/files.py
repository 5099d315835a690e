"""Stored files over HTTP: whole, in part (RFC 9110 ranges), or not again (ETag).

Who sends the bytes is a setting, `EARMARK_FILES_BY`: this process (`stream`), the web server before it, which is told
by a header where they are (`x-accel-redirect`, `x-sendfile`), or an S3 store, by an address that is good for a
while (`signed-url`). Who may have them is decided before, and always here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from classifier.formats import AUDIO_FORMATS
from library.models import Track

CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def serve_original(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The uploaded file, byte for byte, as a download under its own name."""
    mime = AUDIO_FORMATS[track.kind].mime
    return serve(request, track.original, content_type=mime, filename=track.original_name, attachment=True)


def serve_audio(request: HttpRequest, track: Track) -> HttpResponseBase:
    """What a browser plays: the original, or the copy made where it cannot play that."""
    if track.playable:
        return serve(request, track.playable, content_type="audio/mpeg", filename="playable.mp3")
    kind = AUDIO_FORMATS[track.kind]
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
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": content_disposition_header(attachment, filename) or "inline",
        "Cache-Control": "private, max-age=3600",
        # What people upload never runs as a page of this site.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if settings.EARMARK_FILES_BY == "signed-url" and content_type.startswith("audio/"):
        return _signed_url_redirect(stored, headers)
    if settings.EARMARK_FILES_BY in ("x-accel-redirect", "x-sendfile"):
        response: HttpResponseBase = _web_server_response(stored, headers)
    else:
        response = _stream_response(request, stored, size, headers | {"ETag": etag})
    # It reads and writes headers only, so that a stream will do as well as the stubs' HttpResponse.
    plain = cast(HttpResponse, response)
    return get_conditional_response(request, etag=etag, response=plain) or response


def _stream_response(
    request: HttpRequest, stored: FieldFile, size: int, headers: dict[str, str]
) -> HttpResponse | StreamingHttpResponse:
    headers = headers | {"Accept-Ranges": "bytes"}
    part = _requested_range(request, headers["ETag"], size)
    if part is None:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, length = part
    headers["Content-Length"] = str(length)
    status = 200
    if length < size:
        status, headers["Content-Range"] = 206, f"bytes {start}-{start + length - 1}/{size}"
    if request.method == "HEAD" or not length:
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_file_chunks(stored, start, length), status=status, headers=headers)


def _web_server_response(stored: FieldFile, headers: dict[str, str]) -> HttpResponse:
    """An empty answer that tells the web server which file to send in its place. Ranges are its affair, too."""
    response = HttpResponse(headers=headers)
    if settings.EARMARK_FILES_BY == "x-sendfile":
        response["X-Sendfile"] = stored.path
    else:
        response["X-Accel-Redirect"] = f"{settings.EARMARK_X_ACCEL_PREFIX}{stored.name}"
    return response


def _signed_url_redirect(stored: FieldFile, headers: dict[str, str]) -> HttpResponse:
    """To where the store sends the file, under our headers, for as long as the signature is good."""
    address = cast(Any, stored.storage).url(
        stored.name,
        parameters={
            "ResponseContentType": headers["Content-Type"],
            "ResponseContentDisposition": headers["Content-Disposition"],
            "ResponseCacheControl": headers["Cache-Control"],
        },
        expire=settings.EARMARK_SIGNED_URL_SECONDS,
    )
    return HttpResponse(status=302, headers={"Location": address, "Cache-Control": "private, no-store"})


def _requested_range(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
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


def _file_chunks(stored: FieldFile, start: int, length: int) -> Iterator[bytes]:
    if bucket := getattr(stored.storage, "bucket", None):
        # As a file, all of it would be fetched first.
        part = f"bytes={start}-{start + length - 1}"
        yield from bucket.Object(stored.name).get(Range=part)["Body"].iter_chunks(CHUNK)
        return
    with stored.storage.open(str(stored.name), "rb") as content:
        content.seek(start)
        while length > 0 and (chunk := content.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
