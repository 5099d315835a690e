"""Words on a genre, and tags."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import ID, WHEN, example
from library.models import BulkAction, Genre, Tag, Verdict
from library.models.genres import HUES
from library.models.playlists import QUERY_LENGTH
from library.models.tracks import GENRE_LENGTH


@extend_schema_serializer(examples=example({"genre": "jazz"}))
class WordSerializer(serializers.Serializer):
    """What you say a track is."""

    genre = serializers.CharField(
        max_length=GENRE_LENGTH,
        allow_null=True,
        help_text="The key of one of the ten genres or of one of your own; null takes your word back.",
    )


class VerdictSerializer(serializers.ModelSerializer):
    """One word on a track's genre."""

    by = serializers.SerializerMethodField(help_text="`you`, or `reviewer`.")
    before = serializers.SerializerMethodField(help_text="What counted before.")
    genre = serializers.SerializerMethodField(help_text="What was said; null: a word was taken back.")

    class Meta:
        model = Verdict
        fields = ["id", "by", "before", "genre", "created_at", "undone_at"]
        read_only_fields = fields

    def get_by(self, verdict: Verdict) -> str:
        return "you" if verdict.person_id == self.context["request"].user.pk else "reviewer"

    def get_before(self, verdict: Verdict) -> str | None:
        return verdict.before or None

    def get_genre(self, verdict: Verdict) -> str | None:
        return verdict.genre or None


@extend_schema_serializer(examples=example({"name": "late night"}))
class TagNameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=40, help_text="Case and accents make no difference.")


class TagSerializer(serializers.ModelSerializer):
    """One of your tags."""

    hue = serializers.IntegerField(
        min_value=0, max_value=HUES - 1, required=False, help_text="Which of twelve colours."
    )
    tracks = serializers.IntegerField(
        source="track_count", read_only=True, help_text="How many tracks have it."
    )

    class Meta:
        model = Tag
        fields = ["id", "name", "hue", "tracks"]
        # The service knows which names are the same.
        extra_kwargs: dict[str, Any] = {"name": {"validators": [], "max_length": 40}}


class GenreChoiceSerializer(serializers.Serializer):
    """A genre that a track of yours can be."""

    key = serializers.CharField(help_text="What tracks and filters name it by. It never changes.")
    name = serializers.CharField()
    own = serializers.BooleanField(help_text="Whether it is one of your own; the ten others are everybody's.")
    tracks = serializers.IntegerField(help_text="How many of your tracks it counts for.")


class OwnGenreSerializer(serializers.ModelSerializer):
    class Meta:
        model = Genre
        fields = ["name"]


class ChosenSerializer(serializers.Serializer):
    """Tracks: `ids` or `query`, not both."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000, required=False)
    query = serializers.CharField(
        max_length=QUERY_LENGTH,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="As in the address of the list: `genre=unsure&year_min=1990`. Empty for the whole library.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in data) == ("query" in data):
            raise serializers.ValidationError("Give either ids or a query.")
        return data


@extend_schema_serializer(examples=example({"query": "genre=blues&ordering=title", "tagged": True}))
class ArchiveRequestSerializer(ChosenSerializer):
    """The tracks that go into an archive: `ids` or `query`, not both."""

    tagged = serializers.BooleanField(
        default=False, help_text="Copies with tags where a file takes them, instead of the originals."
    )


@extend_schema_serializer(examples=example({"act": "tag", "value": "late night", "query": "genre=blues"}))
class ActRequestSerializer(ChosenSerializer):
    """An act, and the tracks it is about: `ids` or `query`, not both."""

    act = serializers.ChoiceField(
        choices=["confirm", "genre", "tag", "untag", "playlist", "analyse", "delete"]
    )
    value = serializers.CharField(
        max_length=80, required=False, help_text="The genre's key, the tag, or the playlist's id."
    )

    expected = serializers.IntegerField(
        min_value=0,
        required=False,
        help_text="On how many tracks it is meant. If it would be another number, nothing is done (409).",
    )
    permanently = serializers.BooleanField(
        default=False, help_text="With `delete`: for good, not into the bin."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        if data["permanently"] and data["act"] != "delete":
            raise serializers.ValidationError({"permanently": "This goes with `delete` only."})
        if data["act"] in ("genre", "tag", "untag", "playlist") and not data.get("value"):
            raise serializers.ValidationError({"value": "This act needs a value."})
        return data


@extend_schema_serializer(
    examples=example(
        {
            "id": ID,
            "kind": "tag",
            "summary": "Tagged “live”",
            "status": "done",
            "total": 13,
            "done": 12,
            "skipped": 1,
            "error": "",
            "can_be_undone": True,
            "created_at": WHEN,
            "undone_at": None,
        }
    )
)
class DoneActSerializer(serializers.ModelSerializer[BulkAction]):
    """Something that was done, or is being done, to many tracks, a tag or a playlist."""

    status = serializers.ChoiceField(
        choices=BulkAction.Status.choices, help_text="`queued`, `running`, `done`, `failed` or `cancelled`."
    )
    total = serializers.IntegerField(help_text="How many tracks it is about.")
    done = serializers.IntegerField(help_text="On how many it was done so far.")
    skipped = serializers.IntegerField(help_text="How many were left as they were so far.")
    error = serializers.CharField(help_text="Why it failed, in words; else empty.")
    can_be_undone = serializers.BooleanField(help_text="Whether it can be undone now.")

    class Meta:
        model = BulkAction
        fields = [
            *("id", "kind", "summary", "status", "total", "done", "skipped", "error"),
            *("can_be_undone", "created_at", "undone_at"),
        ]
        read_only_fields = fields


@extend_schema_serializer(examples=example({"id": ID, "done": 12, "skipped": 1}))
class ActSerializer(serializers.Serializer):
    """What was done to many tracks."""

    id = serializers.UUIDField(allow_null=True, help_text="For undoing; null when that cannot be done.")
    done = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Tracks where nothing had to be done.")
