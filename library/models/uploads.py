"""Files on their way into the library, and how those of the last day fared."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from library.models.people import User
from library.models.tracks import Track

#: After this long without news, an upload is forgotten: its row, and the bytes of one that was never finished.
UPLOAD_LIFETIME = timedelta(days=1)
#: Bytes come in pieces; when the last piece is older than this, they have probably stopped coming.
UPLOAD_STALLED_AFTER = timedelta(minutes=2)


class PartialUpload(models.Model):
    """A file on its way. Its bytes wait in the upload folder until the last has come.

    Then the row stays for a day, to tell what became of it: a track, a twin that was here already, a
    refusal, or the contents of an archive (its entries have rows of their own).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="partial_uploads")
    archive = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="entries"
    )
    name = models.CharField("file name", max_length=255)
    length = models.PositiveBigIntegerField("size in bytes, when complete")
    offset = models.PositiveBigIntegerField("bytes that have come", default=0)
    track = models.ForeignKey(Track, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    duplicate = models.BooleanField("the file was here already", default=False)
    #: How many entries of an archive were added, known already, and refused; null for a file that is none.
    contents = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    #: Or, without a code, what is to be said of a file that was taken.
    error = models.CharField("that, as it was said", max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.offset} of {self.length}"

    @property
    def path(self) -> Path:
        """Where the bytes wait. Nothing of the uploaded name is in it."""
        return Path(settings.FILE_UPLOAD_TEMP_DIR, "partial", self.pk.hex)

    @property
    def expires_at(self) -> datetime:
        return self.updated_at + UPLOAD_LIFETIME

    @property
    def is_arriving(self) -> bool:
        """Whether bytes have come a moment ago, so that the next are to be expected."""
        return not self.finished_at and timezone.now() - self.updated_at < UPLOAD_STALLED_AFTER

    @property
    def is_in_progress(self) -> bool:
        """Whether what a page says of it may soon be otherwise."""
        return self.is_arriving or bool(self.track and not self.track.is_finished)

    @property
    def percent(self) -> int:
        return 100 * self.offset // self.length if self.length else 100
