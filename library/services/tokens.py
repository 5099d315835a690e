"""API tokens. Only digests of their keys are stored, so a stolen database gives no access."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from library.database_errors import without_waiting
from library.models import ApiToken, User

logger = logging.getLogger(__name__)

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
    """Set when a token was last used, at most once a minute, so that not every request writes to the database.

    No request waits for that: when another process writes, or the disk is full, it is left to the next request.
    """
    now = timezone.now()
    stale = now - timedelta(minutes=1)
    if token.last_used_at and token.last_used_at >= stale:
        return
    try:
        with without_waiting(), transaction.atomic():
            unused = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
            ids = list(unused.select_for_update(skip_locked=True).values_list("pk", flat=True))
            ApiToken.objects.filter(pk__in=ids).update(last_used_at=now)
    except OperationalError:
        logger.info("The last use of token %s was not recorded.", token.pk)
