"""Tombstones of deleted tracks, for API clients that mirror a library."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from library.models.people import User


class TrackDeletion(models.Model):
    """A track that went to the bin or was deleted permanently. Restoring the track removes the row."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    track_id = models.UUIDField()
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "track_id"], name="one_tombstone_each")]
        indexes = [
            models.Index(fields=["owner", "deleted_at", "track_id"], name="deletions_in_order"),
            models.Index(fields=["deleted_at"], name="oldest_deletions"),
        ]

    def __str__(self) -> str:
        return f"{self.track_id}, {self.deleted_at:%Y-%m-%d %H:%M}"
