"""Albums, artists and covers."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from library.addresses import reverse_cover
from library.api.serializers.examples import (
    EXAMPLE_ALBUM,
    EXAMPLE_ALBUM_ID,
    EXAMPLE_ARTIST,
    EXAMPLE_ID,
    schema_example,
)
from library.models import Album, Artist
from library.models.albums import COVER_SIZES, TITLE_LENGTH
from library.selectors import AlbumTotals, ArtistTotals

#: How many albums or artists one request may merge.
MAX_MERGED = 100


class ArtistNameSerializer(serializers.ModelSerializer):
    """An artist's name, and the id by which to ask for more."""

    class Meta:
        model = Artist
        fields = ["id", "name"]
        read_only_fields = fields


class CoverUrlsSerializer(serializers.Serializer):
    """Where the pictures of a cover are: square WebP, never enlarged. Such a URL never shows another picture."""

    small = serializers.URLField(help_text=f"The picture of up to {COVER_SIZES['small']} pixels.")
    medium = serializers.URLField(help_text=f"The picture of up to {COVER_SIZES['medium']} pixels.")
    large = serializers.URLField(help_text=f"The picture of up to {COVER_SIZES['large']} pixels.")


def cover_payload(cover_id: UUID | None, request: Request) -> dict[str, str] | None:
    """A cover as `CoverUrlsSerializer` describes it; None without one."""
    if cover_id is None:
        return None
    return {
        size: request.build_absolute_uri(reverse_cover(cover_id, size, "v1:cover")) for size in COVER_SIZES
    }


class StarredSerializer(serializers.ModelSerializer):
    """What albums and artists have in common."""

    starred = serializers.SerializerMethodField(help_text="Whether you have given it a star.")
    musicbrainz = serializers.SerializerMethodField(
        help_text="The MusicBrainz id that the files name; null when they name none."
    )

    def get_starred(self, row: Album | Artist) -> bool:
        return row.starred_at is not None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_musicbrainz(self, row: Album | Artist) -> str | None:
        return row.mbid or None


@extend_schema_serializer(examples=schema_example(EXAMPLE_ALBUM))
class AlbumSerializer(StarredSerializer):
    """An album: one release, or one title of one album artist. It follows from what its tracks say."""

    url = serializers.HyperlinkedIdentityField(view_name="album-detail", help_text="This album in the API.")
    artist = ArtistNameSerializer(
        allow_null=True, help_text="The album artist; null for an album of various artists."
    )
    cover = serializers.SerializerMethodField(help_text="Its cover; null without one.")
    track_count = serializers.SerializerMethodField(help_text="How many tracks of it are in your library.")
    duration = serializers.SerializerMethodField(help_text="How long these are together, in seconds.")

    class Meta:
        model = Album
        fields = [
            *("id", "url", "title", "artist", "compilation", "year", "cover", "starred", "starred_at"),
            *("track_count", "duration", "musicbrainz", "created_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(CoverUrlsSerializer(allow_null=True))
    def get_cover(self, album: Album) -> dict[str, str] | None:
        return cover_payload(album.cover_id, self.context["request"])

    def get_track_count(self, album: Album) -> int:
        return self._totals(album).tracks

    def get_duration(self, album: Album) -> float:
        return self._totals(album).seconds

    def _totals(self, album: Album) -> AlbumTotals:
        totals: dict[UUID, AlbumTotals] = self.context["totals"]
        return totals.get(album.pk, AlbumTotals())


@extend_schema_serializer(examples=schema_example(EXAMPLE_ALBUM | {"tracks": [EXAMPLE_ID]}))
class AlbumDetailSerializer(AlbumSerializer):
    """An album with its tracks."""

    tracks = serializers.SerializerMethodField(help_text="The ids of its tracks, by disc and number.")

    class Meta(AlbumSerializer.Meta):
        fields = [*AlbumSerializer.Meta.fields, "tracks"]
        read_only_fields = fields

    def get_tracks(self, album: Album) -> list[UUID]:
        ids: list[UUID] = self.context["tracks"]
        return ids


@extend_schema_serializer(examples=schema_example(EXAMPLE_ARTIST))
class ArtistSerializer(StarredSerializer):
    """An artist of tracks, or of albums."""

    url = serializers.HyperlinkedIdentityField(view_name="artist-detail", help_text="This artist in the API.")
    track_count = serializers.SerializerMethodField(
        help_text="How many tracks of your library are by this artist, or on one of the artist's albums."
    )
    album_count = serializers.SerializerMethodField(help_text="How many albums are by this artist.")

    class Meta:
        model = Artist
        fields = [
            *("id", "url", "name", "starred", "starred_at", "track_count", "album_count"),
            *("musicbrainz", "created_at"),
        ]
        read_only_fields = fields

    def get_track_count(self, artist: Artist) -> int:
        return self._totals(artist).tracks

    def get_album_count(self, artist: Artist) -> int:
        return self._totals(artist).albums

    def _totals(self, artist: Artist) -> ArtistTotals:
        totals: dict[UUID, ArtistTotals] = self.context["totals"]
        return totals.get(artist.pk, ArtistTotals())


@extend_schema_serializer(
    examples=schema_example(EXAMPLE_ARTIST | {"albums": [EXAMPLE_ALBUM_ID], "tracks": [EXAMPLE_ID]})
)
class ArtistDetailSerializer(ArtistSerializer):
    """An artist with albums and tracks."""

    albums = serializers.SerializerMethodField(help_text="The ids of the artist's albums, by year.")
    tracks = serializers.SerializerMethodField(
        help_text=(
            "The ids of the tracks by this artist or on one of the artist's albums: album by album, then those on none."
        )
    )

    class Meta(ArtistSerializer.Meta):
        fields = [*ArtistSerializer.Meta.fields, "albums", "tracks"]
        read_only_fields = fields

    def get_albums(self, artist: Artist) -> list[UUID]:
        ids: list[UUID] = self.context["albums"]
        return ids

    def get_tracks(self, artist: Artist) -> list[UUID]:
        ids: list[UUID] = self.context["tracks"]
        return ids


class AlbumChangeSerializer(serializers.Serializer):
    """What to change about an album. Fields that are left out stay as they are."""

    title = serializers.CharField(required=False, max_length=TITLE_LENGTH, help_text="Its title.")
    artist = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=TITLE_LENGTH,
        help_text="The album artist's name; empty to leave it to the tracks' artists.",
    )
    year = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=9999, help_text="Its year; null for none."
    )
    compilation = serializers.BooleanField(required=False, help_text="Whether it is of various artists.")
    starred = serializers.BooleanField(required=False, help_text="Whether it has a star.")


class ArtistChangeSerializer(serializers.Serializer):
    """What to change about an artist. Fields that are left out stay as they are."""

    name = serializers.CharField(required=False, max_length=TITLE_LENGTH, help_text="The name.")
    starred = serializers.BooleanField(required=False, help_text="Whether the artist has a star.")


class AlbumMergeSerializer(serializers.Serializer):
    """The albums to merge into another."""

    albums = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_MERGED, help_text="The ids of the albums."
    )


class ArtistMergeSerializer(serializers.Serializer):
    """The artists to merge into another."""

    artists = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MAX_MERGED,
        help_text="The ids of the artists.",
    )
