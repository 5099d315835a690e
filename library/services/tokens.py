"""Keys for programs. Only their digest is stored, so a stolen database opens no library."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from library.models import ApiToken, User

PREFIX = "earmark_"


def token_digest(key: str) -> str:
    # The key is 256 random bits, so a plain hash is enough: there is nothing to guess.
    return hashlib.sha256(key.encode()).hexdigest()


def token_create(
    *,
    owner: User,
    name: str,
    may_write: bool = True,
    may_delete: bool = True,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its key. The key is returned here and never again. Without `expires_at` it lasts."""
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
    """Note that a token was used, at most once a minute: not every read should mean a write."""
    now = timezone.now()
    stale = now - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < stale:
        ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk).update(
            last_used_at=now
        )
