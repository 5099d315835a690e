"""Playlists and their tracks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from library.api.serializers.names import NameField
from library.api.serializers.tracks import TrackSerializer
from library.models import Playlist
from library.models.playlists import PLAYLIST_NAME_LENGTH, PLAYLIST_NAME_ROOM, QUERY_LENGTH


class PlaylistSerializer(serializers.ModelSerializer):
    """A playlist: tracks in an order of your choice, or, with a `query`, a saved search."""

    name = NameField(characters=PLAYLIST_NAME_LENGTH, max_length=PLAYLIST_NAME_ROOM)
    smart = serializers.BooleanField(read_only=True, help_text="Whether it is a saved search.")
    query = serializers.CharField(
        max_length=QUERY_LENGTH,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        help_text="The search, as in the URL of the list of tracks; empty for a plain playlist.",
    )

    class Meta:
        model = Playlist
        fields = ["id", "name", "smart", "query", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class PlaylistChangeSerializer(serializers.Serializer):
    """What shall become of a playlist: its name, the search of a saved search, or both."""

    name = NameField(characters=PLAYLIST_NAME_LENGTH, max_length=PLAYLIST_NAME_ROOM, required=False)
    query = serializers.CharField(
        max_length=QUERY_LENGTH,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        help_text="What a saved search shall find from now on.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"name": "Send a name, a query, or both."}, code="required")
        return attrs


class PlaylistItemSerializer(serializers.Serializer):
    """An entry of a playlist."""

    id = serializers.IntegerField(
        allow_null=True, help_text="The id of the entry, for moving and removing it; null in a saved search."
    )
    track = TrackSerializer()


class PlaylistAppendSerializer(serializers.Serializer):
    """Tracks to add to a playlist."""

    tracks: Any = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=500,
        help_text="The ids of the tracks, in order. Tracks that are in the playlist already are skipped.",
    )


class PlaylistMoveSerializer(serializers.Serializer):
    """Where to move an entry of a playlist."""

    position = serializers.IntegerField(
        min_value=0,
        max_value=10**9,
        help_text="The new position, counted from 0; values past the end move it to the end.",
    )
