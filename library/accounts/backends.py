"""Who somebody is, by e-mail address and password: the one way in for the site's and the admin's sign-in."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from library import services
from library.models import User


class LimitedBackend(ModelBackend):
    """Django's own, but passwords cannot be tried at will. Raises RateLimited."""

    @sensitive_variables("password")
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or kwargs.get(User.USERNAME_FIELD)
        if not email or password is None:
            return None
        # Without a request it is code of ours that asks.
        address = address_of(request) if request else ""
        noted = services.sign_in_attempt_add(email=email, address=address)
        # It hashes the password for people it does not know, too.
        user = super().authenticate(request, username=email, password=password)
        if not isinstance(user, User):
            return None
        services.sign_in_attempts_clear(noted=noted, email=email)
        return user


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; of IPv6 the network, for one house has billions of addresses in it.

    What proxies of ours say counts; what stands before that, anybody may have written.
    """
    hops: list[str] = [request.META.get("REMOTE_ADDR", "")]
    if settings.EARMARK_PROXIES:
        hops = request.headers.get("X-Forwarded-For", hops[0]).split(",")
    address = hops[-min(settings.EARMARK_PROXIES or 1, len(hops))].strip()
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.IPv6Network((known, 64), strict=False))
