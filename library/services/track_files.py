"""A track's files in storage: store those that an analysis made, delete orphaned ones."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from library.models import Track

logger = logging.getLogger(__name__)

#: The fields of a track that name a stored file: the upload, then the files derived from it.
FILE_FIELDS = ("original", "playable", "peaks", "spectrogram")
DERIVED_FILE_FIELDS = FILE_FIELDS[1:]
TRACKS_FOLDER = "tracks"


def derived_file_store(*, track: Track, field: str, folder: Path) -> str:
    """Store the file that an analysis made for this field, if any; returns its name in storage, or ""."""
    path = next(folder.glob(f"{field}.*"), None)
    if path is None:
        return ""
    stored: FieldFile = getattr(track, field)
    with path.open("rb") as content:
        return stored.storage.save(stored.field.generate_filename(track, path.name), File(content))


def file_replace(*, name: str, content: File[bytes]) -> None:
    """Put a file in the place of a stored one, or store it where that is missing.

    The earlier file stays until the new one is complete.
    """
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        # An object store replaces whole objects; `save` would choose a name that is free.
        default_storage._save(name, content)  # type: ignore[attr-defined]
    else:
        os.replace(default_storage.path(default_storage.save(f"{name}.part", content)), path)


def stored_sizes(folder: str) -> dict[str, int]:
    """Sizes in bytes of all files under a folder of the storage, by name."""
    if bucket := getattr(default_storage, "bucket", None):
        # One request for a thousand files, in place of one for each.
        return {found.key: found.size for found in bucket.objects.filter(Prefix=f"{folder}/")}
    sizes = {}
    for name in walk_files(folder):
        with suppress(FileNotFoundError):  # deleted a moment ago
            sizes[name] = default_storage.size(name)
    return sizes


def stored_size(name: str) -> int | None:
    """The size of a stored file in bytes; None if it is missing."""
    try:
        return default_storage.size(name)
    except FileNotFoundError:
        return None


def walk_files(folder: str) -> Iterator[str]:
    """The names of all files under a folder of the storage."""
    folders, files = files_in(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from walk_files(f"{folder}/{name}")


def files_delete(*, names: Iterable[str]) -> None:
    """Delete files by their names in storage."""
    for name in names:
        default_storage.delete(name)


def files_in(folder: str) -> tuple[list[str], list[str]]:
    """Folders and files in a folder of the storage; none if it does not exist."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def storage_is_empty() -> bool:
    """Whether there is no track's file at all: then a disk is not mounted, or the bucket is the wrong one."""
    return not any(files_in(TRACKS_FOLDER))


def orphaned_files_delete(*, track: Track) -> None:
    """Delete the files in a track's folder that the given row does not name.

    Names are never reused, so this cannot delete what another worker stores a moment later. Errors of the storage
    are logged; `manage.py doctor` deletes what they leave.
    """
    storage = track.original.storage
    folder = str(track.original.field.generate_filename(track, "")).rpartition("/")[0]
    named = {getattr(track, field).name for field in FILE_FIELDS}
    try:
        for name in storage.listdir(folder)[1]:
            if f"{folder}/{name}" not in named:
                storage.delete(f"{folder}/{name}")
    except FileNotFoundError:
        pass
    except Exception:
        logger.exception("Track %s: orphaned files could not be deleted.", track.pk)


@contextmanager
def local_copy(stored: FieldFile) -> Iterator[Path]:
    """The stored file as a path: itself on local storage, else a temporary download."""
    try:
        path = Path(stored.path)
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            with stored.open("rb") as content:
                for chunk in content.chunks():
                    copy.write(chunk)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
