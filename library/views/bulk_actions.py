"""Bulk actions on pages: for the tracks that were selected, or all that a search finds."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from library import selectors, services
from library.errors import DomainError
from library.http.shortcuts import back
from library.http.types import Request
from library.models import BulkAction, Track
from library.outgoing.archives import archive_response
from library.search.filters import filter_of
from library.search.query import PAGE_PARAMETERS, search_digest, search_from
from library.services.bulk_actions import BulkActionOptions, SelectionChangedError

#: Above so many tracks nobody waits: a worker does it, and the page tells how far it is.
AT_ONCE = 1000

#: What is said of tracks that were left as they were.
LEFT = {
    "confirm": "you have said so already, or nothing has been heard yet",
    "genre": "that is what you have called them already",
    "tag": "they had that tag already",
    "untag": "they did not have that tag",
    "playlist": "they were in that playlist already",
    "analyse": "they are waiting for that already",
    "delete": "they were deleted meanwhile",
}


@dataclass
class Selection:
    """The tracks an action is about. `gone` of those that were selected are no longer there."""

    tracks: QuerySet[Track]
    count: int
    gone: int = 0


@require_POST
def actions(request: Request) -> HttpResponseBase:
    """Do something to many tracks.

    `act`: what, with its value after a colon where it has one; `track`: ids; or `all`, with `query`, its `digest`,
    and `expected`, the number of tracks that was shown. If it is another number by now, the page asks again.
    """
    name, _, value = request.POST.get("act", "").partition(":")
    if name not in {*LEFT, "download"}:
        raise DomainError("unknown_act", "Choose what is to be done with the tracks.", 422)
    selection = selected(request)
    if not selection.count:
        raise DomainError("nothing_selected", "Select the tracks first.", 422)
    expected = expected_in(request)
    try:
        if expected is not None and expected != selection.count:
            raise SelectionChangedError(expected, selection.count)
        if name == "download":
            ids = list(selection.tracks.values_list("pk", flat=True))
            return archive_response(request.user, ids, with_tags=value == "tagged")
        if name == "delete" and not request.POST.get("confirmed"):
            return ask(request, selection)
        action = services.bulk_action_request(
            person=request.user,
            name=name,
            value=value_in(request, name, value),
            tracks=selection.tracks,
            options=BulkActionOptions(expected=selection.count, in_background=selection.count > AT_ONCE),
        )
    except SelectionChangedError as changed:
        return ask(request, selection, changed)
    return answer(request, selection, action, name)


def selected(request: Request) -> Selection:
    """The tracks that a form means. Raises InvalidSearchError, and DomainError: `search_changed`."""
    query = request.POST.get("query", "")
    if request.POST.get("all"):
        if request.POST.get("digest", "") not in ("", search_digest(query)):
            raise DomainError(
                "search_changed", "The search did not arrive as it was shown. Nothing was done.", 400
            )
        tracks = search_from(request.user, query, besides=PAGE_PARAMETERS).qs
        return Selection(tracks, tracks.count())
    ids = set()
    for text in request.POST.getlist("track"):
        with suppress(ValueError):
            ids.add(uuid.UUID(text))
    # In the order of the list they were selected in, which is the one they have in a playlist then.
    order = QueryDict(mutable=True)
    order.setlist("ordering", QueryDict(query).getlist("ordering"))
    tracks = filter_of(request.user, order).qs.filter(pk__in=ids)
    count = tracks.count()
    return Selection(tracks, count, len(ids) - count)


def expected_in(request: Request) -> int | None:
    """On how many tracks the person was told it would be; None for tracks that were selected one by one."""
    text = request.POST.get("expected", "")
    return int(text) if request.POST.get("all") and text.isascii() and text.isdigit() else None


def value_in(request: Request, name: str, value: str) -> str:
    """The value of an action: from its button, or from the text field beside it. Makes what it names anew."""
    if name == "genre":
        new = "" if value else request.POST.get("new_genre", "").strip()
        value = services.genre_key_get_or_create(owner=request.user, name=new) if new else value
        if not value:
            raise DomainError("unknown_genre", "Choose a genre first.", 422)
    elif name in ("tag", "untag"):
        value = value or request.POST.get("tag", "")
    elif name == "playlist":
        new = "" if value else request.POST.get("new_playlist", "")
        value = str(services.playlist_add(owner=request.user, name=new).pk) if new else value
        if not value:
            raise DomainError("unknown_playlist", "Choose a playlist first, or name a new one.", 422)
    return value


def ask(request: Request, selection: Selection, changed: SelectionChangedError | None = None) -> HttpResponse:
    """Ask before it is done: what is deleted, and whatever would be done to other tracks than were shown."""
    asked = {
        "selection": selection,
        "changed": changed,
        "is_delete": request.POST.get("act") == "delete",
        "is_download": request.POST.get("act", "").startswith("download"),
        "kept": [(name, value) for name, values in request.POST.lists() for value in values if name in KEPT],
        "size": selectors.usage_in(selection.tracks)["bytes"],
        "keep": back(request)["Location"],
    }
    return render(request, "library/acts_ask.html", asked, status=409 if changed else 200)


#: Fields of the form that the page that asks sends again as they are.
KEPT = {"act", "all", "query", "digest", "track", "next", "new_genre", "tag", "new_playlist"}


def answer(request: Request, selection: Selection, action: BulkAction, name: str) -> HttpResponse:
    """Back to the list, with what was done, one Undo for all of it, and what was left alone."""
    if not action.is_finished:
        text = f"{action.summary}: at work on {counted(action.total)}."
        messages.info(request, text, extra_tags="recent")
    elif action.done:
        undo = f"undo:{action.pk}" if action.can_be_undone else ""
        messages.success(request, done_text(action, name), extra_tags=undo)
    if action.is_finished and action.skipped:
        were = "it was" if action.skipped == 1 else "they were"
        messages.info(request, f"{counted(action.skipped)} left as {were}: {LEFT[name]}.")
    if selection.gone:
        messages.info(request, f"{counted(selection.gone)} no longer in your library.")
    return back(request)


def done_text(action: BulkAction, name: str) -> str:
    """What was done, as a sentence."""
    tracks = counted(action.done)
    if name == "confirm":
        return f"Confirmed the genre of {tracks}."
    if name == "genre":
        return f"Set the genre of {tracks} to {action.summary.removeprefix('Set the genre to ')}."
    if name == "analyse":
        return f"{tracks} will be heard again, after what you have just uploaded."
    if name == "delete":
        return f"Deleted {tracks}."
    return f"{action.summary}: {tracks}."


def counted(count: int) -> str:
    """A number of tracks in words."""
    return "1 track" if count == 1 else f"{count:,} tracks"
