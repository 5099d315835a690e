"""One track: what is known about it, and what its owner says."""

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
from library.http.forms import TrackForm
from library.http.shortcuts import back, get_or_gone, owned_track
from library.http.types import Request


@require_safe
def track(request: Request, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    return render(
        request,
        "library/track.html",
        {
            "track": found,
            "tags": selectors.tags_on(request.user, found),
            "all_tags": selectors.tags_of(request.user),
            "suggestions": selectors.suggestions_for(request.user, found),
            "history": selectors.history_of(request.user, found),
        },
    )


@require_POST
def genre(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """Say what a track is. `genre`: a key, or "" to take one's word back; `new`: its name; made if need be."""
    found = owned_track(request, track_id)
    key = request.POST.get("genre", "")
    if name := request.POST.get("new", "").strip():
        key = services.genre_key_get_or_create(owner=request.user, name=name)
    services.genre_set(track=found, person=request.user, genre=key)
    return back(request)


@require_POST
def genre_confirm(request: Request, track_id: uuid.UUID) -> HttpResponse:
    services.genre_confirm(track=owned_track(request, track_id), person=request.user)
    return back(request)


@require_POST
def genre_undo(request: Request, track_id: uuid.UUID) -> HttpResponse:
    services.genre_undo(track=owned_track(request, track_id), person=request.user)
    return back(request)


@require_POST
def tag(request: Request, track_id: uuid.UUID) -> HttpResponse:
    services.track_tag(track=owned_track(request, track_id), name=request.POST.get("name", ""))
    return back(request)


@require_POST
def untag(request: Request, track_id: uuid.UUID, tag_id: int) -> HttpResponse:
    found = owned_track(request, track_id)
    on_it = selectors.tags_on(request.user, found)
    services.track_untag(track=found, tag=get_or_gone(request, on_it, "That tag was off already.", pk=tag_id))
    return back(request)


@require_POST
def suggestion_reject(request: Request, track_id: uuid.UUID) -> HttpResponse:
    services.suggestion_reject(track=owned_track(request, track_id), name=request.POST.get("name", ""))
    return back(request)


@require_http_methods(["GET", "POST"])
def track_edit(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """Title, artist, album and year. `reset` names a field that is taken back to what the file says."""
    found = owned_track(request, track_id)
    form = TrackForm(request.POST or None, instance=owned_track(request, track_id))
    if field := request.POST.get("reset"):
        services.track_reset(track=found, fields=[field])
        form.set_value(field, getattr(found, field))  # what was typed in the other fields stays
    elif request.method == "POST" and form.is_valid():
        try:
            services.track_edit(track=found, shown=form.shown, **form.submitted)
        except ConflictError as changed:
            form.add_conflict_errors(changed.current)
        else:
            return redirect(found)
    said = selectors.file_values_of(request.user, found)
    return render(request, "library/track_edit.html", {"track": found, "form": form, "said": said})


@require_POST
def track_analyse(request: Request, track_id: uuid.UUID) -> HttpResponse:
    found = owned_track(request, track_id)
    services.track_analyse_again(track=found)
    return redirect(found)


@require_http_methods(["GET", "POST"])
def track_delete(request: Request, track_id: uuid.UUID) -> HttpResponse:
    """Put a track in the bin. The track's page does so at once, for it can be undone; an address asks first."""
    found = owned_track(request, track_id)
    if request.method == "GET":
        return render(
            request, "library/track_delete.html", {"track": found, "days": settings.EARMARK_BIN_DAYS}
        )
    action = services.track_delete(track=found)
    done = format_html('Moved “{}” to <a href="{}">the bin</a>.', found, reverse("bin"))
    messages.success(request, done, extra_tags=f"undo:{action.pk}")
    return redirect("library")
