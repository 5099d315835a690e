"""Large files in pieces, by the tus protocol 1.0.0 (tus.io): what has arrived is not sent again."""

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
from earmark_client.names import valid_text

#: Smaller files go up whole.
LARGE = 20_000_000
#: Enough for the site to tell whether this is music, before the rest is sent.
FIRST = 2**18
PIECE = 8 * 2**20
#: So long the site keeps what has arrived of an upload.
DAY = 24 * 3600
#: So often a file is begun anew that the site says it knows nothing of.
AGAIN = 3
TUS = {"Tus-Resumable": "1.0.0"}

Ask = Callable[..., httpx.Response]


class Unfinished:
    """Which uploads have been begun: kept in a file, so that they can be gone on with by another run."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}
        with suppress(OSError, ValueError):
            self._known = json.loads(path.read_text()) if path else {}

    def get(self, key: str) -> str | None:
        """The upload's id, unless the site has forgotten it by now."""
        upload, begun = self._known.get(key, (None, 0))
        return upload if time.time() - begun < DAY else None

    def set(self, key: str, upload: str | None) -> None:
        """Note an upload's id; None forgets it."""
        with self._lock:
            fresh = {
                name: row for name, row in self._known.items() if time.time() - row[1] < DAY and name != key
            }
            self._known = fresh | ({key: (upload, time.time())} if upload else {})
            if self._path:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                new = self._path.with_suffix(".new")
                new.write_text(json.dumps(self._known))
                os.replace(new, self._path)


def send_in_pieces(
    ask: Ask, site: str, path: Path, unfinished: Unfinished, on_sent: Callable[[int], None]
) -> tuple[str, str]:
    """Send a file; what became of it (`added`, `known`, `unpacked`), and the track's id, "" for an archive.

    `ask(method, address, …)` answers a request, tries again when the connection is lost, and raises LibraryError.
    """
    facts = path.stat()
    key = f"{site} {path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    upload, offset, answer = unfinished.get(key), 0, None
    told, begun = 0, 0
    with path.open("rb") as file:
        # What was refused is sent once more, to hear why.
        while answer is None or answer.headers.get("Earmark-State", "refused") == "refused":
            try:
                if upload is None:
                    upload, offset, begun = _begin(ask, path, facts.st_size), 0, begun + 1
                    unfinished.set(key, upload)
                elif answer is None:
                    answer = ask("HEAD", f"uploads/{upload}/", headers=TUS)
                    offset = int(answer.headers["Upload-Offset"])
                    continue
                file.seek(offset)
                headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                piece = file.read(PIECE if offset else FIRST)
                answer = ask("PATCH", f"uploads/{upload}/", headers=TUS | headers, content=piece)
                offset = int(answer.headers["Upload-Offset"])
            except LibraryError as error:
                answer = None
                if error.code == "offset_conflict":
                    continue  # some of it had arrived: ask how much
                if error.status not in (404, 410) or begun == AGAIN:
                    if error.code != "unreachable":
                        unfinished.set(key, None)
                    raise
                upload = None  # the site has forgotten it
            on_sent(max(offset - told, 0))
            told = max(told, offset)
    unfinished.set(key, None)
    return answer.headers["Earmark-State"], _last_part(answer.headers.get("Earmark-Track", ""))


def _begin(ask: Ask, path: Path, size: int) -> str:
    name = base64.b64encode(valid_text(path.name).encode()).decode()
    headers = {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
    # Only the id: whatever host the answer names, the token goes to the site that was given.
    return _last_part(ask("POST", "uploads/", headers=TUS | headers).headers["Location"])


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
