"""Recent changes: what a person did in the last day, how far it is, and how to undo it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import (
    PAGE_SIZE,
    get_or_gone,
    message_with_progress,
    message_with_undo,
    redirect_back,
)
from library.http.types import AuthenticatedRequest
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.text import track_count_text

CANNOT_UNDO = "That can no longer be undone."
CANNOT_CANCEL = "That can no longer be cancelled."


@require_safe
def recent(request: AuthenticatedRequest) -> HttpResponse:
    """The list. While an action is running, the page fetches the rows again from time to time (`?rows=1`)."""
    page = Paginator(selectors.recent_bulk_actions_of(request.user), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    template = "library/_recent_changes_list.html" if "rows" in request.GET else "library/recent_changes.html"
    running = any(not action.is_finished or action.undo_progress_at for action in page)
    return render(request, template, {"page": page, "running": running})


@require_POST
def undo(request: AuthenticatedRequest, bulk_action_id: uuid.UUID) -> HttpResponse:
    """Undo an action, and say on how many of its tracks that was possible; a worker undoes one of many tracks."""
    actions = selectors.bulk_actions_of(request.user)
    action = get_or_gone(request, actions, CANNOT_UNDO, pk=bulk_action_id)
    if action.done > MAX_SYNCHRONOUS_TRACKS:
        services.bulk_action_undo_later(action=action)
        text = f"Undoing: {action.summary} ({track_count_text(action.done)})."
        message_with_progress(request, text)
        return redirect_back(request)
    count = services.bulk_action_undo(action=action)
    # More than were done: tracks that were in the bin then, and have been restored since.
    if count >= action.done:
        tracks = f" ({track_count_text(count)})" if count else ""
        messages.success(request, f"Undone: {action.summary}{tracks}.")
    elif count:
        rest = f"The other {action.done - count:,} have been changed since."
        done = f"Undone on {count:,} of {track_count_text(action.done)}: {action.summary}."
        messages.warning(request, f"{done} {rest}")
    else:
        messages.warning(request, f"There was nothing left to undo: {action.summary}.")
    return redirect_back(request)


@require_POST
def cancel(request: AuthenticatedRequest, bulk_action_id: uuid.UUID) -> HttpResponse:
    """Stop a running action."""
    actions = selectors.bulk_actions_of(request.user)
    action = get_or_gone(request, actions, CANNOT_CANCEL, pk=bulk_action_id)
    action = services.bulk_action_cancel(action=action)
    text = f"Cancelled: {action.summary}. {action.done:,} of {track_count_text(action.total)} were done."
    if action.done:
        message_with_undo(request, text, action, level=messages.INFO)
    else:
        messages.info(request, text)
    return redirect_back(request, "recent")
