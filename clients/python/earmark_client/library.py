"""A library on an Earmark site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import uuid4

import httpx

from earmark_client.errors import LibraryError, error_from_response
from earmark_client.responses import BulkAction, Changes
from earmark_client.text import valid_text
from earmark_client.tus import TUS_FROM_BYTES, UnfinishedUploads, tus_upload

ATTEMPTS = 5
#: The site is busy: the request may succeed later.
RETRY_STATUSES = {423, 429, 502, 503, 504}
HASHES_PER_REQUEST = 1000


class Library:
    """A connection to one library. It may be used by several threads at once.

    Parameters:
        url: The site's address, like "https://music.example.org".
        token: A token from the account page.
        timeout: Seconds to wait for the site.
        wait: Called with the seconds to wait before another attempt.
        unfinished: A file that remembers unfinished large uploads, so that another run can resume them.
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
        self._unfinished = UnfinishedUploads(unfinished)
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
        """Those of the given SHA-256 hashes whose files are in the library."""
        here: set[str] = set()
        for start in range(0, len(hashes), HASHES_PER_REQUEST):
            body = {"sha256": hashes[start : start + HASHES_PER_REQUEST]}
            here |= set(self._json("POST", "tracks/check/", json=body)["here"])
        return here

    def upload(self, path: Path, on_sent: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Upload a file, and return its track, new or existing (`duplicate`).

        `on_sent` is called with the number of bytes each time some are sent. Large files and ZIP archives are uploaded
        in chunks. The site unpacks an archive, and the result has no track: its `id` is None. A file in the site's bin
        is restored, as a duplicate.
        """
        if path.stat().st_size > TUS_FROM_BYTES or path.suffix.lower() == ".zip":
            return self._upload_in_pieces(path, on_sent)

        name = valid_text(path.name)

        def send() -> httpx.Response:
            with path.open("rb") as file:
                stream = ProgressReader(file, on_sent) if on_sent else file
                return self._http.post("tracks/", files={"file": (name, cast(IO[bytes], stream))})

        return self._send_json(send)

    def _upload_in_pieces(self, path: Path, on_sent: Callable[[int], None] | None) -> dict[str, Any]:
        state, track_id = tus_upload(
            lambda method, url, **arguments: self._send_with_retries(
                lambda: self._http.request(method, url, **arguments)
            ),
            str(self._http.base_url),
            path,
            self._unfinished,
            on_sent or (lambda count: None),
        )
        return (self.track(track_id) if track_id else {"id": None}) | {"duplicate": state == "known"}

    def overview(self) -> dict[str, Any]:
        """Figures of the whole library: usage, and numbers of tracks by genre, state and so on."""
        return self._json("GET", "overview/")

    def export(self, form: str) -> Iterator[str]:
        """The site's export, `json` or `csv`, chunk by chunk."""
        try:
            with self._http.stream("GET", f"export/{form}/") as response:
                if not response.is_success:
                    response.read()
                    raise error_from_response(response)
                yield from response.iter_text()
        except httpx.TransportError as error:
            raise LibraryError("unreachable", f"The site cannot be reached: {error}") from error

    def track(self, track_id: str) -> dict[str, Any]:
        return self._json("GET", f"tracks/{track_id}/")

    def tracks(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """All tracks that match the filters of `GET /api/v1/tracks/`, fetched page by page."""
        for page in self._pages("tracks/", {"page_size": 200, **filters}):
            yield from page["results"]

    def album(self, album_id: str) -> dict[str, Any]:
        """An album, with the ids of its tracks in order."""
        return self._json("GET", f"albums/{album_id}/")

    def albums(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """All albums that match the filters of `GET /api/v1/albums/`, fetched page by page."""
        for page in self._pages("albums/", {"page_size": 200, **filters}):
            yield from page["results"]

    def artist(self, artist_id: str) -> dict[str, Any]:
        """An artist, with the ids of albums and tracks."""
        return self._json("GET", f"artists/{artist_id}/")

    def artists(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """All artists that match the filters of `GET /api/v1/artists/`, fetched page by page."""
        for page in self._pages("artists/", {"page_size": 200, **filters}):
            yield from page["results"]

    def cover(self, cover: dict[str, str], size: str = "large") -> bytes:
        """The picture, as WebP, of the `cover` of a track or an album; `size` is small, medium or large."""
        # Only the path is used, so that the token goes to no other site.
        address = self._http.base_url.copy_with(raw_path=httpx.URL(cover[size]).raw_path)
        return self._send_with_retries(lambda: self._http.get(address)).content

    def star(self, kind: str, thing_id: str, starred: bool = True) -> dict[str, Any]:
        """Star a "track", an "album" or an "artist", or take its star away; returns it as it is now."""
        return self._json("PATCH", f"{kind}s/{thing_id}/", json={"starred": starred})

    def rate(self, track_id: str, rating: int | None) -> dict[str, Any]:
        """Rate a track from 1 to 5; None removes its rating. Returns the track as it is now."""
        return self._json("PATCH", f"tracks/{track_id}/", json={"rating": rating})

    def play(self, track_id: str, played_at: datetime | None = None) -> dict[str, Any]:
        """Count a play of a track, now or at a time; returns its `play_count` and `last_played_at` with it."""
        body = {"played_at": played_at.astimezone(UTC).isoformat()} if played_at else {}
        headers = {"Idempotency-Key": str(uuid4())}
        return self._json("POST", f"tracks/{track_id}/plays/", json=body, headers=headers)

    def changes(self, since: datetime | str) -> Iterator[Changes]:
        """What was added, changed and deleted since a time, in order, page by page.

        `since` is a time, or the `resume` of the last page that was processed: store that, to continue next time.
        """
        if isinstance(since, datetime):
            params = httpx.QueryParams(updated_since=since.astimezone(UTC).isoformat(), page_size=200)
        else:
            params = httpx.URL(since).params
        for page in self._pages("tracks/changes/", params):
            # Sites before 0.2 do not report deletions.
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
        """Do something to the tracks with these ids, or to all that a query finds ("" finds all tracks).

        `action` and `value` are the `act` and `value` of `POST /api/v1/acts/`, such as "tag" and the tag's name; `more`
        are further fields of it, such as `permanently=True`. It may return before the action is done: see `wait_for`.
        """
        chosen = {"ids": None if ids is None else list(ids), "query": query, "value": value}
        body = {
            "act": action,
            **{name: given for name, given in chosen.items() if given is not None},
            **more,
        }
        headers = {"Prefer": "respond-async", "Idempotency-Key": str(uuid4())}
        return BulkAction.from_response(
            {"kind": action} | self._json("POST", "acts/", json=body, headers=headers)
        )

    def bulk_action(self, action_id: str) -> BulkAction:
        """The progress of a bulk action."""
        return BulkAction.from_response(self._json("GET", f"acts/{action_id}/"))

    def wait_for(
        self, action: BulkAction, on_progress: Callable[[BulkAction], None] | None = None
    ) -> BulkAction:
        """Wait until a bulk action is done or cancelled. `on_progress` is called with it about once a second.

        Raises LibraryError with the code `failed` when it failed.
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
        """Cancel a bulk action. What it has done so far stays."""
        headers = {"Idempotency-Key": str(uuid4())}
        self._send_with_retries(lambda: self._http.post(f"acts/{action_id}/cancel/", headers=headers))
        return self.bulk_action(action_id)

    def _pages(self, url: str, params: Any) -> Iterator[dict[str, Any]]:
        """The pages of a list. Only the query of `next` is used, so that the token goes to no other site."""
        while params is not None:
            page = self._json("GET", url, params=params)
            yield page
            params = httpx.URL(page["next"]).params if page["next"] else None

    def _json(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        return self._send_json(lambda: self._http.request(method, url, **arguments))

    def _send_json(self, send: Callable[[], httpx.Response]) -> dict[str, Any]:
        body: dict[str, Any] = self._send_with_retries(send).json()
        return body

    def _send_with_retries(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """The response to a request, which is repeated while the site cannot be reached or is busy.

        Every request of this client is safe to repeat: reading changes nothing, a file that has arrived is not stored
        again, a chunk carries its offset, and plays and requests about bulk actions carry an Idempotency-Key.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = send()
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise LibraryError("unreachable", f"The site cannot be reached: {error}") from error
                self._wait(2**attempt / 2)
                continue
            if should_retry(response) and attempt < ATTEMPTS:
                self._wait(retry_delay(response, attempt))
                continue
            break
        if response.is_success:
            return response
        raise error_from_response(response)


def should_retry(response: httpx.Response) -> bool:
    """Whether to repeat a request: the site is busy, or still processing an earlier copy of it."""
    return response.status_code in RETRY_STATUSES or (
        response.status_code == 409 and error_from_response(response).code == "in_progress"
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


class ProgressReader:
    """A file that reports how much of it is read."""

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
