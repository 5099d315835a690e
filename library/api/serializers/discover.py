"""Similar tracks, moods, the map, and the overview of a library."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.account import UsageSerializer
from library.api.serializers.examples import EXAMPLE_TRACK, schema_example
from library.api.serializers.tracks import TrackSerializer
from library.selectors.similar import SimilarTrack

#: The most tracks that a request for similar ones returns.
MAX_NEIGHBOURS = 100


class CountSerializer(serializers.Serializer):
    count = serializers.IntegerField(
        min_value=1, max_value=MAX_NEIGHBOURS, default=25, help_text="How many tracks to return at most."
    )


class MapPointQuerySerializer(CountSerializer):
    x = serializers.FloatField(
        min_value=0, max_value=100, help_text="Distance from the left edge, in percent."
    )
    y = serializers.FloatField(
        min_value=0, max_value=100, help_text="Distance from the bottom edge, in percent."
    )

    def validate(self, point: dict[str, Any]) -> dict[str, Any]:
        if not (math.isfinite(point["x"]) and math.isfinite(point["y"])):
            raise serializers.ValidationError("This is not a point of the map.")
        return point


@extend_schema_serializer(
    examples=schema_example(
        {"similarity": 0.93, "genre": "blues", "moods": ["mellow"], "track": EXAMPLE_TRACK}
    )
)
class NeighbourSerializer(serializers.Serializer):
    """A track that sounds like another, and what the two share."""

    similarity = serializers.FloatField(
        help_text="How alike they sound: 1 is identical, above 0.9 very close."
    )
    genre = serializers.SerializerMethodField(help_text="The genre of both; null when their genres differ.")
    moods = serializers.ListField(
        child=serializers.CharField(), help_text="The moods of both, the strongest first."
    )
    track = TrackSerializer()

    def get_genre(self, neighbour: SimilarTrack) -> str | None:
        return neighbour.genre or None


@extend_schema_serializer(examples=schema_example({"name": "mellow", "tracks": 412}))
class MoodSerializer(serializers.Serializer):
    """A mood, and how many of your tracks have it."""

    name = serializers.CharField(help_text="The name of the mood.")
    tracks = serializers.IntegerField(help_text="How many of your tracks have it.")


@extend_schema_serializer(examples=schema_example({"score": 0.97, "track": EXAMPLE_TRACK}))
class MoodTrackSerializer(serializers.Serializer):
    """A track that has a mood."""

    score = serializers.FloatField(
        help_text="How strong the mood is: the share of all music that has less of it, 0 to 1."
    )
    track = TrackSerializer()


class MapPointSerializer(serializers.Serializer):
    """A point of the map, in percent of its width and height."""

    x = serializers.FloatField(help_text="Distance from the left edge.")
    y = serializers.FloatField(help_text="Distance from the bottom edge.")


@extend_schema_serializer(
    examples=schema_example(
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
    """The map: your tracks as dots, tracks that sound alike close together."""

    tracks = serializers.IntegerField(help_text="How many tracks are on the map.")
    shown = serializers.IntegerField(
        help_text="How many dots are shown: in a large library, a random sample."
    )
    dots = serializers.DictField(
        child=MapPointSerializer(many=True),
        help_text="The dots by genre; those of tracks without one under `unsure`.",
    )
    edges = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="The moods that grow towards each edge: `left`, `right`, `bottom` and `top`.",
    )


@extend_schema_serializer(examples=schema_example({"x": 41.5, "y": 62.0, "track": EXAMPLE_TRACK}))
class TrackOnMapSerializer(MapPointSerializer):
    """A track, and its point on the map."""

    track = TrackSerializer()


class AccuracySerializer(serializers.Serializer):
    """How often the model was right, over tracks that have your verdict."""

    right = serializers.IntegerField(help_text="On how many tracks it was right.")
    tracks = serializers.IntegerField(help_text="How many tracks there are.")


class LengthBinSerializer(serializers.Serializer):
    """How many tracks have a length in this range."""

    at_least = serializers.IntegerField(
        allow_null=True, help_text="From here, in seconds; null for no bound."
    )
    at_most = serializers.IntegerField(
        allow_null=True, help_text="Up to here, in seconds, and not this length itself; null for no bound."
    )
    tracks = serializers.IntegerField(help_text="How many tracks there are.")


def counts_field(help_text: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=help_text)


@extend_schema_serializer(
    examples=schema_example(
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
    """Figures of your whole library."""

    usage = UsageSerializer()
    genres = counts_field("How many tracks each genre has, by its key; those without one under `unsure`.")
    seconds = serializers.DictField(
        child=serializers.FloatField(), help_text="How many seconds the tracks of each genre play together."
    )
    moods = counts_field("How many tracks each mood has.")
    decades = counts_field(
        "How many tracks each decade has, by its first year; tracks without a year are left out."
    )
    formats = counts_field("How many tracks each file format has.")
    states = counts_field("How many tracks each `status` has.")
    lengths = LengthBinSerializer(many=True)
    sure = AccuracySerializer(help_text="The model's accuracy where it was sure.")
    unsure = AccuracySerializer(help_text="The accuracy of its first guess where it was not sure.")
    by_genre = serializers.DictField(
        child=AccuracySerializer(), help_text="Its accuracy by predicted genre, sure or not."
    )
