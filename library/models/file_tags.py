"""The tags in files, kept apart from what owners edit."""

from __future__ import annotations

from django.db import models

from library.models.tracks import Track


class FileTags(models.Model):
    """The tags in a track's file, as the latest analysis read them. Editing the track never changes them."""

    track = models.OneToOneField(Track, on_delete=models.CASCADE, primary_key=True, related_name="file_tags")
    title = models.CharField(max_length=255, blank=True)
    artist = models.CharField(max_length=255, blank=True)
    album = models.CharField(max_length=255, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    genre = models.CharField(max_length=255, blank=True)
    album_artist = models.CharField(max_length=255, blank=True)
    disc_number = models.PositiveSmallIntegerField(null=True, blank=True)
    disc_total = models.PositiveSmallIntegerField(null=True, blank=True)
    track_number = models.PositiveSmallIntegerField(null=True, blank=True)
    track_total = models.PositiveSmallIntegerField(null=True, blank=True)
    original_year = models.PositiveSmallIntegerField(null=True, blank=True)
    compilation = models.BooleanField(default=False)
    artist_names = models.JSONField(default=list, blank=True)
    musicbrainz = models.JSONField("MusicBrainz ids", default=dict, blank=True)
    #: Every tag that could be read: {name: [value, …]}.
    values = models.JSONField(default=dict, blank=True)
    #: SHA-256 of the picture that is the cover; "" if the file has none; null if nobody has looked for one yet.
    picture = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    #: Which version of the reader read them: the upgrade pass reads again what an older one has read.
    reader_version = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "file tags"
        indexes = [
            models.Index(
                fields=["track"], condition=models.Q(picture__isnull=True), name="pictures_not_looked_for"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artist} – {self.title}" if self.artist else self.title
