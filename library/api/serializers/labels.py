"""Genres and tags."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import schema_example
from library.models import Genre, Tag
from library.models.genres import HUES


@extend_schema_serializer(examples=schema_example({"name": "late night"}))
class TagNameSerializer(serializers.Serializer):
    """The name of a tag."""

    name = serializers.CharField(
        max_length=40, help_text="Names that differ only in case or accents are the same tag."
    )


class TagSerializer(serializers.ModelSerializer):
    """One of your tags."""

    hue = serializers.IntegerField(
        min_value=0,
        max_value=HUES - 1,
        required=False,
        help_text="Its colour, as the number of one of twelve hues.",
    )
    tracks = serializers.IntegerField(
        source="track_count", read_only=True, help_text="How many of your tracks have it."
    )

    class Meta:
        model = Tag
        fields = ["id", "name", "hue", "tracks"]
        # Not the model's validators: the service decides which names are the same.
        extra_kwargs: dict[str, Any] = {"name": {"validators": [], "max_length": 40}}


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

    class Meta:
        model = Genre
        fields = ["name"]
