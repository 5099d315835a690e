"""What several pages share."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from library import selectors
from library.errors import DomainError
from library.http.types import Request
from library.models import Track

PAGE_SIZE = 50


class ObjectGoneError(DomainError):
    """What a form is about is no longer there, or was never this person's. `page` is where to go when the
    page with the form was about that thing, too, and so went with it."""

    def __init__(self, message: str, key: object, page: str) -> None:
        self.key = str(key)
        self.page = page
        super().__init__("gone", message, 404)


def get_or_gone[M: Model](
    request: Request, rows: QuerySet[M], message: str, page: str = "library", **lookup: Any
) -> M:
    """The one row of `rows` that `lookup` finds, by one field. Unknown and foreign ids are the same.

    Without it, a page is a 404, and a form leads back with `message` (raises `ObjectGoneError`).
    """
    if found := rows.filter(**lookup).first():
        return found
    if request.method != "POST":
        raise Http404(message)
    (key,) = lookup.values()
    raise ObjectGoneError(message, key, page)


def owned_track(request: Request, track_id: uuid.UUID) -> Track:
    """The track, if it is this person's."""
    return get_or_gone(
        request, selectors.tracks_of(request.user), "That track is no longer in your library.", pk=track_id
    )


def page_before(request: HttpRequest) -> str | None:
    """The page the form was on: a `next` field says where, else the Referer; never off this site."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            parts = urlsplit(address)
            return parts._replace(scheme="", netloc="").geturl() or "/"
    return None


def back(request: Request, otherwise: str = "library") -> HttpResponse:
    """To the page the form was on."""
    return redirect(page_before(request) or reverse(otherwise))
