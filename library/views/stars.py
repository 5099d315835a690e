"""Stars on tracks, albums and artists, and the rating of a track."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from library import selectors, services
from library.errors import DomainError
from library.http.shortcuts import get_or_gone, owned_track, redirect_back
from library.http.types import AuthenticatedRequest
from library.models import Album, Artist, Track
from library.services.stars import rating_from_text

ALBUM_GONE = "That album is no longer in your library."
ARTIST_GONE = "That artist is no longer in your library."


@require_POST
def track_star(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    track = owned_track(request, track_id)
    services.track_star(track=track, starred=_wanted(request))
    return _star_response(request, track)


@require_POST
def album_star(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    album = get_or_gone(request, selectors.albums_of(request.user), ALBUM_GONE, pk=album_id)
    services.album_star(album=album, starred=_wanted(request))
    return _star_response(request, album)


@require_POST
def artist_star(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponse:
    artist = get_or_gone(request, selectors.artists_of(request.user), ARTIST_GONE, pk=artist_id)
    services.artist_star(artist=artist, starred=_wanted(request))
    return _star_response(request, artist)


@require_POST
def track_rating(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Rate a track: `rating`, from 1 to 5, or 0 for none."""
    track = owned_track(request, track_id)
    services.track_rate(track=track, rating=rating_from_text(request.POST.get("rating", "")))
    if "HX-Request" in request.headers:
        return render(request, "library/_rating.html", {"track": track})
    return redirect_back(request)


def _wanted(request: AuthenticatedRequest) -> bool:
    """Whether the thing is to have a star: the form says which, so that a form sent twice does it once.

    Raises DomainError: `bad_value`.
    """
    wanted = request.POST.get("starred")
    if wanted not in ("true", "false"):
        raise DomainError("bad_value", "Say whether it is to have a star.", 422)
    return wanted == "true"


def _star_response(request: AuthenticatedRequest, thing: Track | Album | Artist) -> HttpResponse:
    """The button as it is now, for a script; otherwise back to the page that it was on."""
    if "HX-Request" in request.headers:
        return render(request, "library/_star.html", {"thing": thing, "url": request.path})
    return redirect_back(request)
