"""Tags, rejected tag suggestions, and the moods that a model predicts."""

from __future__ import annotations

from django.db import models

from library.models.people import User
from library.models.tracks import NAME_ROOM, Track

#: From this score on a track counts as having a mood: a quarter of all music scores higher.
MOOD_THRESHOLD = 0.75

#: The longest key of a tag. `name_key` makes at most three characters of one; keys of earlier versions were longer.
KEY_LENGTH = 720


class Tag(models.Model):
    """A person's tag. `key` is `name_key` of its name: tags with the same key are the same tag."""

    # The constraint below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=NAME_ROOM)
    key = models.CharField(max_length=KEY_LENGTH, editable=False)
    #: Its name as it is searched and sorted.
    search_text = models.TextField(blank=True, editable=False)
    hue = models.PositiveSmallIntegerField("colour", default=0)
    coloured = models.BooleanField("whether its owner has chosen the colour", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    tracks = models.ManyToManyField(Track, through="Tagging", related_name="tags")

    class Meta:
        ordering = ["search_text", "key"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def css(self) -> str:
        """The class of its colour; without one that its owner has chosen, a tag is neutral."""
        return f"hue-{self.hue}" if self.coloured else "hue-none"


class Tagging(models.Model):
    """A tag on a track, from its owner, or set by Earmark itself."""

    # The index and the constraint below begin with these columns.
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    #: What is taught, if Earmark has set the tag by it; such a tag teaches nothing, and goes when it is switched off.
    concept = models.ForeignKey(
        "Concept", on_delete=models.CASCADE, null=True, related_name="taggings", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["tag__search_text", "tag__key"]
        constraints = [models.UniqueConstraint(fields=["track", "tag"], name="one_tagging_each")]
        indexes = [
            models.Index(fields=["tag", "track"], name="tracks_of_a_tag"),
            models.Index(
                fields=["concept", "track"],
                condition=models.Q(concept__isnull=False),
                name="set_by_a_concept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tag} on {self.track}"


class TagRejection(models.Model):
    """A tag suggestion that was rejected, and is not made again for this track."""

    # The constraint below serves the track, too.
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="rejections", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "key"], name="one_rejection_each")]
        indexes = [models.Index(fields=["key", "track"], name="rejections_of_a_tag")]

    def __str__(self) -> str:
        return f"{self.key} not on {self.track}"


class Mood(models.Model):
    """A mood's score in a track's current prediction. Stations and the map read these rows."""

    # The indexes below begin with these columns.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="moods", db_index=False)
    name = models.CharField(max_length=30)
    score = models.FloatField(help_text="From 0 to 1: the share of all music that has less of this mood.")

    class Meta:
        ordering = ["-score"]
        constraints = [models.UniqueConstraint(fields=["track", "name"], name="one_score_per_mood")]
        indexes = [models.Index(fields=["owner", "name", "-score"], name="most_of_a_mood")]

    def __str__(self) -> str:
        return f"{self.name} {self.score:.2f}"
