"""Errors of the library's rules, with a stable code for programs and a message for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import responses
from typing import Any

from django.urls import reverse

PROBLEM_TYPE = "application/problem+json"


class DomainError(Exception):
    """A request that breaks a rule of the library. `status` is the HTTP status of the response."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


class ConflictError(DomainError):
    """A field was changed since the person saw it. `current` and `submitted` are values by field."""

    def __init__(self, *, current: Mapping[str, Any], submitted: Mapping[str, Any]) -> None:
        self.current = current
        now, yours = (
            ", ".join(f"“{value}”" for value in values.values() if isinstance(value, str))
            for values in (current, submitted)
        )
        what = f" to {now}; your {yours}" if now else "; yours"
        message = f"It was changed meanwhile{what} was not saved. If you still want that, save it again."
        super().__init__("changed_meanwhile", message)


class RateLimited(DomainError):  # noqa: N818 - the name of HTTP status 429 reads better without "Error"
    """Too many failed attempts. The next is allowed after `retry_after`."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        minutes = round(retry_after.total_seconds() / 60)
        super().__init__("too_often", f"Too many attempts. Please try again in {minutes} minutes.", 429)


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """A parameter of a search that is unknown or has an invalid value. `detail` is a message that names it."""

    name: str
    detail: str


class InvalidSearchError(DomainError):
    """A search with unknown or invalid parameters. Nothing may be done to the tracks that the rest of it finds."""

    def __init__(self, problems: Sequence[SearchProblem]) -> None:
        self.problems = problems
        details = " ".join(problem.detail for problem in problems[:3])
        super().__init__("invalid", f"This search was not understood: {details}", 400)


def problem_details(status: int, code: str, detail: str) -> dict[str, Any]:
    """An error as a body (RFC 9457). `code` is for programs and does not change; `detail` is for people."""
    return {
        "type": f"{reverse('api-docs')}#error-{code}",
        # 460 is the tus protocol's own.
        "title": responses.get(status, "Checksum Mismatch"),
        "status": status,
        "detail": detail,
        "code": code,
    }
