"""What several pages share: finding objects, going back, messages with an Undo."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from library import selectors
from library.errors import DomainError
from library.http.types import AuthenticatedRequest
from library.models import BulkAction, Track

PAGE_SIZE = 50
#: Browsers read a backslash in an address as a slash.
SLASHES = ("/", "\\")
#: Marks, in the `extra_tags` of a message, the id of the bulk action that it offers to undo.
UNDO_PREFIX = "undo:"
#: Marks, in `extra_tags`, the label of a button that takes back what a message says, and the address it posts to.
GO_BACK_PREFIX = "back:"
#: Marks, in `extra_tags`, a message with a link to the progress of bulk actions.
PROGRESS_TAG = "progress"


class ObjectGoneError(DomainError):
    """The object of a form no longer exists, or was never this person's.

    `page` is where to go when the page with the form was about the same object, and so is gone as well.
    """

    def __init__(self, message: str, key: object, page: str) -> None:
        self.key = str(key)
        self.page = page
        super().__init__("gone", message, 404)


def get_or_gone[M: Model](
    request: AuthenticatedRequest, rows: QuerySet[M], message: str, page: str = "library", **lookup: Any
) -> M:
    """The row of `rows` that `lookup`, one field, finds. Ids of others' rows are treated like unknown ones.

    When there is none, raises Http404 for a page, and ObjectGoneError for a form, which leads back with `message`.
    """
    if found := rows.filter(**lookup).first():
        return found
    if request.method != "POST":
        raise Http404(message)
    (key,) = lookup.values()
    raise ObjectGoneError(message, key, page)


def not_found(request: HttpRequest, url: str) -> HttpResponse:
    """A view for addresses below one at which there is nothing, whatever they name."""
    raise Http404(url)


def owned_track(request: AuthenticatedRequest, track_id: uuid.UUID) -> Track:
    """The track, if it is this person's. Raises as `get_or_gone` does."""
    return get_or_gone(
        request, selectors.tracks_of(request.user), "That track is no longer in your library.", pk=track_id
    )


def message_with_undo(
    request: HttpRequest, text: str, action: BulkAction, *, level: int = messages.SUCCESS
) -> None:
    """Queue a message for the next page, with an Undo button beside it when the action can be undone.

    The action's id travels in the message's `extra_tags`; the template filter `undo_id` reads it.
    """
    tags = f"{UNDO_PREFIX}{action.pk}" if action.can_be_undone else ""
    messages.add_message(request, level, text, extra_tags=tags)


def message_with_progress(request: HttpRequest, text: str) -> None:
    """Queue a message for the next page, with a link to the page that shows the progress of bulk actions."""
    messages.info(request, text, extra_tags=PROGRESS_TAG)


def message_with_go_back(request: HttpRequest, text: str, url: str, label: str = "Go back") -> None:
    """Queue a message for the next page, with a button beside it that posts to an address of this site."""
    messages.success(request, text, extra_tags=f"{GO_BACK_PREFIX}{label}:{url}")


def message_go_back(message: Message) -> tuple[str, str]:
    """The label of a message's button that takes back what it says, and where it posts to; both empty without one."""
    tags = message.extra_tags or ""
    if not tags.startswith(GO_BACK_PREFIX):
        return "", ""
    label, _, url = tags.removeprefix(GO_BACK_PREFIX).partition(":")
    return label, url


def message_undo_id(message: Message) -> str:
    """The id of the bulk action that a message offers to undo; empty when it offers none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO_PREFIX) if tags.startswith(UNDO_PREFIX) else ""


def url_with(address: str, **parameters: object) -> str:
    """The address with these parameters, without those that are None."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return address + (f"?{urlencode(given)}" if given else "")


def referring_page(request: HttpRequest) -> str | None:
    """The page that the form was on: from its `next` field, else the Referer; never on another site."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            found = _address_without_host(address)
            # A word would be taken for the name of a view.
            if found.startswith("/"):
                return found
    return None


def _address_without_host(address: str) -> str:
    """Path, query and fragment. The path begins with one slash: browsers take two of them for the start of a host."""
    _, _, path, query, fragment = urlsplit(address)
    if path.startswith(SLASHES):
        path = "/" + path.lstrip("".join(SLASHES))
    return urlunsplit(("", "", path, query, fragment)) or "/"


def redirect_back(request: AuthenticatedRequest, fallback: str = "library") -> HttpResponse:
    """Redirect to the page that the form was on; `fallback` is the name of a URL, for when that is unknown."""
    return redirect(referring_page(request) or reverse(fallback))
