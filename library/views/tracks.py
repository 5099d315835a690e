"""The page of a track, and what its owner does there: genre, tags, edits, deletion."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.errors import ConflictError
from library.genres import BUILTIN_GENRES
from library.http.forms import TrackForm
from library.http.shortcuts import (
    get_or_gone,
    message_with_go_back,
    message_with_undo,
    owned_track,
    redirect_back,
)
from library.http.types import AuthenticatedRequest
from library.models import Track
from library.selectors.genres import LISTED_LABELS
from library.text import uuids_in
from library.views.bulk_actions import tracks_genre_set


@require_safe
def track(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    return render(
        request,
        "library/track.html",
        {
            "track": found,
            "taggings": selectors.taggings_on(found),
            "some_tags": selectors.tags_of(request.user)[:LISTED_LABELS],
            "suggestions": selectors.tag_suggestions_for(request.user, found),
            "set_by": selectors.concept_setting(request.user, found),
            "history": selectors.genre_history_of(request.user, found),
        },
    )


@require_POST
def genre(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Set the genre: `genre`, a key, or "" to withdraw the verdict; or `new`, the name of one, created if need be.

    With `undo`, as from a list, a message says so and offers to take it back. `others` has the ids of tracks that get
    the same genre, separated by blanks.
    """
    found = owned_track(request, track_id)
    key = request.POST.get("genre", "")
    if name := request.POST.get("new", "").strip():
        key = services.genre_key_get_or_create(owner=request.user, name=name)
    if others := request.POST.get("others"):
        return tracks_genre_set(request, [found.pk, *uuids_in(others.split())], key)
    services.genre_set(track=found, person=request.user, genre=key)
    if "undo" in request.POST:
        undo_url = reverse("track-genre-undo", args=[found.pk])
        message_with_go_back(request, _verdict_message(request, found, key), undo_url, "Undo")
    return redirect_back(request)


def _verdict_message(request: AuthenticatedRequest, found: Track, key: str) -> str:
    if not key:
        return f"You withdrew the genre of “{found.title}”."
    name = selectors.genre_names_of(request.user).by_key(key).name
    return f"You said {name.lower() if key in BUILTIN_GENRES else name}: “{found.title}”."


@require_POST
def genre_confirm(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    services.genre_confirm(track=owned_track(request, track_id), person=request.user)
    return redirect_back(request)


@require_POST
def genre_undo(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    services.genre_undo(track=owned_track(request, track_id), person=request.user)
    return redirect_back(request)


@require_POST
def tag(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    services.track_tag_typed(track=owned_track(request, track_id), text=request.POST.get("name", ""))
    return redirect_back(request)


@require_POST
def untag(request: AuthenticatedRequest, track_id: uuid.UUID, tag_id: int) -> HttpResponse:
    found = owned_track(request, track_id)
    on_it = selectors.tags_on(request.user, found)
    services.track_untag(
        track=found, tag=get_or_gone(request, on_it, "That tag is no longer on the track.", pk=tag_id)
    )
    return redirect_back(request)


@require_POST
def suggestion_reject(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    services.suggestion_reject(track=owned_track(request, track_id), name=request.POST.get("name", ""))
    return redirect_back(request)


@require_http_methods(["GET", "POST"])
def track_edit(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Edit what a track is called and where it belongs. `reset` names a field to take from the file again.

    With `next`, as from a list, it leads back there.
    """
    found = owned_track(request, track_id)
    form = TrackForm(request.POST or None, instance=owned_track(request, track_id))
    if field := request.POST.get("reset"):
        services.track_reset(track=found, fields=[field])
        form.set_value(field, getattr(found, field))  # keeps what was typed in the other fields
    elif request.method == "POST" and form.is_valid():
        try:
            services.track_edit(track=found, shown=form.shown, **form.submitted)
        except ConflictError as changed:
            form.add_conflict_errors(changed.current)
        else:
            if "next" not in request.POST:
                return redirect(found)
            messages.success(request, f"Saved “{found.title}”.")
            return redirect_back(request)
    context = {"track": found, "form": form, "file_values": selectors.file_tag_values_of(request.user, found)}
    return render(request, "library/track_edit.html", context)


@require_POST
def track_analyse(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    services.track_analyse_again(track=found)
    return redirect(found)


@require_http_methods(["GET", "POST"])
def track_delete(request: AuthenticatedRequest, track_id: uuid.UUID) -> HttpResponse:
    """Move a track to the bin, and go to the library, or to the page in `next`: that of a list.

    It is done at once, as it can be undone; a GET asks first.
    """
    found = owned_track(request, track_id)
    if request.method == "GET":
        return render(
            request, "library/track_delete.html", {"track": found, "days": settings.EARMARK_BIN_DAYS}
        )
    action = services.track_delete(track=found)
    done = format_html('Moved “{}” to <a href="{}">the bin</a>.', found, reverse("bin"))
    message_with_undo(request, done, action)
    return redirect_back(request) if "next" in request.POST else redirect("library")
