"""Errors of the client."""

from __future__ import annotations

import httpx


class LibraryError(Exception):
    """The site refused a request, or could not be reached. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


def error_from_response(response: httpx.Response) -> LibraryError:
    """The error that a response describes, as problem details (RFC 9457) or by its status alone."""
    try:
        problem = response.json()
        return LibraryError(problem["code"], problem["detail"], response.status_code)
    except (ValueError, KeyError, TypeError):
        return LibraryError(
            "error", f"The site responded with status {response.status_code}.", response.status_code
        )
