"""Errors as the protocol numbers them."""

from __future__ import annotations

from enum import IntEnum

from library.errors import DomainError


class Code(IntEnum):
    """The protocol's error codes, as far as they are used."""

    GENERIC = 0
    MISSING_PARAMETER = 10
    CLIENT_TOO_OLD = 20
    SERVER_TOO_OLD = 30
    WRONG_CREDENTIALS = 40
    CONFLICTING_CREDENTIALS = 43
    INVALID_API_KEY = 44
    NOT_AUTHORISED = 50
    NOT_FOUND = 70


class SubsonicError(Exception):
    """A request that is refused: a code of the protocol, and a sentence for people."""

    def __init__(self, code: Code, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def not_found(what: str) -> SubsonicError:
    """The error for an id that is unknown or somebody else's. `what` begins the sentence: "This song"."""
    return SubsonicError(Code.NOT_FOUND, f"{what} is not in your library.")


def error_from(refused: DomainError) -> SubsonicError:
    """What a service refused, in the protocol's terms."""
    if refused.status == 404:
        return SubsonicError(Code.NOT_FOUND, refused.message)
    if refused.code == "saved_search":
        return SubsonicError(Code.NOT_AUTHORISED, refused.message)
    return SubsonicError(Code.GENERIC, refused.message)
