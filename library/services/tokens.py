"""API tokens. Only digests of their keys are stored, so a stolen database gives no access."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from library.models import ApiToken, User

PREFIX = "earmark_"


def token_digest(key: str) -> str:
    # The key has 256 random bits, so a plain hash is enough: it cannot be guessed.
    return hashlib.sha256(key.encode()).hexdigest()


def token_create(
    *,
    owner: User,
    name: str,
    may_write: bool = True,
    may_delete: bool = True,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Create a token; returns it with its key, which cannot be read again. Without `expires_at` it never expires."""
    key = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip() or "Token",
        digest=token_digest(key),
        hint=key[:12],
        may_write=may_write,
        may_delete=may_delete,
        expires_at=expires_at,
    )
    return token, key


def token_revoke(*, token: ApiToken) -> None:
    token.delete()


def token_mark_used(*, token: ApiToken) -> None:
    """Set when a token was last used, at most once a minute, so that not every request writes to the database."""
    now = timezone.now()
    stale = now - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < stale:
        ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk).update(
            last_used_at=now
        )
