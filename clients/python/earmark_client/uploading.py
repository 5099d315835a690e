"""Upload folders of music to a library, without the files that it has already."""

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
from earmark_client.folders import FoundFiles, find_music
from earmark_client.library import Library

#: How long to wait for running uploads to end after an interruption.
STOP_GRACE_SECONDS = 1.0


@dataclass
class UploadSummary:
    """The result for each file. `pending` are those without one yet."""

    sent: list[Path] = field(default_factory=list)
    already_there: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)
    pending: dict[Path, None] = field(default_factory=dict)
    tracks: list[str] = field(default_factory=list)
    found: FoundFiles = field(default_factory=FoundFiles)

    def __str__(self) -> str:
        return f"{len(self.sent)} sent, {len(self.already_there)} there already, {len(self.failed)} failed"

    def record_outcome(self, path: Path, outcome: dict[str, Any] | Exception) -> None:
        """Record the result for a file. Raises errors that are neither the site's nor the file's fault."""
        del self.pending[path]
        if isinstance(outcome, LibraryError):
            self.failed[path] = outcome.message
        elif isinstance(outcome, OSError):
            self.failed[path] = outcome.strerror or str(outcome)
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            (self.already_there if outcome["duplicate"] else self.sent).append(path)
            self.tracks += [outcome["id"]] if outcome["id"] else []


def upload(
    library: Library,
    paths: Iterable[Path],
    *,
    jobs: int = 4,
    quiet: bool = False,
    summary: UploadSummary | None = None,
) -> UploadSummary:
    """Upload the files that the library does not have. A file that fails does not stop the others.

    Ctrl-C (KeyboardInterrupt) stops running uploads, starts no others, and is raised again; a given `summary` then
    holds the results so far.
    """
    summary = summary or UploadSummary()
    summary.found = find_music(paths)
    summary.pending = dict(summary.found.files)
    sizes: dict[Path, int] = {}
    hashes: dict[Path, str] = {}
    for path in tqdm(summary.found.files, "Scanning", unit="file", disable=quiet or None, leave=False):
        try:
            sizes[path] = size_of(path)
            hashes[path] = sha256_of(path)
        except OSError as error:
            summary.record_outcome(path, error)
    here = library.check(list(dict.fromkeys(hashes.values())))
    missing: dict[str, Path] = {}
    twins: dict[Path, Path] = {}
    for path, digest in hashes.items():
        if digest in here:
            del summary.pending[path]
            summary.already_there.append(path)
        elif digest in missing:
            twins[path] = missing[digest]
        else:
            missing[digest] = path

    total = sum(sizes[path] for path in missing.values())
    with tqdm(total=total, desc="Uploading", unit="B", unit_scale=True, disable=quiet or None) as bar:
        pool = UploadPool(library, missing.values(), bar)
        try:
            pool.start(jobs)
            for _ in missing:
                summary.record_outcome(*pool.outcomes.get())
        except BaseException:
            pool.stop()
            while not pool.outcomes.empty():
                summary.record_outcome(*pool.outcomes.get())
            raise
    for path, twin in twins.items():
        del summary.pending[path]
        if twin in summary.failed:
            summary.failed[path] = summary.failed[twin]
        else:
            summary.already_there.append(path)
    return summary


def size_of(path: Path) -> int:
    """A file's size in bytes. Raises OSError unless it is a regular file: opening a pipe may block forever."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise OSError("This is not a regular file, but a pipe, a socket or a device.")
    return facts.st_size


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class UploadStopped(Exception):  # noqa: N818 - not an error
    """Ends a running upload."""


class UploadPool:
    """Threads that upload files, with one progress bar. `outcomes` receives each path with its result.

    The threads are daemons, so that one waiting for a slow site does not keep the program from ending.
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
        """Start no other file, and stop those that are running; abandons threads that wait for the site too long."""
        self._stopped.set()
        end = time.monotonic() + STOP_GRACE_SECONDS
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
            except UploadStopped:
                return
            except Exception as error:
                self.outcomes.put((path, error))

    def _send(self, path: Path) -> dict[str, Any]:
        size, counted = path.stat().st_size, 0

        def sent(count: int) -> None:
            nonlocal counted
            if self._stopped.is_set():
                raise UploadStopped
            # Bytes that are sent again are not counted again.
            with self._lock:
                self._bar.update(new := min(count, size - counted))
            counted += new

        return self._library.upload(path, sent)
