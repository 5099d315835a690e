"""What people say about genres: own genres, verdicts, and acts on many tracks at once."""

from __future__ import annotations

import uuid

from django.db import models

from library.models.people import User
from library.models.tracks import GENRE_LENGTH, Track

#: How many colours own genres and tags share; `static/css/earmark.css` has one class for each.
HUES = 12


class Genre(models.Model):
    """A genre of somebody's own, beside the ten.

    Tracks and verdicts name it by its key, which never changes; so a genre can be renamed without touching
    them. One that was deleted or merged is only retired: history still has its name, and an undo revives it.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="genres")
    key = models.CharField(max_length=GENRE_LENGTH, editable=False)
    name = models.CharField(max_length=40)
    hue = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_genre_per_key")]

    def __str__(self) -> str:
        return self.name


class BulkAction(models.Model):
    """Something that was done to many tracks at once, so that it can be undone at once.

    Which tracks it is about is fixed when it is asked for: `targets`, rows of their own.
    """

    class Kind(models.TextChoices):
        GENRE = "genre", "Genre set"
        TAG = "tag", "Tagged"
        UNTAG = "untag", "Tag removed"
        MERGE = "merge", "Tags merged"
        PLAYLIST_ADD = "playlist", "Added to a playlist"
        PLAYLIST_DELETE = "unlist", "Playlist deleted"
        PLAYLIST_REMOVE = "take_out", "Taken out of a playlist"
        DELETE = "delete", "Moved to the bin"
        PURGE = "purge", "Deleted for good"
        ANALYSE = "analyse", "Analysed again"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "At work"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_actions")
    kind = models.CharField(max_length=10, choices=Kind)
    summary = models.CharField("what was done", max_length=200)
    #: What doing and undoing it needs to know besides the tracks: which genre, tag or playlist.
    data = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DONE)
    #: How many tracks it is about; on how many it was done; how many were left as they were.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    error = models.CharField("why it failed", max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("last sign of life", auto_now=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="acts_of_a_person"),
            models.Index(
                fields=["status", "updated_at"],
                condition=models.Q(status__in=["queued", "running"]),
                name="acts_in_work",
            ),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something to undo, and a way to do it."""
        leaves_nothing = self.kind in (self.Kind.ANALYSE, self.Kind.PURGE)
        return self.is_finished and not self.undone_at and not leaves_nothing


class Verdict(models.Model):
    """Somebody's word on a track's genre. The latest that was not undone is the owner's word.

    Rows are never changed but for `undone_at`: together they are the track's history.
    """

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="verdicts")
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="verdicts")
    before = models.CharField("genre that counted before", max_length=GENRE_LENGTH, blank=True)
    genre = models.CharField("genre said; empty takes one's word back", max_length=GENRE_LENGTH, blank=True)
    #: What the current model would have said, so that agreement can be counted later.
    heard = models.CharField("most probable genre then", max_length=GENRE_LENGTH, blank=True)
    sure = models.BooleanField("whether the model was sure of it", default=False)
    bulk_action = models.ForeignKey(
        BulkAction, on_delete=models.SET_NULL, null=True, blank=True, related_name="verdicts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["track", "-id"], name="verdicts_of_a_track")]

    def __str__(self) -> str:
        return f"{self.before or 'nothing'} → {self.genre or 'nothing'}"
