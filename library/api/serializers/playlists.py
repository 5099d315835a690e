"""What the API says about playlists."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from library.api.serializers.tracks import TrackSerializer
from library.models import Playlist
from library.models.playlists import QUERY_LENGTH


class PlaylistSerializer(serializers.ModelSerializer):
    """Tracks in an order of yours; or, with a query, whatever that search finds."""

    smart = serializers.BooleanField(read_only=True, help_text="Whether it is a saved search.")
    query = serializers.CharField(
        max_length=QUERY_LENGTH,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        help_text="The search, as in the address of the list of tracks; empty for a plain playlist. It stays as it is.",
    )

    class Meta:
        model = Playlist
        fields = ["id", "name", "smart", "query", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class PlaylistNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Playlist
        fields = ["name"]


class PlaylistItemSerializer(serializers.Serializer):
    """A track in its place."""

    id = serializers.IntegerField(
        allow_null=True, help_text="Names the place, for moving and removing; null in a saved search."
    )
    track = TrackSerializer()


class PlaylistAppendSerializer(serializers.Serializer):
    tracks: Any = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=500,
        help_text="Ids, in the order they get. Those that are in it already are skipped.",
    )


class PlaylistMoveSerializer(serializers.Serializer):
    position = serializers.IntegerField(
        min_value=0, max_value=10**9, help_text="Before so many of the others; beyond the end is the end."
    )
