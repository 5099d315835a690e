"""Devices on which a person signed in before, known by a signed cookie.

Each has a count of its own of wrong passwords, so that nobody locks the owner out by trying passwords elsewhere (OWASP:
"Slow Down Online Guessing Attacks with Device Cookies"). The cookie gives no access. It names people by their ids, and
holds for each a proof of the password that they signed in with: after a change of password it is worth nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from library.models import User

DEVICE_COOKIE = "device"
LIFETIME = timedelta(days=400)
#: People who signed in on one device are remembered up to this number, the latest ones.
MAX_PEOPLE = 8
_SALT = "earmark.device"


class KnownDevicesMiddleware:
    """Sets the cookie once a password was right (`device_remember`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Not the person who was checked: by now they may have another password.
        if getattr(request, "is_known_device", False) and isinstance(user := request.user, User):
            _set_cookie(request, response, user)
        return response


def device_remember(request: HttpRequest) -> None:
    """Remember that a person has signed in, or given the right password, on this device."""
    request.is_known_device = True  # type: ignore[attr-defined]


def known_device(request: HttpRequest, email: str) -> str:
    """A name for the device, if the person with this address signed in on it before, or is signed in; else ""."""
    cookie = _cookie(request)
    user = getattr(request, "user", None)
    is_signed_in = isinstance(user, User) and user.email.lower() == email.strip().lower()
    person = (
        user if is_signed_in else User.objects.filter(email__iexact=email.strip()).first() if cookie else None
    )
    if not isinstance(person, User):
        return ""
    proof = cookie.get("people", {}).get(str(person.pk), "")
    if constant_time_compare(proof, _proof(person)):
        return f"{cookie['device']} {person.pk}"
    return f"session {person.pk}" if is_signed_in else ""


def _set_cookie(request: HttpRequest, response: HttpResponse, user: User) -> None:
    cookie = _cookie(request) or {"device": secrets.token_urlsafe(16), "people": {}}
    people = {pk: proof for pk, proof in cookie["people"].items() if pk != str(user.pk)}
    people = dict([*people.items(), (str(user.pk), _proof(user))][-MAX_PEOPLE:])
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(cookie | {"people": people}, salt=_SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie(request: HttpRequest) -> dict[str, Any]:
    try:
        cookie: dict[str, Any] = signing.loads(request.COOKIES[DEVICE_COOKIE], salt=_SALT, max_age=LIFETIME)
    except (KeyError, signing.BadSignature):
        return {}
    return cookie


def _proof(user: User) -> str:
    return salted_hmac(_SALT, f"{user.pk} {user.get_session_auth_hash()}", algorithm="sha256").hexdigest()[
        :32
    ]
