"""What a service refuses to do, with a stable code for programs and a sentence for people."""

from __future__ import annotations

from datetime import timedelta


class Refused(Exception):  # noqa: N818 - it says what happened, as AudioError does for files
    """The library will not do that. `status` is the HTTP status that fits."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


class TooOften(Refused):
    """That failed too often. Whoever waits so long may try again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = round(wait.total_seconds() / 60)
        super().__init__("too_often", f"This failed too often. Please try again in {minutes} minutes.", 429)
