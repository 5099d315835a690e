"""Whether a track's original is still what was uploaded."""

from __future__ import annotations

from django.db import models

from library.models.tracks import Track


class FileCheck(models.Model):
    """When a track's original was last compared with its row, and what is wrong with it.

    A table of its own: a check changes nothing about the track. Originals are hashed when they arrive, so a track
    without a row has not been checked since then.
    """

    class Damage(models.TextChoices):
        """How an original differs from what was uploaded."""

        MISSING = "missing", "It is missing on the server."
        SIZE = "size", "It no longer has the size that it had when it was uploaded."
        CONTENT = "content", "Its content is no longer what was uploaded."

    track = models.OneToOneField(Track, on_delete=models.CASCADE, primary_key=True, related_name="file_check")
    #: When the whole file was last read, without an error of the storage.
    checked_at = models.DateTimeField(null=True, blank=True)
    damage = models.CharField(max_length=10, choices=Damage, blank=True)
    #: When the damage was found.
    damaged_at = models.DateTimeField(null=True, blank=True)
    #: Until then, a worker is reading the file.
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["checked_at"], name="checked_longest_ago"),
            models.Index(fields=["damage"], condition=~models.Q(damage=""), name="damaged_originals"),
        ]

    def __str__(self) -> str:
        return self.get_damage_display() or f"checked {self.checked_at}"
