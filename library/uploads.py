"""How uploaded bytes arrive: to a temporary file, hashed and counted on the way, never whole in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class HashingUploadHandler(TemporaryFileUploadHandler):
    """Django's handler for temporary files, which also takes the SHA-256 and stops writing at the limit.

    The file gets an attribute, `sha256`. Its `size` is what was sent: beyond the limit, more than was kept.
    """

    file: TemporaryUploadedFile

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = hashlib.sha256()
        self._too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.EARMARK_MAX_UPLOAD_BYTES:
            self._too_large = True
        if not self._too_large:
            self._hash.update(raw_data)
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        upload = super().file_complete(file_size)
        upload.sha256 = self._hash.hexdigest()  # type: ignore[union-attr]
        return upload


class ArrivedFile(UploadedFile):
    """A file that is on disk already, in the upload folder: to store it is to move it."""

    def __init__(self, path: Path, name: str, sha256: str = "") -> None:
        self.path = path
        self.sha256 = sha256
        super().__init__(file=path.open("rb"), name=name, size=path.stat().st_size)

    def temporary_file_path(self) -> str:
        """Storages move what has this method."""
        return str(self.path)


def sha256_of(upload: UploadedFile) -> str:
    """The upload's SHA-256, taken while it arrived or, for a file from elsewhere, now."""
    if digest := getattr(upload, "sha256", None):
        return str(digest)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
