"""Uploads that come in pieces and may be taken up again."""

from __future__ import annotations

import uuid

from django.db import models

from library.models.people import User
from library.models.tracks import Track


class PartialUpload(models.Model):
    """A file on its way. Its bytes wait in the upload folder until the last has come."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="partial_uploads")
    name = models.CharField("file name", max_length=255)
    length = models.PositiveBigIntegerField("size in bytes, when complete")
    offset = models.PositiveBigIntegerField("bytes that have come", default=0)
    track = models.ForeignKey(Track, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    duplicate = models.BooleanField("the file was here already", default=False)
    error_code = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name}: {self.offset} of {self.length}"
