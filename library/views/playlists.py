"""Playlists and saved searches."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.http.forms import NameForm
from library.http.player_payload import PLAY_QUEUE_CHUNK, play_queue_response, start_offset
from library.http.shortcuts import (
    PAGE_SIZE,
    get_or_gone,
    message_with_go_back,
    message_with_progress,
    message_with_undo,
    owned_track,
    redirect_back,
    url_with,
)
from library.http.types import AuthenticatedRequest
from library.models import BulkAction, Playlist, PlaylistItem, Track
from library.search.query import PAGE_PARAMETERS, canonical_query, parse_search, search_problems
from library.search.saved import gone_rows_of, gone_tags_of, playlist_tracks_of, words_of
from library.selectors.moments import segments_of
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.text import track_count_text, uuid_or_nil, whole_number
from library.views.library import tracks_page

#: Servers refuse longer ones.
LONGEST_URL = 2000


def owned_playlist(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> Playlist:
    playlists = selectors.playlists_of(request.user)
    return get_or_gone(request, playlists, "That playlist is no longer there.", "playlists", pk=playlist_id)


def owned_item(request: AuthenticatedRequest, playlist_id: uuid.UUID, item_id: int) -> PlaylistItem:
    playlist = owned_playlist(request, playlist_id)
    items = selectors.playlist_items_of(request.user, playlist).select_related("playlist")
    return get_or_gone(request, items, "That track is no longer in this playlist.", "playlists", pk=item_id)


@require_http_methods(["GET", "POST"])
def playlists(request: AuthenticatedRequest) -> HttpResponse:
    """The list of playlists; a POST creates one."""
    if request.method == "POST":
        return redirect(services.playlist_add(owner=request.user, name=request.POST.get("name", "")))
    return _list_page(request, selectors.playlists_with_counts(request.user), "library/playlists.html")


@require_safe
def saved_searches(request: AuthenticatedRequest) -> HttpResponse:
    """The list of saved searches."""
    return _list_page(request, selectors.saved_searches_of(request.user), "library/saved_searches.html")


def _list_page(request: AuthenticatedRequest, found: QuerySet[Playlist], template: str) -> HttpResponse:
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "mosaics": selectors.mosaics_of(request.user, page.object_list)}
    return render(request, template, context)


@require_safe
def playlist(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> HttpResponse:
    """The tracks of a playlist, or those that a saved search finds now."""
    found = owned_playlist(request, playlist_id)
    tracks = playlist_tracks_of(request.user, found)
    page: Page[Any]
    segments: dict[uuid.UUID, list[Any]] = {}
    if found.smart:
        page = tracks_page(request, tracks)
        segments = segments_of(request.user, page)
    else:
        in_order = selectors.playlist_items_of(request.user, found)
        shown = in_order.prefetch_related(
            selectors.with_taggings("track__taggings"), selectors.with_artists("track__track_artists")
        )
        page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
        segments = segments_of(request.user, [item.track for item in page])
    context = {
        "playlist": found,
        "page": page,
        "segments": segments,
        "length": selectors.duration_totals(tracks),
        "covers": selectors.mosaics_of(request.user, [found]).get(found.pk, []),
        "problems": search_problems(request.user, found.query) if found.smart else [],
        "gone_tags": gone_tags_of(request.user, found),
        "gone_rows": gone_rows_of(request.user, found),
        "words": words_of(request.user, found, selectors.genre_names_of(request.user)) if found.smart else [],
    }
    return render(request, "library/playlist.html", context)


@require_safe
def playlist_length(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> HttpResponse:
    """What a saved search looks for, and how much it finds: fetched by the list of saved searches for each row."""
    found = owned_playlist(request, playlist_id)
    length = selectors.duration_totals(playlist_tracks_of(request.user, found))
    words = words_of(request.user, found, selectors.genre_names_of(request.user)) if found.smart else []
    return render(request, "library/_playlist_length.html", length | {"words": words})


@require_safe
def playlist_queue(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> JsonResponse:
    """The tracks of a playlist for the player, from `start` on; `more` is the URL of the next ones."""
    found = owned_playlist(request, playlist_id)
    start = start_offset(request.GET)
    in_order = playlist_tracks_of(request.user, found).prefetch_related(selectors.with_artists())
    tracks = list(in_order[start : start + PLAY_QUEUE_CHUNK + 1])
    more = f"{reverse('playlist-queue', args=[found.pk])}?start={start + PLAY_QUEUE_CHUNK}"
    genres = selectors.genre_names_of(request.user)
    return play_queue_response(
        tracks[:PLAY_QUEUE_CHUNK], genres, more=more if len(tracks) > PLAY_QUEUE_CHUNK else None
    )


@require_POST
def playlist_rename(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> HttpResponse:
    found = owned_playlist(request, playlist_id)
    form = NameForm(request.POST)
    form.is_valid()
    services.playlist_rename(playlist=found, shown=form.shown, name=form.cleaned_data["name"])
    return redirect(found)


@require_POST
def search_update(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> HttpResponse:
    """Have a saved search find what `query` does, with an Undo that sends the search of before."""
    found = owned_playlist(request, playlist_id)
    before = found.query
    search = parse_search(
        request.user,
        request.POST.get("query") or request.GET.get("query", ""),
        extra_params=PAGE_PARAMETERS,
    )
    undo = url_with(reverse("search-update", args=[found.pk]), query=before)
    if not services.search_update(playlist=found, query=canonical_query(search)):
        messages.info(request, f"“{found}” is that search already.")
    elif len(undo) > LONGEST_URL or search_problems(request.user, before):
        messages.success(request, f"Updated “{found}”.")
    else:
        message_with_go_back(request, f"Updated “{found}”.", undo, "Undo")
    return redirect(found)


@require_http_methods(["GET", "POST"])
def playlist_delete(request: AuthenticatedRequest, playlist_id: uuid.UUID) -> HttpResponse:
    found = owned_playlist(request, playlist_id)
    if request.method == "GET":
        return render(request, "library/playlist_delete.html", {"playlist": found})
    many = found.items.count() > MAX_SYNCHRONOUS_TRACKS
    action = services.playlist_delete(playlist=found, in_background=many)
    if action.is_finished:
        kept = "The tracks that it found" if found.smart else "Its tracks"
        message_with_undo(request, f"{action.summary}. {kept} are still in your library.", action)
    else:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
    return redirect("saved-searches" if found.smart else "playlists")


@require_POST
def item_move(request: AuthenticatedRequest, playlist_id: uuid.UUID, item_id: int) -> HttpResponse:
    """Move a track to another position: `to`, counted from 0."""
    to = request.POST.get("to", "")
    item = owned_item(request, playlist_id, item_id)
    # The button that moves the first track up asks for -1.
    position = whole_number(to.removeprefix("-"))
    if position is not None:
        services.playlist_move(item=item, position=0 if to.startswith("-") else position)
    return redirect_back(request, "playlists")


@require_POST
def item_remove(request: AuthenticatedRequest, playlist_id: uuid.UUID, item_id: int) -> HttpResponse:
    action = services.playlist_remove(item=owned_item(request, playlist_id, item_id))
    message_with_undo(request, f"{action.summary}.", action)
    return redirect_back(request, "playlists")


@require_http_methods(["GET", "POST"])
def track_playlists(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Add a track to a playlist: `playlist`, its id, or `new`, the name of one to create."""
    found = owned_track(request, track_id)
    if request.method == "GET":
        return _track_playlists_page(request, found)
    if name := request.POST.get("new", "").strip():
        into = services.playlist_add(owner=request.user, name=name)
    else:
        into = owned_playlist(request, uuid_or_nil(request.POST.get("playlist", "")))
    only = selectors.tracks_of(request.user).filter(pk=found.pk)
    action = services.playlist_append(playlist=into, tracks=only)
    if request.headers.get("HX-Request"):
        return redirect(f"{request.path}?done={action.pk}")
    if action.done:
        message_with_undo(request, f"Added “{found}” to “{into}”.", action)
    return redirect(into)


def _track_playlists_page(request: AuthenticatedRequest, track: Track) -> HttpResponse:
    """The playlists to choose from; or, after a choice, the result of the action `done`."""
    context = {"track": track, "playlists": selectors.playlist_choices_for(request.user, track)}
    actions = selectors.bulk_actions_of(request.user).filter(kind=BulkAction.Kind.PLAYLIST_ADD)
    if action := actions.filter(pk=uuid_or_nil(request.GET.get("done", ""))).first():
        context |= {"action": action, "added_to": owned_playlist(request, action.data["playlist"])}
    return render(request, "library/track_playlists.html", context)
