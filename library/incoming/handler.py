"""Uploaded files go to a temporary file, and are hashed and counted on the way, never whole in memory."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler

from classifier.errors import AudioError

#: Errors when nothing more can be written: disk full, over the user's quota, over the process's file size limit.
DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def disk_full_as_audio_error() -> Iterator[None]:
    """Turn errors of a full disk into AudioError: `storage_full`."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise AudioError("storage_full") from error


def write_all(file: int, chunk: bytes) -> None:
    """Write to a file descriptor, unbuffered, so that a full disk is noticed here and not on closing the file.

    The disk counts as full when only EARMARK_KEEP_FREE_BYTES are left, which the database needs to go on.
    """
    disk = os.fstatvfs(file)
    if disk.f_bavail * disk.f_frsize < settings.EARMARK_KEEP_FREE_BYTES + len(chunk):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(file, rest) :]


class HashingUploadHandler(TemporaryFileUploadHandler):
    """Django's handler for temporary files, which also computes the SHA-256 and stops writing at the size limit.

    The file gets the attributes `sha256` and `storage_full`, whether the disk was full. Its `size` is the number of
    bytes sent, which above the limit is more than was written.
    """

    file: TemporaryUploadedFile

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = hashlib.sha256()
        self._too_large = self._storage_full = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.EARMARK_MAX_UPLOAD_BYTES:
            self._too_large = True
        if self._too_large or self._storage_full:
            return
        self._hash.update(raw_data)
        try:
            write_all(self.file.fileno(), raw_data)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise
            # Raised here, it would be an error of whatever code reads the form first. The service refuses the file.
            self._storage_full = True
            os.ftruncate(self.file.fileno(), 0)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        upload = super().file_complete(file_size)
        upload.storage_full = self._storage_full  # type: ignore[union-attr]
        upload.sha256 = self._hash.hexdigest()  # type: ignore[union-attr]
        return upload


class SkippingUploadHandler(FileUploadHandler):
    """Passes over the files of a form."""

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class RefusingUploadHandler(SkippingUploadHandler):
    """Refuses a form with files before any of it is written. Raises BadRequest."""

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise BadRequest("This address takes no files.")


def disk_full_check(upload: UploadedFile) -> None:
    """Raises AudioError: `storage_full`, if the disk was full while the file was uploaded."""
    if getattr(upload, "storage_full", False):
        raise AudioError("storage_full")


class OnDiskUploadedFile(UploadedFile):
    """A file that is already in the upload folder, so that storing it only moves it."""

    def __init__(self, path: Path, name: str, sha256: str = "") -> None:
        self.path = path
        self.sha256 = sha256
        super().__init__(file=path.open("rb"), name=name, size=path.stat().st_size)

    def temporary_file_path(self) -> str:
        """The path. File system storage moves files that have this method."""
        return str(self.path)


def sha256_of(upload: UploadedFile) -> str:
    """The upload's SHA-256 in hex, computed now if that was not done while it arrived."""
    if digest := getattr(upload, "sha256", None):
        return str(digest)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
