"""Editing many tracks: a page that shows what they have in common and what would change, and does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from library import selectors, services
from library.errors import DomainError
from library.http.forms import TracksForm
from library.http.shortcuts import redirect_back
from library.http.types import AuthenticatedRequest
from library.models.tracks import EDITABLE_FIELDS
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.services.track_edit_previews import MOST_LOOKED_AT
from library.services.track_edit_requests import edit_data, filename_data, reset_data
from library.text.filename_patterns import FILENAME_PATTERNS, filename_pattern_for
from library.views.bulk_actions import (
    SELECTION_FIELDS,
    TrackSelection,
    expected_count,
    redirect_with_result,
    selection_from_form,
)

#: Fields of which the values among the tracks are offered, and how many.
OFFERED_FIELDS, MOST_OFFERED = ("artist", "album", "album_artist"), 20


class Wanted(NamedTuple):
    """What a form asks for: the bulk action's value, the page's context, and what is previewed.

    `data` are those of an edit, None while there is nothing to do, and empty for the genres that files name.
    """

    value: str | Sequence[str] | Mapping[str, Any] = ""
    data: Mapping[str, Any] | None = None
    context: Mapping[str, Any] = {}
    may_save: bool = True


@require_POST
def tracks_edit(request: AuthenticatedRequest) -> HttpResponse:
    """Edit the tracks that were selected, as in `bulk_action_submit`.

    `how`: the bulk action, a key of `WAYS`. `step`: `save` does it, `preview` shows what would change; without it, the
    page shows what there is. When a search finds another number of tracks than was shown, the page says so, and
    nothing is done.
    """
    selection = selection_from_form(request)
    if not selection.count:
        raise DomainError("nothing_selected", "Select some tracks first.", 422)
    expected = expected_count(request)
    has_changed = expected not in (None, selection.count)
    how = request.POST.get("how", "")
    how = how if how in WAYS else "edit"
    context: dict[str, Any] = {
        "selection": selection,
        "selection_fields": [
            (name, value) for name in SELECTION_FIELDS for value in request.POST.getlist(name)
        ],
        "was_expected": expected if has_changed else None,
        "cancel_url": redirect_back(request)["Location"],
        "how": how,
        "ways": [(name, title) for name, (title, _) in WAYS.items()],
    }
    saves = request.POST.get("step") == "save"
    try:
        wanted = WAYS[how][1](request, selection)
        context |= wanted.context
        if wanted.data is not None:
            if saves and wanted.may_save and not has_changed:
                return _save(request, selection, how, wanted)
            context["preview"] = (
                services.track_edits_preview(tracks=selection.tracks, data=wanted.data)
                if wanted.data
                else services.file_genres_preview(tracks=selection.tracks, person=request.user)
            )
    except DomainError as error:
        context["error"] = error.message
    return render(request, "library/tracks_edit.html", context, status=409 if saves and has_changed else 200)


def _save(request: AuthenticatedRequest, selection: TrackSelection, how: str, wanted: Wanted) -> HttpResponse:
    options = BulkActionOptions(
        expected=selection.count, in_background=selection.count > MAX_SYNCHRONOUS_TRACKS
    )
    action = services.bulk_action_request(
        person=request.user, name=how, value=wanted.value, tracks=selection.tracks, options=options
    )
    return redirect_with_result(request, selection, action, how)


def _by_hand(request: AuthenticatedRequest, selection: TrackSelection) -> Wanted:
    step = request.POST.get("step")
    form = TracksForm(request.POST if step else None, common=selectors.common_values(selection.tracks))
    context: dict[str, Any] = {"form": form}
    context["offered"] = {
        field: selectors.values_among(selection.tracks, field, MOST_OFFERED)
        for field in OFFERED_FIELDS
        if field in form.several
    }
    if not step or not form.is_valid():
        return Wanted(context=context)
    if not form.changes:
        return Wanted(context=context | {"is_unchanged": True})
    try:
        return Wanted(form.changes, edit_data(form.changes), context)
    except DomainError as error:
        return Wanted(context=context | {"error": error.message})


def _as_the_file_says(request: AuthenticatedRequest, selection: TrackSelection) -> Wanted:
    """All fields at first. `shown` are the fields of which the changes were shown: others are shown before saving."""
    fields = request.POST.getlist("fields") if "shown" in request.POST else [*EDITABLE_FIELDS]
    chosen = [field for field in EDITABLE_FIELDS if field in fields]
    shown = ",".join(chosen)
    may_save = request.POST.get("shown") == shown
    context = {
        "choices": [(field, field in chosen) for field in EDITABLE_FIELDS],
        "shown": shown,
        "is_other": request.POST.get("step") == "save" and not may_save,
        "is_unchanged": not chosen,
    }
    return Wanted(chosen, reset_data(chosen) if chosen else None, context, may_save)


def _from_the_filename(request: AuthenticatedRequest, selection: TrackSelection) -> Wanted:
    """By the pattern that was chosen, or else the one that fits most names."""
    key = request.POST.get("pattern") or request.POST.get("shown", "")
    if key not in FILENAME_PATTERNS:
        names = selection.tracks.values_list("original_name", flat=True)[:MOST_LOOKED_AT]
        key = filename_pattern_for(names)
    context = {"patterns": FILENAME_PATTERNS.values(), "shown": key}
    return Wanted(key, filename_data(key), context, may_save=request.POST.get("shown") == key)


def _the_files_genre(request: AuthenticatedRequest, selection: TrackSelection) -> Wanted:
    return Wanted(data={})


#: The ways of editing: bulk actions with their titles, and what each form asks for.
WAYS: dict[str, tuple[str, Callable[[AuthenticatedRequest, TrackSelection], Wanted]]] = {
    "edit": ("By hand", _by_hand),
    "reset": ("As the file says", _as_the_file_says),
    "from_filename": ("From the file’s name", _from_the_filename),
    "file_genre": ("The file’s genre", _the_files_genre),
}
