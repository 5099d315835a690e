"""Plays of tracks."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import schema_example
from library.api.serializers.tracks import MomentField

EXAMPLE_MOMENT = "2026-03-01T18:20:05Z"


class PlayCreateSerializer(serializers.Serializer):
    """A play to count."""

    played_at = MomentField(
        required=False,
        help_text="When it was played, with its offset from UTC; now, if it is left out. Only the second counts.",
    )


@extend_schema_serializer(
    examples=schema_example({"played_at": EXAMPLE_MOMENT, "play_count": 12, "last_played_at": EXAMPLE_MOMENT})
)
class PlaySerializer(serializers.Serializer):
    """A play, and the track's plays with it."""

    played_at = serializers.DateTimeField(help_text="When it was played, to the second.")
    play_count = serializers.IntegerField(
        source="track.play_count", help_text="How often the track was played."
    )
    last_played_at = serializers.DateTimeField(
        source="track.last_played_at", help_text="When the track was last played."
    )
