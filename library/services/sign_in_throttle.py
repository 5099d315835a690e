"""How often signing in may fail.

An attempt is noted before the password is looked at, and forgotten when it was right: so many at the same moment
are counted, too. Notes hold neither e-mail addresses nor internet addresses, only keyed hashes of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from library.errors import RateLimited
from library.models import FailedSignIn


def sign_in_attempt_add(*, address: str, email: str = "") -> list[FailedSignIn]:
    """Note an attempt; what comes back is for `sign_in_attempt_remove`. Raises RateLimited."""
    now = timezone.now()
    window = timedelta(minutes=settings.EARMARK_SIGN_IN_MINUTES)
    FailedSignIn.objects.filter(created_at__lte=now - window).delete()
    limits = {}
    if email:
        # Upper case first: that is how databases compare, and it makes one of letters that look alike to them.
        limits[_digest("email", email.strip().upper().casefold())] = settings.EARMARK_SIGN_IN_PER_EMAIL
    if address:
        limits[_digest("address", address)] = settings.EARMARK_SIGN_IN_PER_ADDRESS
    noted = FailedSignIn.objects.bulk_create(FailedSignIn(digest=digest) for digest in limits)
    for digest, limit in limits.items():
        if FailedSignIn.objects.filter(digest=digest).count() > limit:
            # What is refused does not prolong the wait.
            sign_in_attempt_remove(noted=noted)
            raise RateLimited(window)
    return noted


def email_request_add(*, email: str, address: str) -> None:
    """Note that somebody has a letter sent: nobody's mail is to be filled by others. Raises RateLimited."""
    sign_in_attempt_add(email=f"letter to {email.strip()}", address=address)


def sign_in_attempt_remove(*, noted: Iterable[FailedSignIn]) -> None:
    """It has not failed after all."""
    FailedSignIn.objects.filter(pk__in=[row.pk for row in noted]).delete()


def sign_in_attempts_clear(*, noted: Iterable[FailedSignIn], email: str) -> None:
    """Forget an attempt, and all that failed for this e-mail address before."""
    sign_in_attempt_remove(noted=noted)
    FailedSignIn.objects.filter(digest=_digest("email", email.strip().upper().casefold())).delete()


def _digest(kind: str, value: str) -> str:
    return salted_hmac(f"earmark.sign-in.{kind}", value, algorithm="sha256").hexdigest()
