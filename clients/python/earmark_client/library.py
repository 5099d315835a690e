"""Somebody's library on an Earmark site, as a program sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import httpx

ATTEMPTS = 5
#: These mean "not now", whatever was asked for.
LATER = {429, 502, 503, 504}
HASHES_AT_ONCE = 1000


class LibraryError(Exception):
    """The site refused, or could not be reached. `code` is stable; `message` is for people."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


class Library:
    """A connection to one library. May be used by several threads at once."""

    def __init__(
        self, url: str, token: str, *, timeout: float = 60, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._wait = wait
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"Bearer {token}", "User-Agent": "earmark-client"},
            timeout=timeout,
        )

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def account(self) -> dict[str, Any]:
        """E-mail address, limits and usage."""
        return self._json("GET", "account/")

    def check(self, hashes: list[str]) -> set[str]:
        """Which of these SHA-256 are in the library already."""
        here: set[str] = set()
        for start in range(0, len(hashes), HASHES_AT_ONCE):
            asked = {"sha256": hashes[start : start + HASHES_AT_ONCE]}
            here |= set(self._json("POST", "tracks/check/", json=asked)["here"])
        return here

    def upload(self, path: Path, on_sent: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Send one file; the track it became, or was already (`duplicate`). `on_sent` hears of bytes on their way."""

        def send() -> httpx.Response:
            with path.open("rb") as file:
                stream = Counted(file, on_sent) if on_sent else file
                return self._http.post("tracks/", files={"file": (path.name, cast(IO[bytes], stream))})

        return self._answer(send)

    def track(self, track_id: str) -> dict[str, Any]:
        return self._json("GET", f"tracks/{track_id}/")

    def tracks(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Every track that fits, page by page."""
        url: str | None = "tracks/"
        params: dict[str, Any] | None = {"page_size": 200, **filters}
        while url:
            page = self._json("GET", url, params=params)
            yield from page["results"]
            url, params = page["next"], None

    def _json(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        return self._answer(lambda: self._http.request(method, url, **arguments))

    def _answer(self, send: Callable[[], httpx.Response]) -> dict[str, Any]:
        """The answer to a request; tried again while the site cannot be reached or is busy.

        Every request of this client may be sent twice: reading changes nothing, and a file that has arrived already
        is not stored again.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = send()
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise LibraryError("unreachable", f"The site cannot be reached: {error}") from error
                self._wait(2**attempt / 2)
                continue
            if response.status_code in LATER and attempt < ATTEMPTS:
                self._wait(float(response.headers.get("Retry-After", 2**attempt / 2)))
                continue
            break
        if response.is_success:
            body: dict[str, Any] = response.json()
            return body
        raise refusal(response)


def refusal(response: httpx.Response) -> LibraryError:
    """What an error answer says; RFC 9457 where it is one."""
    try:
        problem = response.json()
        return LibraryError(problem["code"], problem["detail"], response.status_code)
    except (ValueError, KeyError, TypeError):
        return LibraryError("error", f"The site answered {response.status_code}.", response.status_code)


class Counted:
    """A file that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, on_sent: Callable[[int], None]) -> None:
        self._file = file
        self._on_sent = on_sent

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._on_sent(len(chunk))
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()
