"""A folder of music into a library: what is there already is not sent."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from earmark_client.errors import LibraryError
from earmark_client.library import Library

SUFFIXES = {
    ".aac", ".aif", ".aiff", ".au", ".flac", ".m4a", ".mka", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav",
    ".webm", ".wma",
}  # fmt: skip


@dataclass
class Summary:
    sent: list[Path] = field(default_factory=list)
    there: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)
    tracks: list[str] = field(default_factory=list)


def audio_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files given, and all music below the folders given, each once, in order."""
    seen = set()
    for path in paths:
        found = [path] if not path.is_dir() else sorted(_below(path))
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(base, name)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def upload(library: Library, paths: Iterable[Path], *, jobs: int = 4, quiet: bool = False) -> Summary:
    """Send what is not there yet. A file that fails does not stop the others."""
    summary = Summary()
    hashes: dict[Path, str] = {}
    for path in tqdm(list(audio_files(paths)), "Looking", unit="file", disable=quiet, leave=False):
        try:
            hashes[path] = sha256_of(path)
        except OSError as error:
            summary.failed[path] = error.strerror or str(error)
    here = library.check(list(dict.fromkeys(hashes.values())))
    missing: dict[Path, str] = {}
    for path, digest in hashes.items():
        if digest in here or digest in missing.values():
            summary.there.append(path)
        else:
            missing[path] = digest

    total = sum(path.stat().st_size for path in missing)
    with (
        tqdm(total=total, desc="Uploading", unit="B", unit_scale=True, disable=quiet) as bar,
        ThreadPoolExecutor(jobs) as pool,
    ):
        progress = Progress(bar)
        sending = {pool.submit(progress.upload, library, path): path for path in missing}
        for done in as_completed(sending):
            path = sending[done]
            try:
                track = done.result()
            except LibraryError as error:
                summary.failed[path] = error.message
            except OSError as error:
                summary.failed[path] = error.strerror or str(error)
            else:
                (summary.there if track["duplicate"] else summary.sent).append(path)
                summary.tracks += [track["id"]] if track["id"] else []
    return summary


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
