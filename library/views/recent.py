"""Recent changes: what one did in the last day, how far it is, and the way back."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.http.shortcuts import PAGE_SIZE, back, get_or_gone
from library.http.types import Request
from library.views.bulk_actions import counted

GONE = "That can no longer be undone."


@require_safe
def recent(request: Request) -> HttpResponse:
    """The list. While something is still being done, its rows are fetched anew from time to time (`?rows=1`)."""
    page = Paginator(selectors.recent_bulk_actions_of(request.user), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    template = "library/_recent_rows.html" if "rows" in request.GET else "library/recent.html"
    running = any(not action.is_finished for action in page)
    return render(request, template, {"page": page, "running": running})


@require_POST
def undo(request: Request, act_id: uuid.UUID) -> HttpResponse:
    """Undo something, and say on how much of it that was possible."""
    action = get_or_gone(request, selectors.bulk_actions_of(request.user), GONE, pk=act_id)
    count = services.bulk_action_undo(action=action)
    if count == action.done:
        where = f" on {counted(count)}" if count else ""
        messages.success(request, f"Undone{where}: {action.summary}.")
    elif count:
        rest = f"The other {action.done - count:,} were changed since."
        messages.warning(request, f"Undone on {count:,} of {counted(action.done)}: {action.summary}. {rest}")
    else:
        messages.warning(request, f"There was nothing left to undo: {action.summary}.")
    return back(request)


@require_POST
def cancel(request: Request, act_id: uuid.UUID) -> HttpResponse:
    """Stop something that is still being done."""
    action = get_or_gone(request, selectors.bulk_actions_of(request.user), GONE, pk=act_id)
    action = services.bulk_action_cancel(action=action)
    messages.info(
        request,
        f"Cancelled: {action.summary}. It was done on {action.done:,} of {counted(action.total)}.",
        extra_tags=f"undo:{action.pk}" if action.done and action.can_be_undone else "",
    )
    return back(request, "recent")
