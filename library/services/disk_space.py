"""Room on the disk of the data folder: a reserve for the day when it is full, and what is said at start.

SQLite cannot even be read, and nobody can sign in or delete anything, on a disk without a single free byte. So a file
keeps some room, and is given up when the disk is about to be full. Uploads stop long before that (`incoming.handler`).
"""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from library.errors import DomainError
from library.models import Track
from library.services.track_files import storage_is_empty

logger = logging.getLogger(__name__)


def reserve_path() -> Path:
    return Path(settings.DATA_DIR, "reserve")


def free_bytes() -> int:
    """The bytes that the site may still write to the disk of its data folder."""
    disk = os.statvfs(settings.DATA_DIR)
    return disk.f_bavail * disk.f_frsize


def reserve_keep() -> bool:
    """Keep a reserve if there is none and there is enough room; returns whether there is one now."""
    path, size = reserve_path(), settings.EARMARK_RESERVE_BYTES
    if path.exists() or not size:
        return path.exists()
    if free_bytes() < size + settings.EARMARK_KEEP_FREE_BYTES:
        return False
    new = path.with_suffix(".new")
    try:
        with new.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        return False
    return True


def reserve_give_up_if_full() -> bool:
    """Delete the reserve when the disk is about to be full; returns whether it did.

    Asked before each request, so it looks at the disk and at nothing else.
    """
    try:
        if free_bytes() >= settings.EARMARK_RESERVE_BYTES // 8:
            return False
        reserve_path().unlink()
    except OSError:  # there is none, or the folder is gone
        return False
    logger.error(
        "The disk of %s is full. The reserve of %s bytes has been given up, so that people can still sign in and "
        "delete tracks. Make room.",
        settings.DATA_DIR,
        settings.EARMARK_RESERVE_BYTES,
    )
    return True


def uploads_have_room() -> bool:
    """Whether there is more room than EARMARK_KEEP_FREE_BYTES, below which uploads are refused."""
    return free_bytes() > int(settings.EARMARK_KEEP_FREE_BYTES)


def data_folder_check() -> None:
    """Make sure that the site can write where it has to. Raises DomainError: `read_only`, `disk_full`."""
    folders = [settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR]
    with suppress(NotImplementedError):
        folders.append(Path(default_storage.path("")))
    for folder in folders:
        if not Path(folder).exists():
            continue  # made when it is needed
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
                file.flush()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DomainError("disk_full", f"The disk of {folder} is full. Make room first.") from error
            raise DomainError(
                "read_only",
                f"Earmark cannot write to {folder} ({error.strerror}). Is the disk mounted read-only, or does the "
                "folder belong to somebody else?",
            ) from error


def storage_check() -> None:
    """Make sure that the files are where they were. Raises DomainError: `storage_empty`."""
    if Track.all_objects.exists() and storage_is_empty():
        where = getattr(default_storage, "location", "") or settings.S3_BUCKET
        raise DomainError(
            "storage_empty",
            f"The database has tracks, but there is not one file of theirs in {where}. Was the data folder moved, or "
            "is a disk not mounted? Set EARMARK_DATA_DIR to where the files are.",
        )
