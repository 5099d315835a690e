"""Stored files over HTTP, with ranges (RFC 9110, section 14) and ETags.

The setting `EARMARK_FILES_BY` says who sends the bytes: this process (`stream`), the web server in front of it, which
finds the file's place in a header (`x-accel-redirect`, `x-sendfile`), or an S3 store, by an address that is valid for a
while (`signed-url`). Whether a person may have the file is decided on this site before, in each case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from typing import Any, cast

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from classifier.formats import AUDIO_FORMATS
from library.errors import PROBLEM_TYPE, DomainError, problem_details
from library.models import Cover, Track
from library.models.albums import COVER_SIZES
from library.outgoing.originals import damage_refuse
from library.outgoing.streams import BLOCK_BYTES, StreamedFile
from library.text import whole_number

#: Uploaded files never run as a page of this site.
SANDBOX_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox"}
#: For files that are made for one download.
UNCACHED_HEADERS = SANDBOX_HEADERS | {"Cache-Control": "private, no-store"}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def serve_original(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The uploaded file, byte for byte, as a download with its original name.

    Raises DomainError: `file_damaged`.
    """
    damage_refuse(track)
    mime = AUDIO_FORMATS[track.kind].mime
    return serve(request, track.original, content_type=mime, filename=track.original_name, attachment=True)


def serve_audio(request: HttpRequest, track: Track) -> HttpResponseBase:
    """Audio that browsers can play: the original or, for formats they cannot play, the MP3 copy.

    Raises DomainError: `file_damaged`.
    """
    return serve_playable(request, track) if track.playable else serve_track(request, track)


def serve_playable(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The MP3 copy that was made of a format that browsers cannot play. Raises Http404 without one."""
    return serve(request, track.playable, content_type="audio/mpeg", filename="playable.mp3")


def serve_track(request: HttpRequest, track: Track) -> HttpResponseBase:
    """The uploaded file, byte for byte, for playing it.

    Raises DomainError: `file_damaged`.
    """
    damage_refuse(track)
    kind = AUDIO_FORMATS[track.kind]
    return serve(request, track.original, content_type=kind.mime, filename=f"track{kind.extension}")


def playable_audio(request: HttpRequest, track: Track) -> HttpResponseBase:
    """As `serve_audio`, for the players of pages: for a damaged file, status 409 and a sentence."""
    try:
        return serve_audio(request, track)
    except DomainError as error:
        return HttpResponse(error.message, content_type="text/plain; charset=utf-8", status=error.status)


def serve_spectrogram(request: HttpRequest, track: Track) -> HttpResponseBase:
    suffix = str(track.spectrogram.name).rpartition(".")[2]
    name = f"spectrogram.{suffix}"
    return serve(request, track.spectrogram, content_type=f"image/{suffix}", filename=name)


def serve_cover(request: HttpRequest, cover: Cover, size: str) -> HttpResponseBase:
    """One picture of a cover. Raises Http404 for an unknown size. Its URL never shows another picture."""
    if size not in COVER_SIZES:
        raise Http404
    stored = getattr(cover, size)
    return serve(
        request,
        stored,
        content_type="image/webp",
        filename=f"cover-{size}.webp",
        cache_control="private, max-age=31536000, immutable",
    )


def serve_peaks(request: HttpRequest, track: Track) -> HttpResponseBase:
    return serve(request, track.peaks, content_type="application/json", filename="peaks.json")


def serve_timeline(track: Track) -> JsonResponse:
    """The prediction over time: genres and, per segment, start and end in seconds and the genres' probabilities."""
    if track.prediction is None:
        return JsonResponse({"genres": [], "segments": []})
    return JsonResponse(
        {"genres": track.prediction.genres, "segments": track.prediction.segments},
        headers={"Cache-Control": "private, max-age=60"},
    )


def serve(
    request: HttpRequest,
    stored: FieldFile,
    *,
    content_type: str,
    filename: str,
    attachment: bool = False,
    cache_control: str = "private, max-age=3600",
) -> HttpResponseBase:
    """The response to GET or HEAD for a stored file: 200, 206, 302, 304, 412 or 416. Raises Http404 if it is missing.

    The caller has made sure that the person may have it.
    """
    try:
        size = stored.size if stored else None
    except FileNotFoundError:
        size = None
    if size is None:
        raise Http404
    # Names in storage are never reused, so the name stands for the content. It is nobody's business, though.
    etag = quote_etag(blake2b(f"{stored.name}-{size}".encode(), digest_size=16).hexdigest())
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": content_disposition_header(attachment, filename) or "inline",
        "Cache-Control": cache_control,
        **SANDBOX_HEADERS,
    }
    if settings.EARMARK_FILES_BY == "signed-url" and content_type.startswith("audio/"):
        return _signed_url_redirect(stored, headers)
    if settings.EARMARK_FILES_BY in ("x-accel-redirect", "x-sendfile"):
        response: HttpResponseBase = _web_server_response(stored, headers)
    else:
        response = _stream_response(request, stored, size, headers | {"ETag": etag})
    return _conditional(request, response, etag)


def serve_stored_here(request: HttpRequest, stored: Any, headers: dict[str, str]) -> HttpResponseBase:
    """As `serve`, for a file that only this process has: with `name`, `size` and `storage` of its own."""
    etag = quote_etag(blake2b(f"{stored.name}-{stored.size}".encode(), digest_size=16).hexdigest())
    response = _stream_response(request, stored, stored.size, headers | {"ETag": etag})
    return _conditional(request, response, etag)


def _conditional(request: HttpRequest, response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """The response, or 304 or 412 where the request says so."""
    # The stubs ask for an HttpResponse, but it only reads and writes headers, so a stream will do.
    plain = cast(HttpResponse, response)
    conditional = get_conditional_response(request, etag=etag, response=plain)
    if conditional and conditional.status_code == 412:
        return _problem(412, "precondition_failed", "The file is not the one that “If-Match” names.")
    return conditional or response


def _stream_response(
    request: HttpRequest, stored: FieldFile, size: int, headers: dict[str, str]
) -> HttpResponse | StreamedFile:
    headers = headers | {"Accept-Ranges": "bytes"}
    status, start, length = 200, 0, size
    if requested := _requested_range(request, headers["ETag"], size):
        status, (start, length) = 206, requested
        if length <= 0:
            detail = f"The range lies outside the file, which has {size} bytes."
            return _problem(416, "range_not_satisfiable", detail, {"Content-Range": f"bytes */{size}"})
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    headers["Content-Length"] = str(length)
    if request.method == "HEAD" or not length:
        return HttpResponse(status=status, headers=headers)
    return StreamedFile(_file_blocks(stored, start, length), status=status, headers=headers)


def _web_server_response(stored: FieldFile, headers: dict[str, str]) -> HttpResponse:
    """An empty response whose header tells the web server which file to send instead. It also handles ranges."""
    response = HttpResponse(headers=headers)
    if settings.EARMARK_FILES_BY == "x-sendfile":
        response["X-Sendfile"] = stored.path
    else:
        response["X-Accel-Redirect"] = f"{settings.EARMARK_X_ACCEL_PREFIX}{stored.name}"
    return response


def _signed_url_redirect(stored: FieldFile, headers: dict[str, str]) -> HttpResponse:
    """A redirect to a signed URL of the object store, which sends the file with our headers."""
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


def _problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse(
        problem_details(status, code, detail),
        status=status,
        content_type=PROBLEM_TYPE,
        headers=SANDBOX_HEADERS | {"Cache-Control": "private, no-store"} | (headers or {}),
    )


def _requested_range(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """The requested range as (start, length); a length of 0 or less if it lies outside the file.

    None without a header `Range` with a single valid range: then the file is sent whole, as RFC 9110 allows.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if not first:
        length = min(_position(last), size)
        return (size - length, length) if last else None
    start, end = _position(first), min(_position(last), size - 1) if last else size - 1
    if last and _position(last) < start:
        return None
    return start, end - start + 1


def _position(digits: str) -> int:
    """A position in a file. Larger numbers than a file system has are all the same."""
    return whole_number(digits, most=2**63) or 0


def _file_blocks(stored: FieldFile, start: int, length: int) -> Iterator[bytes]:
    if bucket := getattr(stored.storage, "bucket", None):
        # Opened as a file, django-storages would fetch all of it first.
        wanted = f"bytes={start}-{start + length - 1}"
        with closing(bucket.Object(stored.name).get(Range=wanted)["Body"]) as body:
            yield from body.iter_chunks(BLOCK_BYTES)
        return
    with stored.storage.open(str(stored.name), "rb") as content:
        content.seek(start)
        while length > 0 and (block := content.read(min(BLOCK_BYTES, length))):
            length -= len(block)
            yield block
