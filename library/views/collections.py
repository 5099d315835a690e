"""What people do with all tracks of an album or an artist: play them, put them into a playlist, download them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from library import selectors, services
from library.http.player_payload import PLAY_QUEUE_CHUNK, play_queue_response, start_offset
from library.http.shortcuts import get_or_gone, message_with_progress, message_with_undo
from library.http.types import AuthenticatedRequest
from library.models import Album, Artist, Track
from library.outgoing.archives import archive_response
from library.outgoing.tagged_copies import CopyGenre
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import track_count_text, uuid_or_nil


def action_urls(kind: str, thing: Album | Artist) -> dict[str, Any]:
    """The album or artist as `thing`, and the addresses that `_collection_actions.html` needs.

    `kind` is "album" or "artist".
    """
    names = {name: f"{kind}-{name}" for name in ("queue", "playlists", "download", "edit")} | {
        "star": f"{kind}_star"
    }
    return {"thing": thing} | {f"{name}_url": reverse(url, args=[thing.pk]) for name, url in names.items()}


def queue_response(request: AuthenticatedRequest, tracks: QuerySet[Track]) -> JsonResponse:
    """These tracks for the player, from `start` on; `more` is the URL of the next ones."""
    start = start_offset(request.GET)
    some = list(tracks.prefetch_related(selectors.with_artists())[start : start + PLAY_QUEUE_CHUNK + 1])
    more = f"{request.path}?start={start + PLAY_QUEUE_CHUNK}" if len(some) > PLAY_QUEUE_CHUNK else None
    genres = selectors.genre_names_of(request.user)
    return play_queue_response(some[:PLAY_QUEUE_CHUNK], genres, more=more)


def add_to_playlist(
    request: AuthenticatedRequest, thing: Album | Artist, tracks: QuerySet[Track]
) -> HttpResponse:
    """Choose a playlist for these tracks; a POST adds them: `playlist`, its id, or `new`, the name of one to create."""
    playlists = selectors.playlists_of(request.user).filter(smart=False)
    if request.method == "GET":
        context = {"thing": thing, "playlists": playlists}
        return render(request, "library/collection_playlists.html", context)
    if name := request.POST.get("new", "").strip():
        into = services.playlist_add(owner=request.user, name=name)
    else:
        chosen = uuid_or_nil(request.POST.get("playlist", ""))
        into = get_or_gone(request, playlists, "That playlist is no longer there.", "playlists", pk=chosen)
    options = BulkActionOptions(in_background=tracks.count() > MAX_SYNCHRONOUS_TRACKS)
    action = services.playlist_append(playlist=into, tracks=tracks, options=options)
    if not action.is_finished:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
    elif action.done:
        message_with_undo(request, f"{action.summary}: {track_count_text(action.done)}.", action)
    else:
        message_with_undo(request, f"All of “{thing}” is in “{into}” already.", action)
    return redirect(thing)


def download(
    request: AuthenticatedRequest, thing: Album | Artist, tracks: QuerySet[Track]
) -> HttpResponseBase:
    """These tracks as a ZIP archive: the originals, or with `tags` copies with their tags in them."""
    ids = list(tracks.values_list("pk", flat=True))
    copies = CopyGenre.OWNER if "tags" in request.GET else None
    return archive_response(request.user, ids, copies=copies, name=str(thing))
