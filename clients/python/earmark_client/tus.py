"""Resumable uploads of large files, by the tus protocol 1.0.0 (tus.io)."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from earmark_client.errors import LibraryError
from earmark_client.text import valid_text

#: Files up to this size are uploaded in one request.
TUS_FROM_BYTES = 20_000_000
#: Enough for the site to recognise whether this is music, before the rest is sent.
FIRST_CHUNK_BYTES = 2**18
CHUNK_BYTES = 8 * 2**20
#: How long the site keeps an unfinished upload.
UPLOAD_LIFETIME_SECONDS = 24 * 3600
#: How many times to start an upload that the site no longer knows.
MAX_STARTS = 3
TUS = {"Tus-Resumable": "1.0.0"}

SendRequest = Callable[..., httpx.Response]


class UnfinishedUploads:
    """The ids of unfinished uploads, in a file, so that another run can resume them."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}
        with suppress(OSError, ValueError):
            self._known = json.loads(path.read_text()) if path else {}

    def get(self, key: str) -> str | None:
        """The id of an upload, unless the site has discarded it by now."""
        upload, started_at = self._known.get(key, (None, 0))
        return upload if time.time() - started_at < UPLOAD_LIFETIME_SECONDS else None

    def set(self, key: str, upload: str | None) -> None:
        """Remember the id of an upload; None forgets it."""
        with self._lock:
            fresh = {
                name: row
                for name, row in self._known.items()
                if time.time() - row[1] < UPLOAD_LIFETIME_SECONDS and name != key
            }
            self._known = fresh | ({key: (upload, time.time())} if upload else {})
            if self._path:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                new = self._path.with_suffix(".new")
                new.write_text(json.dumps(self._known))
                os.replace(new, self._path)


def tus_upload(
    send: SendRequest, site: str, path: Path, unfinished: UnfinishedUploads, on_sent: Callable[[int], None]
) -> tuple[str, str]:
    """Upload a file; returns its state (`added`, `known`, `unpacked`) and the id of its track, "" for an archive.

    `send(method, url, …)` sends a request and returns the response; it repeats requests whose connection is lost, and
    raises LibraryError.
    """
    facts = path.stat()
    key = f"{site} {path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    upload, offset, response = unfinished.get(key), 0, None
    reported, starts = 0, 0
    with path.open("rb") as file:
        # After a refusal, the last chunk is sent again: the response says why.
        while response is None or response.headers.get("Earmark-State", "refused") == "refused":
            try:
                if upload is None:
                    upload, offset, starts = _begin(send, path, facts.st_size), 0, starts + 1
                    unfinished.set(key, upload)
                elif response is None:
                    response = send("HEAD", f"uploads/{upload}/", headers=TUS)
                    offset = int(response.headers["Upload-Offset"])
                    continue
                file.seek(offset)
                headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                chunk = file.read(CHUNK_BYTES if offset else FIRST_CHUNK_BYTES)
                response = send("PATCH", f"uploads/{upload}/", headers=TUS | headers, content=chunk)
                offset = int(response.headers["Upload-Offset"])
            except LibraryError as error:
                response = None
                if error.code == "offset_conflict":
                    continue  # some of it had arrived: HEAD says how much
                if error.status not in (404, 410) or starts == MAX_STARTS:
                    if error.code != "unreachable":
                        unfinished.set(key, None)
                    raise
                upload = None  # the site has discarded it
            on_sent(max(offset - reported, 0))
            reported = max(reported, offset)
    unfinished.set(key, None)
    return response.headers["Earmark-State"], _last_part(response.headers.get("Earmark-Track", ""))


def _begin(send: SendRequest, path: Path, size: int) -> str:
    name = base64.b64encode(valid_text(path.name).encode()).decode()
    headers = {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
    # Only the id: whatever host the response names, the token is sent to the given site only.
    return _last_part(send("POST", "uploads/", headers=TUS | headers).headers["Location"])


def _last_part(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]
