"""Editing and merging albums and artists: each is a bulk action on their tracks, and can be undone."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from library import selectors, services
from library.errors import DomainError
from library.http.forms import AlbumForm, ConflictDetectingForm, NameForm
from library.http.shortcuts import get_or_gone, message_with_progress, message_with_undo
from library.http.types import AuthenticatedRequest
from library.models import Album, Artist, BulkAction, Track
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import track_count_text, uuid_or_nil
from library.text.folding import search_text
from library.views.albums import GONE as ALBUM_GONE
from library.views.albums import owned_album
from library.views.artists import GONE as ARTIST_GONE
from library.views.artists import LONGEST_SEARCH, owned_artist

#: How many albums or artists are offered to merge into.
MOST_OFFERED = 20


@require_http_methods(["GET", "POST"])
def album_edit(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Change title, album artist and year of an album."""
    album = owned_album(request, album_id)
    current = {
        "title": album.title,
        "artist": album.artist.name if album.artist else "",
        "year": album.year,
    }
    form = AlbumForm(request.POST or None, initial=current)
    if _is_current(form, current):
        changes = {name: value for name, value in form.submitted.items() if value != current[name]}
        if not changes:
            return redirect(album)
        options = _options(selectors.tracks_of_album(request.user, album))
        try:
            action = services.album_edit(album=album, options=options, **changes)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return _done(request, action, album)
    return render(request, "library/album_edit.html", {"album": album, "form": form})


@require_http_methods(["GET", "POST"])
def artist_edit(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponse:
    """Change the name of an artist. The name of another artist makes both one."""
    artist = owned_artist(request, artist_id)
    form = NameForm(request.POST or None, initial={"name": artist.name})
    if _is_current(form, {"name": artist.name}):
        name = form.cleaned_data["name"]
        if name.strip() == artist.name:
            return redirect(artist)
        options = _options(selectors.tracks_of_artist(request.user, artist))
        try:
            action = services.artist_rename(artist=artist, name=name, options=options)
        except DomainError as error:
            form.add_error("name", error.message)
        else:
            return _done(request, action, artist)
    return render(request, "library/artist_edit.html", {"artist": artist, "form": form})


@require_http_methods(["GET", "POST"])
def album_merge(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Put an album's tracks on another one: `into`, its id. A GET offers those that `name` finds, or similar ones."""
    album = owned_album(request, album_id)
    if request.method == "POST":
        into_id = uuid_or_nil(request.POST.get("into", ""))
        into = get_or_gone(request, selectors.albums_of(request.user), ALBUM_GONE, "albums", pk=into_id)
        if _was_shown(request, album, into):
            options = _options(selectors.tracks_of_album(request.user, album))
            action = services.albums_merge(owner=request.user, into=into, albums=[album], options=options)
            return _done(request, action, into)
    text = _search_text(request)
    found = selectors.albums_named(request.user, text) if text else _similar_albums(request, album)
    offered = selectors.with_main_genre(found.exclude(pk=album.pk))[:MOST_OFFERED]
    context = {"thing": album, "kind": "album", "text": text, "offered": offered}
    return render(request, "library/collection_merge.html", context)


@require_http_methods(["GET", "POST"])
def artist_merge(request: AuthenticatedRequest, artist_id: uuid.UUID) -> HttpResponse:
    """Make an artist another one: `into`, its id. A GET offers those that `name` finds, or similar ones."""
    artist = owned_artist(request, artist_id)
    if request.method == "POST":
        into_id = uuid_or_nil(request.POST.get("into", ""))
        into = get_or_gone(request, selectors.artists_of(request.user), ARTIST_GONE, "artists", pk=into_id)
        if _was_shown(request, artist, into):
            options = _options(selectors.tracks_of_artist(request.user, artist))
            action = services.artists_merge(owner=request.user, into=into, artists=[artist], options=options)
            return _done(request, action, into)
    text = _search_text(request)
    # Spellings of one name mostly have its longest word in common.
    word = max(search_text(artist.name).split(), key=len, default="")
    found = selectors.with_cover(selectors.artists_named(request.user, text or word))
    offered = found.exclude(pk=artist.pk)[:MOST_OFFERED]
    context = {"thing": artist, "kind": "artist", "text": text, "offered": offered}
    return render(request, "library/collection_merge.html", context)


def _is_current(form: ConflictDetectingForm, current: dict[str, Any]) -> bool:
    """Whether a form was sent that is valid, and that showed what is there now. What has changed is added as errors."""
    if not form.is_bound or not form.is_valid():
        return False
    changed = {name: current[name] for name, shown in form.shown.items() if shown != current[name]}
    form.add_conflict_errors(changed)
    return not changed


def _was_shown(request: AuthenticatedRequest, thing: Album | Artist, into: Album | Artist) -> bool:
    """Whether both are still called as they were on the page of the form, if it says so; else a message tells."""
    shown = request.POST.get("shown", str(thing)), request.POST.get("shown_into", str(into))
    if shown == (str(thing), str(into)):
        return True
    messages.error(request, "Names have changed meanwhile. Look again, and choose once more.")
    return False


def _search_text(request: AuthenticatedRequest) -> str:
    return request.GET.get("name", "").strip()[:LONGEST_SEARCH]


def _similar_albums(request: AuthenticatedRequest, album: Album) -> QuerySet[Album]:
    """Albums of that title, and the others of the artist."""
    similar = Q(sort_title=album.sort_title)
    if album.artist:
        similar |= Q(artist=album.artist)
    return selectors.albums_of(request.user).filter(similar)


def _options(tracks: QuerySet[Track]) -> BulkActionOptions:
    return BulkActionOptions(in_background=tracks.count() > MAX_SYNCHRONOUS_TRACKS)


def _done(request: AuthenticatedRequest, action: BulkAction, thing: Album | Artist) -> HttpResponse:
    """Go to the album or artist, or to the list if it has become another; with what was done, and an Undo."""
    if action.is_finished:
        message_with_undo(request, f"{action.summary}: {track_count_text(action.done)}.", action)
    else:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
    if isinstance(thing, Album):
        return redirect(selectors.album_of(request.user, thing.pk) or reverse("albums"))
    return redirect(selectors.artist_of(request.user, thing.pk) or reverse("artists"))
