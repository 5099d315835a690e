"""Changes of many tracks at once, and the tracks that each is about."""

from __future__ import annotations

import uuid

from django.db import models

from library.models.people import User
from library.models.tracks import Track


class BulkAction(models.Model):
    """A change of many tracks at once, which can be undone at once.

    Its tracks are fixed when it is requested: they are rows of their own, `targets`.
    """

    class Kind(models.TextChoices):
        GENRE = "genre", "Genre set"
        TAG = "tag", "Tagged"
        UNTAG = "untag", "Tag removed"
        MERGE = "merge", "Tags merged"
        PLAYLIST_ADD = "playlist", "Added to a playlist"
        PLAYLIST_DELETE = "unlist", "Playlist deleted"
        PLAYLIST_REMOVE = "take_out", "Removed from a playlist"
        DELETE = "delete", "Moved to the bin"
        PURGE = "purge", "Deleted permanently"
        ANALYSE = "analyse", "Analysed again"
        STAR = "star", "Starred"
        UNSTAR = "unstar", "Star removed"
        RATE = "rate", "Rated"
        NAMES = "names", "Artist or album changed"
        EDIT = "edit", "Tracks edited"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_actions")
    kind = models.CharField(max_length=10, choices=Kind)
    summary = models.CharField(max_length=200)
    #: What doing and undoing it needs besides the tracks: which genre, tag or playlist.
    data = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DONE)
    #: The number of its tracks; how many were changed; how many were left unchanged.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("last progress", auto_now=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    #: How many tracks its undo has been through; and when that last got on, None unless it is under way.
    undone = models.PositiveIntegerField(default=0)
    undo_progress_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="acts_of_a_person"),
            models.Index(
                fields=["status", "updated_at"],
                condition=models.Q(status__in=["queued", "running"]),
                name="acts_in_work",
            ),
            models.Index(
                fields=["undo_progress_at"],
                condition=models.Q(undo_progress_at__isnull=False),
                name="undos_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def can_be_undone(self) -> bool:
        """Whether an undo is possible and has not been made yet."""
        leaves_nothing = self.kind in (self.Kind.ANALYSE, self.Kind.PURGE)
        return self.is_finished and not self.undone_at and not leaves_nothing


class BulkActionTrack(models.Model):
    """One track of a bulk action, and what became of it. The ids keep the order of the tracks."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Left unchanged"
        UNDONE = "undone", "Undone"

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="targets", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    #: What an undo needs to know about this track and cannot find in another row.
    before = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["action", "state", "id"], name="targets_by_state")]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.state}"
