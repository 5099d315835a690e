"""Songs as MP3 or Opus, for players that ask for less than the original: sent while a confined process makes them.

The process writes a file as fast as it can, and the response follows that file: a listener who pauses keeps a file
open, and neither a thread nor the process. What is whole is kept for a while, and then sent as any file, with ranges.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.storage import FileSystemStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from classifier.transcoded_streams import STREAM_FORMATS, STREAM_KILOBITS, start_transcoding
from library import services
from library.errors import DomainError
from library.models import Track
from library.outgoing.files import SANDBOX_HEADERS, serve_stored_here
from library.outgoing.originals import damage_refuse
from library.outgoing.streams import BLOCK_BYTES, StreamedFile
from library.services.track_files import local_copy
from library.services.transcoded import PART, transcoded_folder

#: How many songs are made at the same time in each web process, for one person and for all.
MOST_PER_PERSON, MOST_AT_ONCE = 3, 6
#: Seconds between two looks at a file that grows, and how long its first bytes may take.
LOOK_SECONDS, FIRST_BYTES_SECONDS = 0.02, 30.0
#: A file that takes longer is given up.
MOST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Transcoding:
    """What a song is turned into: a format of `STREAM_FORMATS`, kbit/s, and the second at which it begins."""

    kind: str
    kilobits: int
    start: int = 0


def transcoding_for(track: Track, kind: str, most_kilobits: int, start: int) -> Transcoding | None:
    """What a player has to be sent that asks for a format ("" for any), a highest rate (0 for any) and a beginning.

    None if that is the original.
    """
    if kind == "raw" or (kind and kind not in STREAM_FORMATS):
        return None
    kilobits = _kilobits(track)
    is_small = not most_kilobits or (0 < kilobits <= most_kilobits)
    if is_small and not start and kind in ("", track.kind):
        return None
    target = kind or ("opus" if track.kind == "opus" else "mp3")
    least, most, usual = STREAM_KILOBITS[target]
    return Transcoding(target, min(max(most_kilobits or usual, least), most), start)


def serve_transcoded(request: HttpRequest, track: Track, wanted: Transcoding) -> HttpResponseBase:
    """The song as it is wanted. Raises Http404 without a file, DomainError: `file_damaged`, `too_many_at_once`."""
    damage_refuse(track)
    mime, extension = STREAM_FORMATS[wanted.kind]
    headers = {
        "Content-Type": mime,
        "Content-Disposition": f'inline; filename="track{extension}"',
        "Cache-Control": "private, max-age=3600",
        **SANDBOX_HEADERS,
    }
    name = f"{track.folder}-{wanted.kilobits}{extension}"
    path = transcoded_folder() / name
    if not wanted.start and path.exists():
        os.utime(path)
        return serve_stored_here(request, _Kept(name, path), headers)
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    making = _Making(track, wanted, path)
    return StreamedFile(making.blocks(), headers=headers)


class _Kept:
    """A kept copy, as a stored file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.size = name, path.stat().st_size
        self.storage = FileSystemStorage(location=path.parent)


class _Making:
    """A song that is being made, by a process of its own. Raises DomainError and Http404 when it cannot be begun."""

    def __init__(self, track: Track, wanted: Transcoding, path: Path) -> None:
        self._owner_id, self._path = track.owner_id, path
        self._keep = not wanted.start
        random = blake2b(os.urandom(16), digest_size=8).hexdigest()
        self._part = path.with_suffix(f".{random}{PART}")
        self._is_done = threading.Event()
        self._is_whole = False
        _places.take(self._owner_id)
        try:
            self._file = self._begin(track, wanted)
        except BaseException:
            _places.give_back(self._owner_id)
            raise
        self._wait_for_first_bytes()

    def _begin(self, track: Track, wanted: Transcoding) -> BinaryIO:
        """Start the process; returns its file, open for reading."""
        with ExitStack() as stack:
            try:
                original = stack.enter_context(local_copy(track.original))
            except FileNotFoundError:
                raise Http404 from None
            if not original.exists():
                raise Http404
            with self._part.open("wb") as out:
                process = start_transcoding(
                    original, out, kind=wanted.kind, kilobits=wanted.kilobits, start=wanted.start
                )
            file = self._part.open("rb")
            threading.Thread(target=self._finish, args=(process, stack.pop_all()), daemon=True).start()
        return file

    def _finish(self, process: Any, original: ExitStack) -> None:
        """Wait for the process, keep the file if it is whole, and give the place back."""
        try:
            with original:
                try:
                    self._is_whole = process.wait(MOST_SECONDS) == 0
                finally:
                    process.kill()
            if self._is_whole and self._keep:
                self._part.replace(self._path)
            else:
                self._part.unlink(missing_ok=True)
        finally:
            _places.give_back(self._owner_id)
            self._is_done.set()
            services.transcoded_expire()

    def _wait_for_first_bytes(self) -> None:
        """Raises DomainError, when there will be none: then the answer is an error, and no empty song."""
        until = time.monotonic() + FIRST_BYTES_SECONDS
        while not os.fstat(self._file.fileno()).st_size:
            if self._is_done.wait(LOOK_SECONDS) or time.monotonic() > until:
                break
        if not os.fstat(self._file.fileno()).st_size:
            self._file.close()
            raise DomainError("corrupt", "This song could not be decoded.", 422)

    def blocks(self) -> Iterator[bytes]:
        """What is in the file, also what comes; once the process has ended, up to the end."""
        with self._file as file:
            while True:
                is_done = self._is_done.is_set()
                if block := file.read(BLOCK_BYTES):
                    yield block
                elif is_done:
                    return
                else:
                    time.sleep(LOOK_SECONDS)


class _Places:
    """How many songs are being made in this process."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, owner_id: int) -> None:
        """Raises DomainError: `too_many_at_once`."""
        with self._lock:
            if self._taken[owner_id] >= MOST_PER_PERSON or self._taken.total() >= MOST_AT_ONCE:
                raise DomainError(
                    "too_many_at_once", "Too many songs are being converted. Try again in a moment.", 429
                )
            self._taken[owner_id] += 1

    def give_back(self, owner_id: int) -> None:
        with self._lock:
            self._taken[owner_id] -= 1


_places = _Places()


def _kilobits(track: Track) -> float:
    rate = (track.audio or {}).get("bit_rate") or 0
    return rate / 1000 or (track.size * 8 / 1000 / track.duration if track.duration else 0)
