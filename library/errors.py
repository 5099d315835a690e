"""What a service refuses to do, with a stable code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class DomainError(Exception):
    """The library will not do that. `status` is the HTTP status that fits."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


class ConflictError(DomainError):
    """What a person changes was changed since they saw it. `current` and `wanted`: values by field."""

    def __init__(self, *, current: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        self.current = current
        now, yours = (
            ", ".join(f"“{value}”" for value in values.values() if isinstance(value, str))
            for values in (current, wanted)
        )
        what = f" to {now}; your {yours}" if now else "; yours"
        message = f"It was changed meanwhile{what} was not saved. If you still want that, save it again."
        super().__init__("changed_meanwhile", message)


class RateLimited(DomainError):  # noqa: N818 - named for what it says, as HTTP does
    """That failed too often. Whoever waits so long may try again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = round(wait.total_seconds() / 60)
        super().__init__("too_often", f"This failed too often. Please try again in {minutes} minutes.", 429)


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """A parameter of a search that is unknown, or whose value will not do; `detail` says so and names it."""

    name: str
    detail: str


class InvalidSearchError(DomainError):
    """A search that was not understood, so that nothing must be done with what it seems to find."""

    def __init__(self, problems: Sequence[SearchProblem]) -> None:
        self.problems = problems
        details = " ".join(problem.detail for problem in problems[:3])
        super().__init__("invalid", f"This search was not understood: {details}", 400)
