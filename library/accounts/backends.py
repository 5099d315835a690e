"""Sign-in by e-mail address and password, for the site and the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from library import services
from library.accounts.devices import device_remember, known_device
from library.http.client_address import client_address
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
        device = known_device(request, email) if request else ""
        attempts = services.sign_in_attempt_add(email=email, address=address, device=device)
        # It also hashes the password when the address is unknown, so that timing reveals nothing.
        user = super().authenticate(request, username=email, password=password)
        if not isinstance(user, User):
            return None
        services.sign_in_attempts_clear(attempts=attempts, email=email, device=device)
        if request:
            device_remember(request)
        return user
