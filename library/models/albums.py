"""Artists and albums: rows that are derived from the names on tracks, and the covers of albums and tracks."""

from __future__ import annotations

import secrets
import uuid

from django.db import models

from classifier.cover_process import COVER_SIZES as COVER_SIZES
from library.addresses import reverse_row
from library.models.people import User

#: The longest name of an artist or an album, and the longest key that a name can have (`library.text.name_key`).
TITLE_LENGTH = 255
TITLE_KEY_LENGTH = 3 * TITLE_LENGTH
#: How many characters of a name are sorted by. Four bytes each fit into an index.
SORT_LENGTH = 255


def cover_name(cover: Cover, filename: str) -> str:
    """A storage key for one picture of a cover: it cannot be guessed, and what it refers to never changes."""
    folder = cover.pk.hex
    return f"covers/{folder[:2]}/{folder}/{secrets.token_hex(8)}.webp"


class Cover(models.Model):
    """A picture, as WebP in three sizes. One picture is stored once per owner, for however many albums and tracks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The constraint below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covers", db_index=False)
    sha256 = models.CharField("SHA-256 of the picture as it was found", max_length=64)
    small = models.FileField(upload_to=cover_name, max_length=200)
    medium = models.FileField(upload_to=cover_name, max_length=200)
    large = models.FileField(upload_to=cover_name, max_length=200)
    #: Colours for pages, taken from the picture: {"background": "#rrggbb", "accent": "#rrggbb"}.
    colours = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Since when nothing shows it; it is deleted some time later (`services.covers.covers_expire`).
    unused_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="one_cover_per_picture")]
        indexes = [
            models.Index(
                fields=["unused_since"],
                condition=models.Q(unused_since__isnull=False),
                name="unused_covers",
            ),
        ]

    def __str__(self) -> str:
        return f"Cover {self.pk}"


class Artist(models.Model):
    """An artist of a person's library. `key` is the name as names are compared: one key, one artist.

    Kept by `services.albums`; an artist without tracks and albums is deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The constraint below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="artists", db_index=False)
    name = models.CharField(max_length=TITLE_LENGTH)
    key = models.CharField(max_length=TITLE_KEY_LENGTH, editable=False)
    sort_name = models.CharField(max_length=SORT_LENGTH, editable=False)
    #: The artist's MusicBrainz id, if a file says it.
    mbid = models.CharField(max_length=36, blank=True)
    starred_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["sort_name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_artist_per_name")]
        indexes = [
            models.Index(fields=["owner", "sort_name", "id"], name="artists_by_name"),
            models.Index(
                fields=["owner", "-starred_at"],
                condition=models.Q(starred_at__isnull=False),
                name="starred_artists",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse_row("artist", self.pk)


class Album(models.Model):
    """An album of a person's library: one MusicBrainz release, or else one title of one album artist.

    Kept by `services.albums`; an album without tracks, also in the bin, is deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Several of the indexes below begin with the owner.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="albums", db_index=False)
    title = models.CharField(max_length=TITLE_LENGTH)
    key = models.CharField(max_length=TITLE_KEY_LENGTH, editable=False)
    sort_title = models.CharField(max_length=SORT_LENGTH, editable=False)
    #: The album artist. No row for albums of various artists.
    artist = models.ForeignKey(
        Artist, on_delete=models.RESTRICT, null=True, blank=True, related_name="albums", db_index=False
    )
    #: The MusicBrainz id of the release, if the files say it.
    mbid = models.CharField(max_length=36, blank=True)
    compilation = models.BooleanField("of various artists", default=False)
    #: The year that most of its tracks name; the original year where they have one.
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    cover = models.ForeignKey(
        Cover, on_delete=models.SET_NULL, null=True, blank=True, related_name="albums", db_index=False
    )
    #: Whether the owner has chosen the cover: then no file's picture replaces it.
    cover_chosen = models.BooleanField(default=False)
    starred_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["sort_title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "artist", "key"],
                condition=models.Q(mbid="", artist__isnull=False),
                name="one_album_per_title",
            ),
            models.UniqueConstraint(
                fields=["owner", "key"],
                condition=models.Q(mbid="", artist__isnull=True),
                name="one_compilation_per_title",
            ),
            models.UniqueConstraint(
                fields=["owner", "mbid"], condition=~models.Q(mbid=""), name="one_album_per_release"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "sort_title", "id"], name="albums_by_title"),
            models.Index(fields=["owner", "-created_at", "-id"], name="albums_newest_first"),
            models.Index(fields=["owner", "year", "sort_title", "id"], name="albums_by_year"),
            models.Index(fields=["artist", "year", "id"], name="albums_of_an_artist"),
            models.Index(fields=["cover"], name="albums_of_a_cover"),
            models.Index(
                fields=["owner", "-starred_at"],
                condition=models.Q(starred_at__isnull=False),
                name="starred_albums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artist} – {self.title}" if self.artist_id else self.title

    def get_absolute_url(self) -> str:
        return reverse_row("album", self.pk)


class TrackArtist(models.Model):
    """An artist of a track. A track has several if its file names them one by one, in this order."""

    # The constraint and the index below begin with these columns.
    track = models.ForeignKey("Track", on_delete=models.CASCADE, related_name="track_artists", db_index=False)
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, related_name="track_artists", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["track", "artist"], name="one_artist_each")]
        indexes = [models.Index(fields=["artist", "track"], name="tracks_of_an_artist")]

    def __str__(self) -> str:
        return f"{self.artist} on {self.track}"
