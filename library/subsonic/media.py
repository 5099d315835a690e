"""Songs and covers as bytes, by the way on which all files leave the site."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from classifier.transcoded_streams import STREAM_KILOBITS
from library import selectors
from library.models import Cover
from library.models.albums import COVER_SIZES
from library.outgoing.files import SANDBOX_HEADERS, serve_cover, serve_original, serve_playable, serve_track
from library.outgoing.transcoded import Transcoding, serve_transcoded, transcoding_for
from library.selectors import players
from library.subsonic.calls import Call
from library.subsonic.ids import reference
from library.subsonic.rows import track_named

#: The picture where there is no cover, by its size.
_PLACEHOLDERS = {192: "earmark-192.png", 512: "earmark-512.png"}


def stream(call: Call) -> HttpResponseBase:
    """The song as it was uploaded, whole or a range of it; or as MP3 or Opus, if that is asked for.

    `estimateContentLength` changes nothing: a length that is only estimated breaks the connection.
    """
    track = track_named(call, call.params.required("id"))
    wanted = transcoding_for(
        track,
        call.params.text("format").lower(),
        call.params.number("maxBitRate", 0),
        call.params.number("timeOffset", 0),
    )
    if wanted is None:
        return serve_track(call.request, track)
    if wanted == Transcoding("mp3", STREAM_KILOBITS["mp3"][2]) and track.playable:
        return serve_playable(call.request, track)
    return serve_transcoded(call.request, track, wanted)


def download(call: Call) -> HttpResponseBase:
    return serve_original(call.request, track_named(call, call.params.required("id")))


def get_cover_art(call: Call) -> HttpResponseBase:
    """The cover that an id names, or that of what it names, in the least size that is large enough.

    Without one, a picture of Earmark: players show an error as a broken picture.
    """
    size = call.params.number("size", COVER_SIZES["large"], most=10_000)
    cover = _cover(call, call.params.required("id"))
    if cover is None:
        return _placeholder(call, size)
    names = sorted(COVER_SIZES, key=COVER_SIZES.__getitem__)
    return serve_cover(
        call.request, cover, next((name for name in names if COVER_SIZES[name] >= size), names[-1])
    )


def _cover(call: Call, text: str) -> Cover | None:
    found = reference(text)
    if found is None or found.pk is None or found.name:
        return None
    pk = found.pk if found.kind == "co" else _cover_id(call, found.kind, found.pk)
    return selectors.cover_of(call.person, pk) if pk else None


def _cover_id(call: Call, kind: str, pk: UUID) -> UUID | None:
    person = call.person
    if kind == "tr":
        track = players.songs_of(person).filter(pk=pk).first()
        return selectors.cover_id_for(track) if track else None
    if kind == "al":
        album = selectors.album_of(person, pk)
        return album.cover_id if album else None
    if kind == "ar":
        artist: Any = selectors.with_cover(selectors.artists_of(person)).filter(pk=pk).first()
        return artist.cover_id if artist else None
    playlists = selectors.playlists_of(person).filter(pk=pk)
    return next(iter(selectors.mosaics_of(person, playlists).get(pk, [])), None)


def _placeholder(call: Call, size: int) -> HttpResponseBase:
    picture = _picture(
        next((name for least, name in _PLACEHOLDERS.items() if least >= size), "earmark-512.png")
    )
    etag = quote_etag(blake2b(picture, digest_size=16).hexdigest())
    # There may be a cover tomorrow.
    headers = {"ETag": etag, "Cache-Control": "private, max-age=3600", **SANDBOX_HEADERS}
    response = HttpResponse(picture, content_type="image/png", headers=headers)
    return cast(HttpResponseBase, get_conditional_response(call.request, etag=etag, response=response))


@cache
def _picture(name: str) -> bytes:
    return (Path(settings.BASE_DIR) / "static/img" / name).read_bytes()
