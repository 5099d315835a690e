"""What people say about the genres of tracks."""

from __future__ import annotations

from django.db import models

from library.models.bulk_actions import BulkAction
from library.models.people import User
from library.models.tracks import GENRE_LENGTH, Track


class Verdict(models.Model):
    """One person's verdict on a track's genre. `selectors.verdicts` says which verdict is in force.

    Apart from `undone_at`, rows never change: together they are the track's history.
    """

    # The index below serves the track, too.
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="verdicts", db_index=False)
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="verdicts")
    before = models.CharField("effective genre before", max_length=GENRE_LENGTH, blank=True)
    genre = models.CharField(
        max_length=GENRE_LENGTH, blank=True, help_text="Empty when the person withdraws their verdict."
    )
    #: The model's prediction at that time, so that agreement can be counted later.
    heard = models.CharField("most probable genre at the time", max_length=GENRE_LENGTH, blank=True)
    sure = models.BooleanField("the model was sure", default=False)
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
