"""Uploads in progress, and the outcome of those of the last day."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from library.models.folder_files import FOLDER_KEY_LENGTH
from library.models.people import User
from library.models.tracks import Track

#: An upload's row is deleted this long after its last change, with the bytes of one that was never finished.
UPLOAD_LIFETIME = timedelta(days=1)
#: An upload that has received no bytes for this long has probably stopped.
UPLOAD_STALLED_AFTER = timedelta(minutes=2)


class PartialUpload(models.Model):
    """A file that is being uploaded. Its bytes are in the upload folder until they are complete.

    After that the row stays for a day to show the outcome: a track, a duplicate, an error, or the contents of an
    archive, whose files have rows of their own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="partial_uploads")
    archive = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="entries"
    )
    name = models.CharField("file name", max_length=255)
    #: The folder it came in (`FolderFile.folder`); "" if that is not known.
    folder = models.CharField(max_length=FOLDER_KEY_LENGTH, blank=True, editable=False)
    length = models.PositiveBigIntegerField("size in bytes, when complete")
    offset = models.PositiveBigIntegerField("bytes received", default=0)
    track = models.ForeignKey(Track, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    duplicate = models.BooleanField("already in the library", default=False)
    #: For an archive: how many of its files were added, already in the library, refused, pictures, and not music.
    contents = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    #: The message for `error_code`; without a code, a notice about a file that was accepted.
    error = models.CharField("message", max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.offset} of {self.length}"

    @property
    def path(self) -> Path:
        """The file with the bytes received so far. Its name has nothing of the uploaded name."""
        return Path(settings.FILE_UPLOAD_TEMP_DIR, "partial", self.pk.hex)

    @property
    def expires_at(self) -> datetime:
        return self.updated_at + UPLOAD_LIFETIME

    @property
    def is_arriving(self) -> bool:
        """Whether bytes have arrived recently, so that more can be expected."""
        return not self.finished_at and timezone.now() - self.updated_at < UPLOAD_STALLED_AFTER

    @property
    def is_in_progress(self) -> bool:
        """Whether the upload or the analysis of its track is still going on, so that a page should poll it."""
        return self.is_arriving or bool(self.track and not self.track.is_finished)

    @property
    def percent(self) -> int:
        return 100 * self.offset // self.length if self.length else 100
