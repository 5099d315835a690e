"""What a person's players share: the play queue, and what is being played."""

from __future__ import annotations

from django.db import models

from library.models.people import User
from library.models.tracks import Track

#: The longest name of a player that is kept.
PLAYER_NAME_LENGTH = 60


class PlayQueue(models.Model):
    """A person's one play queue, to go on with on another player, and the track that a player has said it plays."""

    owner = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="play_queue")
    #: The ids of its tracks in their order. A track may come several times; those that are gone stay named.
    track_ids = models.JSONField(default=list, blank=True)
    #: The place in `track_ids` at which it is, from 0.
    current = models.PositiveIntegerField(null=True, blank=True)
    position_ms = models.PositiveBigIntegerField("position in that track, in milliseconds", default=0)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.CharField("player", max_length=PLAYER_NAME_LENGTH, blank=True)

    playing = models.ForeignKey(
        Track, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    playing_since = models.DateTimeField(null=True, blank=True)
    playing_by = models.CharField("player", max_length=PLAYER_NAME_LENGTH, blank=True)

    def __str__(self) -> str:
        return f"{len(self.track_ids)} tracks"
