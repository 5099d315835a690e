"""A folder of music into a library: what is there already is not sent."""

from __future__ import annotations

import hashlib
import stat
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tqdm import tqdm

from earmark_client.errors import LibraryError
from earmark_client.folders import Found, find_music
from earmark_client.library import Library

#: So many seconds an interrupted upload may take to end by itself.
GRACE = 1.0


@dataclass
class Summary:
    """What became of the files; `waiting` are those of which nothing can be said yet."""

    sent: list[Path] = field(default_factory=list)
    there: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)
    waiting: dict[Path, None] = field(default_factory=dict)
    tracks: list[str] = field(default_factory=list)
    found: Found = field(default_factory=Found)

    def __str__(self) -> str:
        return f"{len(self.sent)} sent, {len(self.there)} there already, {len(self.failed)} failed"

    def note(self, path: Path, outcome: dict[str, Any] | Exception) -> None:
        """Enter what became of a file. Raises what is neither the site's nor the file's fault."""
        del self.waiting[path]
        if isinstance(outcome, LibraryError):
            self.failed[path] = outcome.message
        elif isinstance(outcome, OSError):
            self.failed[path] = outcome.strerror or str(outcome)
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            (self.there if outcome["duplicate"] else self.sent).append(path)
            self.tracks += [outcome["id"]] if outcome["id"] else []


def upload(
    library: Library,
    paths: Iterable[Path],
    *,
    jobs: int = 4,
    quiet: bool = False,
    summary: Summary | None = None,
) -> Summary:
    """Send what is not there yet. A file that fails does not stop the others.

    Ctrl-C (KeyboardInterrupt) ends the uploads that are on their way, begins no other, and is raised again; a
    `summary` that was given says how far it came.
    """
    summary = summary or Summary()
    summary.found = find_music(paths)
    summary.waiting = dict(summary.found.files)
    sizes: dict[Path, int] = {}
    hashes: dict[Path, str] = {}
    for path in tqdm(summary.found.files, "Looking", unit="file", disable=quiet or None, leave=False):
        try:
            sizes[path] = size_of(path)
            hashes[path] = sha256_of(path)
        except OSError as error:
            summary.note(path, error)
    here = library.check(list(dict.fromkeys(hashes.values())))
    missing: dict[str, Path] = {}
    twins: dict[Path, Path] = {}
    for path, digest in hashes.items():
        if digest in here:
            del summary.waiting[path]
            summary.there.append(path)
        elif digest in missing:
            twins[path] = missing[digest]
        else:
            missing[digest] = path

    total = sum(sizes[path] for path in missing.values())
    with tqdm(total=total, desc="Uploading", unit="B", unit_scale=True, disable=quiet or None) as bar:
        sending = Sending(library, missing.values(), bar)
        try:
            sending.start(jobs)
            for _ in missing:
                summary.note(*sending.outcomes.get())
        except BaseException:
            sending.stop()
            while not sending.outcomes.empty():
                summary.note(*sending.outcomes.get())
            raise
    for path, twin in twins.items():
        del summary.waiting[path]
        if twin in summary.failed:
            summary.failed[path] = summary.failed[twin]
        else:
            summary.there.append(path)
    return summary


def size_of(path: Path) -> int:
    """A file's size in bytes. Raises OSError for what is no file: to open a pipe or a device may take for ever."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise OSError("This is no regular file, but a pipe, a socket or a device.")
    return facts.st_size


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Stopped(Exception):  # noqa: N818 - no error: it was asked for
    """Ends an upload that is on its way."""


class Sending:
    """Threads that send files, with one progress bar; `outcomes` has a path and what became of it, as they come.

    They are daemons: one that waits for a slow site does not keep the program from ending.
    """

    def __init__(self, library: Library, paths: Iterable[Path], bar: tqdm) -> None:
        self.outcomes: SimpleQueue[tuple[Path, dict[str, Any] | Exception]] = SimpleQueue()
        self._library = library
        self._bar = bar
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._paths: SimpleQueue[Path] = SimpleQueue()
        for path in paths:
            self._paths.put(path)
        self._threads: list[threading.Thread] = []

    def start(self, jobs: int) -> None:
        for _ in range(jobs):
            thread = threading.Thread(target=self._send_all, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Begin no other file, and end those on their way, or leave them behind when the site keeps them waiting."""
        self._stopped.set()
        end = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))

    def _send_all(self) -> None:
        while not self._stopped.is_set():
            try:
                path = self._paths.get_nowait()
            except Empty:
                return
            try:
                self.outcomes.put((path, self._send(path)))
            except Stopped:
                return
            except Exception as error:
                self.outcomes.put((path, error))

    def _send(self, path: Path) -> dict[str, Any]:
        size, counted = path.stat().st_size, 0

        def sent(count: int) -> None:
            nonlocal counted
            if self._stopped.is_set():
                raise Stopped
            # What is sent again is not counted again.
            with self._lock:
                self._bar.update(new := min(count, size - counted))
            counted += new

        return self._library.upload(path, sent)
