"""A folder of music into a library: what is there already is not sent."""

from __future__ import annotations

import hashlib
import stat
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from earmark_client.errors import LibraryError
from earmark_client.folders import Found, find_music
from earmark_client.library import Library


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

    def note(self, path: Path, outcome: dict[str, Any] | BaseException) -> None:
        """Enter what became of a file. Raises what is neither the site's nor the file's fault."""
        del self.waiting[path]
        if isinstance(outcome, LibraryError):
            self.failed[path] = outcome.message
        elif isinstance(outcome, OSError):
            self.failed[path] = outcome.strerror or str(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            (self.there if outcome["duplicate"] else self.sent).append(path)
            self.tracks += [outcome["id"]] if outcome["id"] else []


def upload(library: Library, paths: Iterable[Path], *, jobs: int = 4, quiet: bool = False) -> Summary:
    """Send what is not there yet. A file that fails does not stop the others."""
    summary = Summary()
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
    with (
        tqdm(total=total, desc="Uploading", unit="B", unit_scale=True, disable=quiet or None) as bar,
        ThreadPoolExecutor(jobs) as pool,
    ):
        progress = Progress(bar)
        sending = {pool.submit(progress.upload, library, path): path for path in missing.values()}
        for done in as_completed(sending):
            summary.note(sending[done], done.exception() or done.result())
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


class Progress:
    """One bar for all files on their way; what is sent again is not counted again."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar
        self.lock = threading.Lock()

    def upload(self, library: Library, path: Path) -> dict[str, Any]:
        size, counted = path.stat().st_size, 0

        def sent(count: int) -> None:
            nonlocal counted
            with self.lock:
                self.bar.update(new := min(count, size - counted))
            counted += new

        return library.upload(path, sent)
