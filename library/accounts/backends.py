"""Sign-in by e-mail address and password, for the site and the admin, and the address of a client."""

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
    """Django's backend with a limit on attempts. Raises RateLimited.

    Every session stores its dotted path: under another name it would sign everybody out.
    """

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
        # Without a request, it is called by Earmark's own code.
        address = client_address(request) if request else ""
        attempts = services.sign_in_attempt_add(email=email, address=address)
        # It also hashes the password when the address is unknown, so that timing reveals nothing.
        user = super().authenticate(request, username=email, password=password)
        if not isinstance(user, User):
            return None
        services.sign_in_attempts_clear(attempts=attempts, email=email)
        return user


def client_address(request: HttpRequest) -> str:
    """The network address that a request comes from; for IPv6 its /64 network, which one household has to itself.

    Of `X-Forwarded-For`, only the entries added by our own proxies can be trusted: clients can forge the rest.
    """
    hops: list[str] = [request.META.get("REMOTE_ADDR", "")]
    if settings.EARMARK_PROXIES:
        hops = request.headers.get("X-Forwarded-For", hops[0]).split(",")
    address = hops[-min(settings.EARMARK_PROXIES or 1, len(hops))].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))
