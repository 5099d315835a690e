"""What goes wrong between a program and a site."""

from __future__ import annotations

import httpx


class LibraryError(Exception):
    """The site refused, or could not be reached. `code` is stable; `message` is for people."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


def refusal(response: httpx.Response) -> LibraryError:
    """What an error answer says; RFC 9457 where it is one."""
    try:
        problem = response.json()
        return LibraryError(problem["code"], problem["detail"], response.status_code)
    except (ValueError, KeyError, TypeError):
        return LibraryError("error", f"The site answered {response.status_code}.", response.status_code)
