"""What sounds alike, moods, the map, and a library at large."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.account import UsageSerializer
from library.api.serializers.examples import TRACK, example
from library.api.serializers.tracks import TrackSerializer
from library.selectors.similar import Neighbour

#: How many neighbours are told at most.
MOST = 100


class CountSerializer(serializers.Serializer):
    count = serializers.IntegerField(min_value=1, max_value=MOST, default=25, help_text="How many, at most.")


class PointSerializer(CountSerializer):
    x = serializers.FloatField(min_value=0, max_value=100, help_text="From the left, in percent.")
    y = serializers.FloatField(min_value=0, max_value=100, help_text="From the bottom, in percent.")

    def validate(self, point: dict[str, Any]) -> dict[str, Any]:
        if not (math.isfinite(point["x"]) and math.isfinite(point["y"])):
            raise serializers.ValidationError("There is no such point.")
        return point


@extend_schema_serializer(
    examples=example({"similarity": 0.93, "genre": "blues", "moods": ["mellow"], "track": TRACK})
)
class NeighbourSerializer(serializers.Serializer):
    """A track that sounds like another, and what both have."""

    similarity = serializers.FloatField(help_text="1 is the same sound; above 0.9 is very close.")
    genre = serializers.SerializerMethodField(help_text="The genre that both have; null when they differ.")
    moods = serializers.ListField(
        child=serializers.CharField(), help_text="Moods that both have, the strongest first."
    )
    track = TrackSerializer()

    def get_genre(self, neighbour: Neighbour) -> str | None:
        return neighbour.genre or None


@extend_schema_serializer(examples=example({"name": "mellow", "tracks": 412}))
class MoodSerializer(serializers.Serializer):
    """A mood, and how many of your tracks have it."""

    name = serializers.CharField()
    tracks = serializers.IntegerField()


@extend_schema_serializer(examples=example({"score": 0.97, "track": TRACK}))
class MoodOfTrackSerializer(serializers.Serializer):
    """A track in a mood."""

    score = serializers.FloatField(help_text="The share of music that has less of the mood.")
    track = TrackSerializer()


class PlaceSerializer(serializers.Serializer):
    """A point of the map, in percent."""

    x = serializers.FloatField(help_text="From the left.")
    y = serializers.FloatField(help_text="From the bottom.")


@extend_schema_serializer(
    examples=example(
        {
            "tracks": 3,
            "shown": 3,
            "dots": {
                "blues": [{"x": 41.5, "y": 62.0}, {"x": 40.1, "y": 58.3}],
                "unsure": [{"x": 90.0, "y": 7.5}],
            },
            "edges": {"left": ["mellow"], "right": ["party"], "bottom": [], "top": ["sad"]},
        }
    )
)
class MapSerializer(serializers.Serializer):
    """Your tracks as dots, those that sound alike next to each other."""

    tracks = serializers.IntegerField(help_text="How many have a place on it.")
    shown = serializers.IntegerField(help_text="How many have a dot: of many, a fair sample.")
    dots = serializers.DictField(
        child=PlaceSerializer(many=True), help_text="Dots by genre; those without one under `unsure`."
    )
    edges = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Which moods grow towards `left`, `right`, `bottom` and `top`.",
    )


@extend_schema_serializer(examples=example({"x": 41.5, "y": 62.0, "track": TRACK}))
class TrackOnMapSerializer(PlaceSerializer):
    """A track, and where it is on the map."""

    track = TrackSerializer()


class RecordSerializer(serializers.Serializer):
    """How often the model was right, on tracks that have your word."""

    right = serializers.IntegerField()
    tracks = serializers.IntegerField(help_text="Of so many.")


class LengthSerializer(serializers.Serializer):
    """How many tracks have a length."""

    at_least = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    at_most = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    tracks = serializers.IntegerField()


def counts(help_text: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=help_text)


@extend_schema_serializer(
    examples=example(
        {
            "usage": {"tracks": 3, "bytes": 14437035, "seconds": 643.8, "needs_you": 1},
            "genres": {"blues": 2, "unsure": 1},
            "seconds": {"blues": 429.2, "unsure": 214.6},
            "moods": {"mellow": 2},
            "decades": {"1990": 2},
            "formats": {"mp3": 3},
            "states": {"ready": 3},
            "lengths": [{"at_least": 180, "at_most": 240, "tracks": 3}],
            "sure": {"right": 1, "tracks": 1},
            "unsure": {"right": 0, "tracks": 1},
            "by_genre": {"blues": {"right": 1, "tracks": 2}},
        }
    )
)
class OverviewSerializer(serializers.Serializer):
    """A library at large."""

    usage = UsageSerializer()
    genres = counts("Tracks by the key of the genre that counts, and `unsure`.")
    seconds = serializers.DictField(
        child=serializers.FloatField(), help_text="How long the tracks of each genre are together."
    )
    moods = counts("Tracks that have a mood.")
    decades = counts("Tracks by the first year of their decade; those without a year are left out.")
    formats = counts("Tracks by the format of their file.")
    states = counts("Tracks by `status`.")
    lengths = LengthSerializer(many=True)
    sure = RecordSerializer(help_text="The model's record where it was sure.")
    unsure = RecordSerializer(help_text="That of its first guess where it was not.")
    by_genre = serializers.DictField(
        child=RecordSerializer(), help_text="Its record by what it heard, sure or not."
    )
