"""The tracks that a bulk action is about, fixed when it was asked for."""

from __future__ import annotations

from django.db import models

from library.models.genres import BulkAction
from library.models.tracks import Track


class BulkActionTrack(models.Model):
    """One track of a bulk action, and how far the action got with it. Their ids keep the order of the tracks."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Left as it was"
        UNDONE = "undone", "Undone"

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="targets", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    #: What an undo needs to know about this track and no other row says.
    before = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["action", "state", "id"], name="targets_by_state")]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.state}"
