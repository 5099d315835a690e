"""Who asks: by a player password, or by an access token. Never by a session or the password of the account."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from library import services
from library.errors import RateLimited
from library.http.client_address import client_address
from library.models import ApiToken, PlayerPassword, User
from library.services.tokens import token_digest
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.parameters import Parameters

#: What the protocol calls a password in hexadecimal digits.
HEX_PREFIX = "enc:"
WRONG = (
    "Wrong user name or password. The user name is your email address, the password a player password, which you make "
    "on the account page."
)
#: A player password opens everything that there is here: a person's own music, stars, ratings, playlists, play queue.
PLAYER_SCOPES = ("read", "write", "delete")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has shown who they are, and what they may do: `read`, `write`, `delete`."""

    person: User
    scopes: tuple[str, ...]


@sensitive_variables()
def visitor_of(request: HttpRequest, params: Parameters) -> Visitor:
    """Who sends a request. Raises SubsonicError.

    Failures count with those of the sign-in page, by internet address, and by user name on their own: a player that
    goes on with a revoked password locks nobody out of the site. The right password is let in whatever was counted: it
    is random, and nobody finds it by trying.
    """
    if key := params.text("apiKey"):
        if any(name in params for name in ("u", "p", "t", "s")):
            raise SubsonicError(
                Code.CONFLICTING_CREDENTIALS, "Send either an API key, or a user name and a password."
            )
        if token := _token(key):
            return _by_token(token)
        _count_failure(request, "")
        raise SubsonicError(Code.INVALID_API_KEY, "This token is unknown, revoked or expired.")
    email = params.required("u").strip()
    if "p" in params and "t" in params:
        raise SubsonicError(Code.CONFLICTING_CREDENTIALS, "Send either a password or a token of it.")
    if "t" in params:
        visitor = _by_hash(email, params.required("t"), params.required("s"))
    else:
        visitor = _by_password(email, _plain(params.required("p")))
    if visitor is None:
        _count_failure(request, email)
        raise SubsonicError(Code.WRONG_CREDENTIALS, WRONG)
    return visitor


def _by_hash(email: str, hashed: str, salt: str) -> Visitor | None:
    """By md5(password + salt)."""
    for row in _player_passwords(email):
        password = services.player_password_reveal(player_password=row)
        if password is None:
            continue
        expected = hashlib.md5(f"{password}{salt}".encode(), usedforsecurity=False).hexdigest()
        if constant_time_compare(expected, hashed.lower()):
            return _by_player_password(row)
    return None


def _by_password(email: str, sent: str) -> Visitor | None:
    for row in _player_passwords(email):
        password = services.player_password_reveal(player_password=row)
        if password is not None and constant_time_compare(password, sent):
            return _by_player_password(row)
    token = _token(sent)
    if token is not None and token.owner.email.lower() == email.lower():
        return _by_token(token)
    return None


def _player_passwords(email: str) -> list[PlayerPassword]:
    rows = PlayerPassword.objects.filter(owner__email__iexact=email, owner__is_active=True)
    return list(rows.select_related("owner"))


def _token(key: str) -> ApiToken | None:
    """The token with this key, unless it has expired. Looked up by its digest: timing reveals nothing about keys."""
    tokens = ApiToken.objects.filter(digest=token_digest(key.strip()), owner__is_active=True)
    token = tokens.select_related("owner").first()
    return None if token is None or token.is_expired else token


def _by_token(token: ApiToken) -> Visitor:
    services.token_mark_used(token=token)
    return Visitor(token.owner, tuple(token.scopes))


def _by_player_password(row: PlayerPassword) -> Visitor:
    services.player_password_mark_used(player_password=row)
    return Visitor(row.owner, PLAYER_SCOPES)


def _plain(sent: str) -> str:
    """A password as it is, or in hexadecimal digits."""
    if sent.startswith(HEX_PREFIX):
        with suppress(ValueError):
            return bytes.fromhex(sent.removeprefix(HEX_PREFIX)).decode("utf-8", "replace")
    return sent


def _count_failure(request: HttpRequest, email: str) -> None:
    try:
        services.sign_in_attempt_add(
            address=client_address(request), email=f"player of {email}" if email else ""
        )
    except RateLimited as limited:
        raise SubsonicError(Code.WRONG_CREDENTIALS, limited.message) from None
