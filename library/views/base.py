"""What several pages share."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from library import selectors
from library.models import Track
from library.requests import Request

PAGE_SIZE = 50


def owned_track(request: Request, track_id: uuid.UUID) -> Track:
    """The track, if it is this person's; unknown and foreign ids are the same 404."""
    return get_object_or_404(selectors.tracks_of(request.user), pk=track_id)


def back(request: Request, otherwise: str = "library") -> HttpResponse:
    """To the page the form was on: a `next` field says where, else the Referer; never off this site."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            parts = urlsplit(address)
            return redirect(parts._replace(scheme="", netloc="").geturl() or "/")
    return redirect(reverse(otherwise))
