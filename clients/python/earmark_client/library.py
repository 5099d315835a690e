"""Somebody's library on an Earmark site, as a program sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import uuid4

import httpx

from earmark_client.errors import LibraryError, refusal
from earmark_client.names import valid_text
from earmark_client.records import BulkAction, Changes
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
        (`id` is None). A file that lies in the site's bin comes back from there, as a duplicate.
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
        for page in self._pages("tracks/", {"page_size": 200, **filters}):
            yield from page["results"]

    def changes(self, since: datetime | str) -> Iterator[Changes]:
        """What was added, changed and deleted, in the order in which it was, a page at a time.

        `since` is a time, or the `resume` of the last page that was dealt with: keep that, to go on next time.
        """
        if isinstance(since, datetime):
            params = httpx.QueryParams(updated_since=since.astimezone(UTC).isoformat(), page_size=200)
        else:
            params = httpx.URL(since).params
        for page in self._pages("tracks/changes/", params):
            # Sites before 0.2 do not tell deletions.
            yield Changes(page["results"], page.get("deleted", []), page["resume"])

    def start_bulk_action(
        self,
        action: str,
        *,
        ids: Iterable[str] | None = None,
        query: str | None = None,
        value: str | None = None,
        **more: Any,
    ) -> BulkAction:
        """Do something to the tracks with these ids, or to all that a query finds ("" finds every track).

        `action` and `value` are the `act` and `value` of `POST /api/v1/acts/`, like "tag" and the tag's name; `more`
        is sent as it is, like `permanently=True`. The answer may come before it is done: see `wait_for`.
        """
        chosen = {"ids": None if ids is None else list(ids), "query": query, "value": value}
        asked = {
            "act": action,
            **{name: given for name, given in chosen.items() if given is not None},
            **more,
        }
        headers = {"Prefer": "respond-async", "Idempotency-Key": str(uuid4())}
        return BulkAction.from_answer(
            {"kind": action} | self._json("POST", "acts/", json=asked, headers=headers)
        )

    def bulk_action(self, action_id: str) -> BulkAction:
        """How far a bulk action is."""
        return BulkAction.from_answer(self._json("GET", f"acts/{action_id}/"))

    def wait_for(
        self, action: BulkAction, on_progress: Callable[[BulkAction], None] | None = None
    ) -> BulkAction:
        """Wait until a bulk action is done, or was cancelled. `on_progress` hears how far it is, about once a second.

        Raises LibraryError `failed` when it failed.
        """
        while not action.finished:
            self._wait(1)
            action = self.bulk_action(action.id or "")
            if on_progress:
                on_progress(action)
        if action.status == "failed":
            raise LibraryError("failed", f"Failed after {action.done} of {action.total} tracks.")
        return action

    def cancel_bulk_action(self, action_id: str) -> BulkAction:
        """Stop a bulk action. What it did so far stays."""
        headers = {"Idempotency-Key": str(uuid4())}
        self._response(lambda: self._http.post(f"acts/{action_id}/cancel/", headers=headers))
        return self.bulk_action(action_id)

    def _pages(self, url: str, params: Any) -> Iterator[dict[str, Any]]:
        """A list, page by page. Of `next` only the query counts: the token goes to no site but the one given."""
        while params is not None:
            page = self._json("GET", url, params=params)
            yield page
            params = httpx.URL(page["next"]).params if page["next"] else None

    def _json(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        return self._answer(lambda: self._http.request(method, url, **arguments))

    def _answer(self, send: Callable[[], httpx.Response]) -> dict[str, Any]:
        body: dict[str, Any] = self._response(send).json()
        return body

    def _response(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """The answer to a request; tried again while the site cannot be reached or is busy.

        Every request of this client may be sent twice: reading changes nothing, a file that has arrived already is
        not stored again, a piece of one says where it belongs, and starting and cancelling a
        bulk action carries an Idempotency-Key.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = send()
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise LibraryError("unreachable", f"The site cannot be reached: {error}") from error
                self._wait(2**attempt / 2)
                continue
            if comes_later(response) and attempt < ATTEMPTS:
                self._wait(retry_delay(response, attempt))
                continue
            break
        if response.is_success:
            return response
        raise refusal(response)


def comes_later(response: httpx.Response) -> bool:
    """Whether to ask again: the site is busy, or still at work on the same request, sent before."""
    return response.status_code in LATER or (
        response.status_code == 409 and refusal(response).code == "in_progress"
    )


def retry_delay(response: httpx.Response, attempt: int) -> float:
    """Seconds to wait before another attempt: as `Retry-After` says, else twice as long each time.

    The header is a number of seconds or an HTTP date (RFC 9110, section 10.2.3). `attempt` counts from 1.
    """
    value: str = response.headers.get("Retry-After", "")
    if value.removeprefix("-").isdecimal():
        return max(0.0, float(value))
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return float(2**attempt) / 2


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
