"""How uploaded bytes arrive: to a temporary file, hashed and counted on the way, never whole in memory."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class HashingUploadHandler(TemporaryFileUploadHandler):
    """Django's handler for temporary files, which also takes the SHA-256 and stops writing at the limit.

    The file gets two attributes: `sha256`, and `too_large` (its content is then incomplete and worthless).
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
        upload.too_large = self._too_large  # type: ignore[union-attr]
        return upload


def sha256_of(upload: UploadedFile) -> str:
    """The upload's SHA-256, taken while it arrived or, for a file from elsewhere, now."""
    if digest := getattr(upload, "sha256", None):
        return str(digest)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
