"""Somebody's library on an Earmark site, as a program sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import httpx

from earmark_client.errors import LibraryError, refusal
from earmark_client.names import valid_text
from earmark_client.resumable import LARGE, Unfinished, send_in_pieces

ATTEMPTS = 5
#: These mean "not now", whatever was asked for.
LATER = {423, 429, 502, 503, 504}
HASHES_AT_ONCE = 1000


class Library:
    """A connection to one library. May be used by several threads at once.

    `unfinished` is a file that keeps which large uploads have been begun, so that another run can go on with them.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60,
        wait: Callable[[float], None] = time.sleep,
        unfinished: Path | None = None,
    ) -> None:
        self._wait = wait
        self._unfinished = Unfinished(unfinished)
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
        """Send one file; the track it became, or was already (`duplicate`). `on_sent` hears of bytes on their way.

        A large file goes up in pieces, and a ZIP archive, too: the site unpacks it, and there is no one track to tell
        (`id` is None).
        """
        if path.stat().st_size > LARGE or path.suffix.lower() == ".zip":
            return self._upload_in_pieces(path, on_sent)

        name = valid_text(path.name)

        def send() -> httpx.Response:
            with path.open("rb") as file:
                stream = Counted(file, on_sent) if on_sent else file
                return self._http.post("tracks/", files={"file": (name, cast(IO[bytes], stream))})

        return self._answer(send)

    def _upload_in_pieces(self, path: Path, on_sent: Callable[[int], None] | None) -> dict[str, Any]:
        state, track_id = send_in_pieces(
            lambda method, url, **arguments: self._response(
                lambda: self._http.request(method, url, **arguments)
            ),
            str(self._http.base_url),
            path,
            self._unfinished,
            on_sent or (lambda count: None),
        )
        return (self.track(track_id) if track_id else {"id": None}) | {"duplicate": state == "known"}

    def overview(self) -> dict[str, Any]:
        """The library at large: usage, and tracks by genre, state and so on."""
        return self._json("GET", "overview/")

    def export(self, form: str) -> Iterator[str]:
        """All that is known, as the site writes it: `json`, or `csv`. Piece by piece."""
        try:
            with self._http.stream("GET", f"export/{form}/") as response:
                if not response.is_success:
                    response.read()
                    raise refusal(response)
                yield from response.iter_text()
        except httpx.TransportError as error:
            raise LibraryError("unreachable", f"The site cannot be reached: {error}") from error

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
        body: dict[str, Any] = self._response(send).json()
        return body

    def _response(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """The answer to a request; tried again while the site cannot be reached or is busy.

        Every request of this client may be sent twice: reading changes nothing, a file that has arrived already is
        not stored again, and a piece of one says where it belongs.
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
            return response
        raise refusal(response)


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
