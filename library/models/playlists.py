"""Playlists: tracks in a chosen order, or a saved search."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from library.models.people import User
from library.models.tracks import Track

#: Enough for a search for the longest text whose every character takes twelve in a URL.
QUERY_LENGTH = 4000
#: The longest name: in characters as people count them, and in those of Unicode.
PLAYLIST_NAME_LENGTH, PLAYLIST_NAME_ROOM = 80, 400


class Playlist(models.Model):
    """Tracks in a chosen order; or, if `smart`, whatever the search in `query` finds at the moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="playlists")
    name = models.CharField(max_length=PLAYLIST_NAME_ROOM)
    smart = models.BooleanField("saved search", default=False)
    query = models.CharField("search, as a query string", max_length=QUERY_LENGTH, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    tracks = models.ManyToManyField(Track, through="PlaylistItem", related_name="playlists")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("playlist", args=[self.pk])


class PlaylistItem(models.Model):
    """A track in a playlist. The same track may be there more than once."""

    # The index below serves the playlist, too.
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="items", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="playlist_items")
    #: Only the order matters; gaps are allowed.
    position = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["playlist", "position"], name="in_order")]

    def __str__(self) -> str:
        return f"{self.position}: {self.track}"
