"""Limits on failed attempts to sign in, by email address and by IP address, or by device.

An attempt is recorded before its password is checked, and removed if that was right, so that simultaneous attempts are
counted, too. Records hold neither email nor IP addresses, only keyed hashes of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from library.errors import RateLimited
from library.models import FailedSignIn


def sign_in_attempt_add(*, address: str, email: str = "", device: str = "") -> list[FailedSignIn]:
    """Record an attempt from an IP address; returns its rows, for `sign_in_attempt_remove`. Raises RateLimited.

    On a known `device` (`library.accounts.devices`) it counts for that alone: what strangers try does not count there.
    """
    now = timezone.now()
    window = timedelta(minutes=settings.EARMARK_SIGN_IN_MINUTES)
    FailedSignIn.objects.filter(created_at__lte=now - window).delete()
    limits = {}
    if device:
        limits[_digest("device", device)] = settings.EARMARK_SIGN_IN_PER_EMAIL
    elif email:
        limits[_email_digest(email)] = settings.EARMARK_SIGN_IN_PER_EMAIL
    if address and not device:
        limits[_digest("address", address)] = settings.EARMARK_SIGN_IN_PER_ADDRESS
    attempts = FailedSignIn.objects.bulk_create(FailedSignIn(digest=digest) for digest in limits)
    for digest, limit in limits.items():
        if FailedSignIn.objects.filter(digest=digest).count() > limit:
            # A refused attempt does not prolong the wait.
            sign_in_attempt_remove(attempts=attempts)
            raise RateLimited(window)
    return attempts


def email_request_add(*, email: str, address: str) -> None:
    """Record a request for an email, so that nobody can flood a mailbox. Raises RateLimited."""
    sign_in_attempt_add(email=f"email to {email.strip()}", address=address)


def sign_in_attempt_remove(*, attempts: Iterable[FailedSignIn]) -> None:
    """Remove an attempt that turned out right."""
    FailedSignIn.objects.filter(pk__in=[row.pk for row in attempts]).delete()


def sign_in_attempts_clear(*, attempts: Iterable[FailedSignIn], email: str, device: str = "") -> None:
    """Remove an attempt that turned out right, and all failed ones for its email address or its device."""
    sign_in_attempt_remove(attempts=attempts)
    digest = _digest("device", device) if device else _email_digest(email)
    FailedSignIn.objects.filter(digest=digest).delete()


def _email_digest(email: str) -> str:
    # Upper-cased before case folding, so that addresses that the database compares as equal share one counter.
    return _digest("email", email.strip().upper().casefold())


def _digest(kind: str, value: str) -> str:
    return salted_hmac(f"earmark.sign-in.{kind}", value, algorithm="sha256").hexdigest()
