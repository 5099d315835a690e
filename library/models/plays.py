"""When tracks were played."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from library.models.people import User
from library.models.tracks import Track

#: No play is older: a clock that says so was never set.
FIRST_PLAY = datetime(2000, 1, 1, tzinfo=UTC)
#: How many plays of a track are kept. Nobody hears that many; it keeps exports readable.
MAX_PLAYS = 100_000


class Play(models.Model):
    """A track was played. `Track.play_count` and `Track.last_played_at` follow from these rows."""

    # The constraint and the index below begin with these columns.
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="plays", db_index=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: To the second: the same play, told twice, is one row.
    played_at = models.DateTimeField()

    class Meta:
        ordering = ["-played_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["track", "played_at"], name="one_play_per_moment")]
        indexes = [models.Index(fields=["owner", "-played_at"], name="plays_of_an_owner")]

    def __str__(self) -> str:
        return f"{self.track}, {self.played_at:%Y-%m-%d %H:%M}"
