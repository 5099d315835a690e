"""Editing many tracks: a page that shows what they have in common and what would change, and does it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from library import selectors, services
from library.errors import DomainError
from library.http.forms import TracksForm
from library.http.shortcuts import redirect_back
from library.http.types import AuthenticatedRequest
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.services.track_edit_requests import edit_data
from library.views.bulk_actions import (
    TrackSelection,
    expected_count,
    redirect_with_result,
    selection_from_form,
)

#: Fields of the form by which it is sent again for the same tracks.
SELECTION_FIELDS = ("all", "query", "digest", "track", "next")
#: Fields of which the values among the tracks are offered, and how many.
OFFERED_FIELDS, MOST_OFFERED = ("artist", "album", "album_artist"), 20


@require_POST
def tracks_edit(request: AuthenticatedRequest) -> HttpResponse:
    """Edit the tracks that were selected, as in `bulk_action_submit`.

    `step`: `save` does it, `preview` shows what would change; without it, the page shows what they have in common.
    When a search finds another number of tracks than was shown, the page says so, and nothing is done.
    """
    selection = selection_from_form(request)
    if not selection.count:
        raise DomainError("nothing_selected", "Select some tracks first.", 422)
    expected = expected_count(request)
    context = {
        "selection": selection,
        "selection_fields": [
            (name, value) for name in SELECTION_FIELDS for value in request.POST.getlist(name)
        ],
        "was_expected": expected if expected not in (None, selection.count) else None,
        "cancel_url": redirect_back(request)["Location"],
    }
    step = request.POST.get("step")
    form = TracksForm(request.POST if step else None, common=selectors.common_values(selection.tracks))
    if step and form.is_valid():
        try:
            data = edit_data(form.changes) if form.changes else None
            if data and step == "save" and context["was_expected"] is None:
                return _save(request, selection, form.changes)
            context["is_unchanged"] = data is None
            if data:
                context["preview"] = services.track_edits_preview(tracks=selection.tracks, data=data)
        except DomainError as error:
            form.add_error(None, error.message)
    context |= {"form": form, "offered": _values_offered(selection, form)}
    status = 409 if step == "save" and context["was_expected"] is not None else 200
    return render(request, "library/tracks_edit.html", context, status=status)


def _save(request: AuthenticatedRequest, selection: TrackSelection, changes: dict[str, Any]) -> HttpResponse:
    options = BulkActionOptions(
        expected=selection.count, in_background=selection.count > MAX_SYNCHRONOUS_TRACKS
    )
    action = services.bulk_action_request(
        person=request.user, name="edit", value=changes, tracks=selection.tracks, options=options
    )
    return redirect_with_result(request, selection, action, "edit")


def _values_offered(selection: TrackSelection, form: TracksForm) -> dict[str, list[str]]:
    """Some of the values that the tracks have, for fields on which they differ."""
    return {
        field: selectors.values_among(selection.tracks, field, MOST_OFFERED)
        for field in OFFERED_FIELDS
        if field in form.several
    }
