"""Copies of songs in the format that a player asked for. They are made again when needed, so that few are kept.

They are files in a folder of the data folder, each by when it was last sent. No row names them.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

FOLDER = "transcoded"
#: The ending of a copy that is being made.
PART = ".part"
#: A copy that nobody has asked for so long is deleted, so that none of a deleted track stays.
UNUSED_SECONDS = 24 * 3600


def transcoded_folder() -> Path:
    """The folder of the copies, made if need be."""
    folder = Path(settings.DATA_DIR, FOLDER)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def transcoded_expire() -> int:
    """Delete copies that were not used for a day, and the least used ones above the limit; returns how many."""
    deleted, total = 0, 0
    oldest = time.time() - UNUSED_SECONDS
    for used_at, size, path in sorted(_copies(), reverse=True):
        is_growing = path.suffix == PART
        total += 0 if is_growing else size
        if used_at < oldest or (total > settings.EARMARK_TRANSCODED_BYTES and not is_growing):
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def _copies() -> list[tuple[float, int, Path]]:
    """When each copy was last used, its size and its path."""
    found = []
    for path in transcoded_folder().iterdir():
        with suppress(FileNotFoundError):  # deleted a moment ago
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    return found
