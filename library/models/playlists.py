"""Playlists: tracks in an order, or a saved search."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from library.models.people import User
from library.models.tracks import Track

#: Room for a search of the longest words that all take twelve characters in an address.
QUERY_LENGTH = 4000


class Playlist(models.Model):
    """Tracks somebody put in an order; or, when it has a query, whatever that search finds today."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="playlists")
    name = models.CharField(max_length=80)
    smart = models.BooleanField("a saved search", default=False)
    query = models.CharField("the search, as in the library's address", max_length=QUERY_LENGTH, blank=True)
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
    """A track's place in a playlist. The same track may have several."""

    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, related_name="items")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="playlist_items")
    #: Only the order matters; gaps are allowed.
    position = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["playlist", "position"], name="in_order")]

    def __str__(self) -> str:
        return f"{self.position}: {self.track}"
