"""Bulk actions on pages: for the tracks that were selected, or all that a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from library import selectors, services
from library.errors import DomainError
from library.http.labels import LabelUrls, label_given_by
from library.http.shortcuts import message_with_progress, message_with_undo, redirect_back
from library.http.types import AuthenticatedRequest
from library.models import BulkAction, Track
from library.outgoing.archives import archive_response
from library.outgoing.tagged_copies import CopyGenre
from library.search.filters import track_filterset
from library.search.query import PAGE_PARAMETERS, parse_search, search_digest
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS, requestable_action
from library.services.bulk_actions import BulkActionOptions, SelectionChangedError
from library.services.typed_tags import tag_names_in
from library.text import track_count_text, uuids_in, whole_number

#: Fields of a form that say which tracks were selected, and where to go afterwards.
SELECTION_FIELDS = ("all", "query", "digest", "track", "others", "next")
#: Fields of the form that the confirmation page submits again as they are.
RESUBMITTED_FIELDS = {*SELECTION_FIELDS, "act", "new_genre", "tag", "new_playlist"}


@dataclass
class TrackSelection:
    """The tracks that a form is about. `missing` counts selected ones that are no longer in the library."""

    tracks: QuerySet[Track]
    count: int
    missing: int = 0


@require_POST
def bulk_action_submit(request: AuthenticatedRequest) -> HttpResponseBase:
    """Do something to many tracks.

    The form's fields: `act`, the action's name, followed by a colon and its value where it has one; `track`, ids, and
    `others`, ids of tracks on other pages of the list, separated by blanks; or `all`, with `query`, its `digest`, and
    `expected`, the number of tracks that was shown. When the search finds another number by now, the page asks again.
    """
    name, _, value = request.POST.get("act", "").partition(":")
    if name != "download":
        requestable_action(name)
    selection = selection_from_form(request)
    if not selection.count:
        raise DomainError("nothing_selected", "Select some tracks first.", 422)
    expected = expected_count(request)
    try:
        if expected is not None and expected != selection.count:
            raise SelectionChangedError(expected, selection.count)
        if name == "download":
            ids = list(selection.tracks.values_list("pk", flat=True))
            copies = CopyGenre.OWNER if value == "tagged" else None
            return archive_response(request.user, ids, copies=copies)
        if name == "delete" and not request.POST.get("confirmed"):
            return confirmation_page(request, selection)
        action = services.bulk_action_request(
            person=request.user,
            name=name,
            value=value or action_value(request, name),
            tracks=selection.tracks,
            options=BulkActionOptions(
                expected=selection.count, in_background=selection.count > MAX_SYNCHRONOUS_TRACKS
            ),
        )
    except SelectionChangedError as changed:
        return confirmation_page(request, selection, changed)
    return redirect_with_result(request, selection, action, name)


def tracks_genre_set(request: AuthenticatedRequest, ids: Sequence[UUID], key: str) -> HttpResponse:
    """Set the genre of tracks of which the form has the ids, and say so, with one Undo."""
    tracks = selectors.tracks_of(request.user).filter(pk__in=ids)
    count = tracks.count()
    action = services.bulk_action_request(
        person=request.user, name="genre", value=key, tracks=tracks, options=BulkActionOptions(expected=count)
    )
    return redirect_with_result(request, TrackSelection(tracks, count, len(ids) - count), action, "genre")


def selection_from_form(request: AuthenticatedRequest) -> TrackSelection:
    """The tracks that a form means. Raises InvalidSearchError, and DomainError: `search_changed`."""
    query = request.POST.get("query", "")
    if request.POST.get("all"):
        if request.POST.get("digest", "") not in ("", search_digest(query)):
            raise DomainError(
                "search_changed", "The search was changed on its way here, so nothing was done.", 400
            )
        tracks = parse_search(request.user, query, extra_params=PAGE_PARAMETERS).qs
        return TrackSelection(tracks, tracks.count())
    ids = uuids_in([*request.POST.getlist("track"), *request.POST.get("others", "").split()])
    # In the order of the list they were selected in: they are put into a playlist in that order.
    order = QueryDict(mutable=True)
    order.setlist("ordering", QueryDict(query).getlist("ordering"))
    tracks = track_filterset(request.user, order).qs.filter(pk__in=ids)
    count = tracks.count()
    return TrackSelection(tracks, count, len(ids) - count)


def expected_count(request: AuthenticatedRequest) -> int | None:
    """How many tracks the page showed that a search finds; None when tracks were selected one by one."""
    return whole_number(request.POST.get("expected", "")) if request.POST.get("all") else None


def action_value(request: AuthenticatedRequest, name: str) -> str | Sequence[str]:
    """The value of an action from the text field beside its button; empty when nothing was entered.

    Creates the genre or the playlist that the field names. Raises DomainError: `bad_name`, `taken`.
    """
    if name == "genre" and (genre := request.POST.get("new_genre", "").strip()):
        return services.genre_key_get_or_create(owner=request.user, name=genre)
    if name == "playlist" and (playlist := request.POST.get("new_playlist", "")):
        return str(services.playlist_add(owner=request.user, name=playlist).pk)
    if name in ("tag", "untag") and (typed := request.POST.get("tag", "")):
        return tag_names_in(request.user, typed)
    return ""


def confirmation_page(
    request: AuthenticatedRequest, selection: TrackSelection, changed: SelectionChangedError | None = None
) -> HttpResponse:
    """Ask before tracks are deleted, and before anything is done to other tracks than were shown."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {
        "selection": selection,
        "changed": changed,
        "is_delete": request.POST.get("act") == "delete",
        "is_download": request.POST.get("act", "").startswith("download"),
        "resubmitted": [(name, value) for name, value in sent if name in RESUBMITTED_FIELDS],
        "size": selectors.usage_in(selection.tracks)["bytes"],
        "cancel_url": redirect_back(request)["Location"],
    }
    return render(request, "library/bulk_action_confirm.html", context, status=409 if changed else 200)


def redirect_with_result(
    request: AuthenticatedRequest, selection: TrackSelection, action: BulkAction, name: str
) -> HttpResponse:
    """Back to the list, with messages: what was done, with one Undo for all of it, and what was skipped."""
    # Those that a confirmation has left, because nobody is sure of their genre.
    unsure = selectors.unsure_track_count(request.user, action) if name == "confirm" else 0
    nameless = selectors.nameless_genre_count(request.user, action) if name == "file_genre" else 0
    if not action.is_finished:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
    elif action.done:
        message_with_undo(
            request, _with_link_to_teaching(result_message(action, name, unsure), action), action
        )
    elif unsure:
        messages.info(request, f"None confirmed, {unsure:,} left for you: choose a genre for these.")
    if action.is_finished and nameless:
        messages.info(
            request, f"{track_count_text(nameless)} left: the file names no genre that Earmark knows."
        )
    if action.is_finished and (skipped := action.skipped - unsure - nameless):
        reason = requestable_action(name).skipped
        messages.info(request, f"{track_count_text(skipped)} skipped: {reason}.")
    if selection.missing:
        messages.info(request, f"{track_count_text(selection.missing)} no longer in your library.")
    return redirect_back(request)


def _with_link_to_teaching(message: str, action: BulkAction) -> str:
    """The message; for a genre or tag that can be taught, with a link to what sounds like it."""
    label = label_given_by(action)
    if label is None or not selectors.teaching_is_possible(action.person):
        return message
    return format_html('{} <a href="{}">See what sounds like it</a>', message, LabelUrls.of(label).like)


def result_message(action: BulkAction, name: str, unsure: int) -> str:
    """What was done, as a sentence. `unsure`: how many tracks a confirmation has left."""
    tracks = track_count_text(action.done)
    if unsure:
        return f"{action.done:,} confirmed, {unsure:,} left for you."
    if name == "confirm":
        return f"Confirmed the genre of {tracks}."
    if name == "genre":
        genre = selectors.genre_names_of(action.person).by_key(action.data["genre"]).name
        return f"Set the genre of {tracks} to {genre}."
    if name == "analyse":
        return f"{tracks} will be analysed again, after your latest uploads."
    if name == "delete":
        return f"Deleted {tracks}."
    if name == "star":
        return f"Starred {tracks}."
    return f"{action.summary}: {tracks}."
