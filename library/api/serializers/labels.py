"""Genres and tags."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import schema_example
from library.api.serializers.names import NameField
from library.models import Genre, Tag
from library.models.genres import HUES


@extend_schema_serializer(examples=schema_example({"name": "late night"}))
class TagNameSerializer(serializers.Serializer):
    """The name of a tag."""

    name = NameField(
        help_text="Up to 40 characters, as people count them. Case makes no difference. Accents make none when "
        "exactly one of your tags has the name but for them, and none has it as it is."
    )


class TagSerializer(serializers.ModelSerializer):
    """One of your tags."""

    # The service decides which names are the same.
    name = NameField()
    hue = serializers.IntegerField(
        min_value=0,
        max_value=HUES - 1,
        required=False,
        help_text="Its colour, as the number of one of twelve hues.",
    )
    coloured = serializers.BooleanField(
        required=False,
        help_text="Whether you have chosen the colour. Otherwise pages show the tag without one. "
        "Setting `hue` makes it true.",
    )
    tracks = serializers.IntegerField(
        source="track_count", read_only=True, help_text="How many of your tracks have it."
    )

    class Meta:
        model = Tag
        fields = ["id", "name", "hue", "coloured", "tracks"]


class GenreChoiceSerializer(serializers.Serializer):
    """A genre that your tracks can have."""

    key = serializers.CharField(help_text="What tracks and filters refer to it by. It never changes.")
    name = serializers.CharField(help_text="What people read.")
    own = serializers.BooleanField(
        help_text="Whether it is one of your own, rather than one of the built-in genres."
    )
    tracks = serializers.IntegerField(help_text="How many of your tracks have it.")


class OwnGenreSerializer(serializers.ModelSerializer):
    """The name of a genre of your own."""

    name = NameField()

    class Meta:
        model = Genre
        fields = ["name"]
