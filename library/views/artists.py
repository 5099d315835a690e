"""Artists: the list of them, and the page of one with albums and tracks."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from library import selectors
from library.http.shortcuts import get_or_gone
from library.http.types import AuthenticatedRequest
from library.models import Artist
from library.selectors.moments import segments_of
from library.views import collections
from library.views.library import tracks_page

ARTISTS_PER_PAGE = 60
#: How many covers stand beside a name.
COVERS_EACH = 4
#: How long a text to search for may be.
LONGEST_SEARCH = 200
#: How many of the tracks that were played most are shown.
MOST_PLAYED = 5
GONE = "That artist is no longer in your library."


def owned_artist(request: AuthenticatedRequest, artist_id: uuid.UUID) -> Artist:
    """The artist, if it is this person's and has tracks. Raises as `get_or_gone` does."""
    return get_or_gone(request, selectors.artists_of(request.user), GONE, "artists", pk=artist_id)


@require_safe
def artists(request: AuthenticatedRequest) -> HttpResponse:
    """The artists by name: all, those of a `letter`, or those with the words of `name` in their names."""
    text, letter = request.GET.get("name", "").strip()[:LONGEST_SEARCH], request.GET.get("letter", "")
    letters = selectors.artist_letters_of(request.user)
    if text:
        letter, found = "", selectors.artists_named(request.user, text)
    elif letter in letters:
        found = selectors.artists_by_letter(request.user, letter)
    else:
        letter, found = "", selectors.artists_of(request.user)
    page = Paginator(found, ARTISTS_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    albums = selectors.albums_by_artist(request.user, shown, COVERS_EACH)
    totals = selectors.artist_totals(request.user, shown)
    context = {
        "page": page,
        "rows": [(each, albums.get(each.pk, []), totals[each.pk]) for each in shown],
        "letters": letters,
        "letter": letter,
        "text": text,
        "kept_query": urlencode(
            {name: value for name, value in (("name", text), ("letter", letter)) if value}
        ),
    }
    return render(request, "library/artists.html", context)


@require_safe
def artist(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponse:
    """An artist: albums by year, what is played most, albums of others with the artist, and tracks on no album."""
    found = owned_artist(request, artist_id)
    tracks = selectors.tracks_of_artist(request.user, found)
    albums = list(selectors.with_main_genre(selectors.albums_of_artist(request.user, found)))
    pictured = next((album for album in albums if album.cover_id), albums[0] if albums else found)
    page = tracks_page(request, tracks.filter(album_entry=None))
    context = {
        "artist": found,
        "pictured": pictured,
        "length": selectors.duration_totals(tracks),
        "albums": albums,
        "others": selectors.with_main_genre(selectors.other_albums_with_artist(request.user, found)),
        "most_played": selectors.most_played_of_artist(request.user, found, MOST_PLAYED),
        "page": page,
        "segments": segments_of(request.user, page),
        "search": urlencode({"artist": found.pk, "ordering": "album"}),
        **collections.action_urls("artist", found),
    }
    return render(request, "library/artist.html", context)


@require_safe
def artist_queue(request: AuthenticatedRequest, artist_id: uuid.UUID) -> JsonResponse:
    """The artist's tracks for the player: album by album, then those on none."""
    tracks = selectors.tracks_of_artist(request.user, owned_artist(request, artist_id))
    return collections.queue_response(request, tracks)


@require_http_methods(["GET", "POST"])
def artist_playlists(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponse:
    """Put the artist's tracks into a playlist."""
    found = owned_artist(request, artist_id)
    return collections.add_to_playlist(request, found, selectors.tracks_of_artist(request.user, found))


@require_GET
def artist_download(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponseBase:
    """The artist's tracks as a ZIP archive."""
    found = owned_artist(request, artist_id)
    return collections.download(request, found, selectors.tracks_of_artist(request.user, found))
