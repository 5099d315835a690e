"""Player passwords: made for one player, shown once, revoked one by one.

A player sends md5(password + a random word), so that whoever checks it has to know the password. It is not stored: it
is derived from a random salt, which is, and the site's secret key, which is not in the database. With another secret
key the password is lost, unless the one before is among Django's `SECRET_KEY_FALLBACKS`.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from library.database_errors import without_waiting
from library.errors import DomainError
from library.models import PlayerPassword, User

logger = logging.getLogger(__name__)

#: Each request of a player is compared with every password of its person.
MAX_PLAYER_PASSWORDS = 20
#: A password has 100 random bits: five groups of four letters and digits, none of which looks like another.
GROUPS, GROUP_LENGTH = 5, 4


def player_password_create(*, owner: User, name: str) -> tuple[PlayerPassword, str]:
    """Make a player password; returns its row, and the password, which is not shown again.

    Raises DomainError: `too_many_player_passwords`.
    """
    if PlayerPassword.objects.filter(owner=owner).count() >= MAX_PLAYER_PASSWORDS:
        raise DomainError(
            "too_many_player_passwords",
            f"You have {MAX_PLAYER_PASSWORDS} player passwords, which is the most. Revoke one you no longer use.",
        )
    salt = secrets.token_hex(16)
    password = _derived(salt, settings.SECRET_KEY)
    row = PlayerPassword.objects.create(
        owner=owner, name=name.strip() or "Player", salt=salt, digest=_digest(password)
    )
    return row, password


def player_password_reveal(*, player_password: PlayerPassword) -> str | None:
    """The password, for comparing it with what a player sends; None if the site's secret key has been changed."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        password = _derived(player_password.salt, key)
        if constant_time_compare(_digest(password), player_password.digest):
            return password
    return None


def player_password_revoke(*, player_password: PlayerPassword) -> None:
    player_password.delete()


def player_password_mark_used(*, player_password: PlayerPassword) -> None:
    """Set when a player password was last used, at most once a minute. No request waits for that."""
    now = timezone.now()
    stale = now - timedelta(minutes=1)
    if player_password.last_used_at and player_password.last_used_at >= stale:
        return
    try:
        with without_waiting(), transaction.atomic():
            unused = PlayerPassword.objects.filter(
                Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=player_password.pk
            )
            ids = list(unused.order_by().select_for_update(skip_locked=True).values_list("pk", flat=True))
            PlayerPassword.objects.filter(pk__in=ids).update(last_used_at=now)
    except OperationalError:
        logger.info("The last use of player password %s was not recorded.", player_password.pk)


def _derived(salt: str, secret_key: str) -> str:
    random = salted_hmac("earmark.player-password", salt, secret=secret_key, algorithm="sha256").digest()
    letters = base64.b32encode(random).decode().lower()[: GROUPS * GROUP_LENGTH]
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, len(letters), GROUP_LENGTH))


def _digest(password: str) -> str:
    # It has 100 random bits, so a plain hash is enough: it cannot be guessed.
    return hashlib.sha256(password.encode()).hexdigest()
