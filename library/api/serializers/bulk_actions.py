"""Bulk actions, and which tracks they are for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import EXAMPLE_ID, EXAMPLE_TIME, schema_example
from library.api.serializers.tracks import TrackFieldsSerializer
from library.models import BulkAction
from library.models.playlists import QUERY_LENGTH
from library.models.tracks import EDITABLE_FIELDS
from library.outgoing.tagged_copies import CopyGenre
from library.services.bulk_action_requests import MAX_NAMED_TRACKS, MAX_VALUE_LENGTH, REQUESTABLE_ACTIONS
from library.services.typed_tags import MOST_AT_ONCE
from library.text.filename_patterns import FILENAME_PATTERNS


class TrackSelectionSerializer(serializers.Serializer):
    """Tracks: `ids` or `query`, not both."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_NAMED_TRACKS, required=False
    )
    query = serializers.CharField(
        max_length=QUERY_LENGTH,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text=(
            "A search, as in the URL of the list of tracks: `genre=unsure&year_min=1990`. Empty finds all tracks."
        ),
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in data) == ("query" in data):
            raise serializers.ValidationError("Send either ids or a query.")
        return data


@extend_schema_serializer(examples=schema_example({"query": "genre=blues&ordering=title", "tagged": True}))
class ArchiveCreateSerializer(TrackSelectionSerializer):
    """The tracks to put into an archive: `ids` or `query`, not both."""

    tagged = serializers.BooleanField(
        default=False,
        help_text="Copies with tags written into them, instead of the originals, where the format can hold tags.",
    )
    genre = serializers.ChoiceField(
        choices=[*CopyGenre],
        default=CopyGenre.HEARD,
        help_text=(
            "The genre in tagged copies: `owner` for one that you have set, `heard` also for one that Earmark hears."
        ),
    )


@extend_schema_serializer(
    examples=schema_example({"act": "tag", "value": "late night", "query": "genre=blues"})
)
class BulkActionCreateSerializer(TrackSelectionSerializer):
    """A bulk action, and its tracks: `ids` or `query`, not both."""

    act = serializers.ChoiceField(choices=list(REQUESTABLE_ACTIONS), help_text="What to do.")
    value = serializers.CharField(
        max_length=MAX_VALUE_LENGTH,
        required=False,
        help_text=(
            "The key of the genre, the name of the tag, the id of the playlist, the rating, or the pattern of the "
            f"files' names: {', '.join(f'`{key}`' for key in FILENAME_PATTERNS)}."
        ),
    )
    names = serializers.ListField(
        child=serializers.CharField(max_length=MAX_VALUE_LENGTH),
        min_length=1,
        max_length=MOST_AT_ONCE,
        required=False,
        help_text="With `tag` and `untag`: the names of several tags, instead of `value`. One undo is for all of them.",
    )
    changes = TrackFieldsSerializer(
        required=False,
        help_text="With `edit`: the new values by field. An empty text clears a text, null a number.",
    )
    # DRF's metaclass moves fields out of the class, so this does not shadow `Serializer.fields`.
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.ChoiceField(EDITABLE_FIELDS),
        required=False,
        help_text="With `reset`: the names of the fields to set as the file says.",
    )
    expected = serializers.IntegerField(
        min_value=0,
        required=False,
        help_text="How many tracks you expect it to affect. When it would be another number, nothing is done (409).",
    )
    permanently = serializers.BooleanField(
        default=False, help_text="With `delete`: delete for good, instead of moving to the bin."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        if data["permanently"] and data["act"] != "delete":
            raise serializers.ValidationError({"permanently": "Only `delete` takes this."})
        action = REQUESTABLE_ACTIONS[data["act"]]
        if action.missing_value and not data.get(action.field) and not data.get(action.several):
            raise serializers.ValidationError({action.field: "This action needs a value."})
        if "value" in data and "names" in data:
            raise serializers.ValidationError({"names": "Send either a value or names."})
        for other in {"changes", "fields", "names"} - {action.field, action.several}:
            if other in data:
                raise serializers.ValidationError({other: f"`{data['act']}` does not take this."})
        return data


@extend_schema_serializer(
    examples=schema_example(
        {
            "id": EXAMPLE_ID,
            "kind": "tag",
            "summary": "Tagged “live”",
            "status": "done",
            "total": 13,
            "done": 12,
            "skipped": 1,
            "error": "",
            "can_be_undone": True,
            "created_at": EXAMPLE_TIME,
            "undone_at": None,
            "undoing": False,
            "undone": 0,
        }
    )
)
class BulkActionSerializer(serializers.ModelSerializer[BulkAction]):
    """A bulk action: something done to many tracks, or to a tag or a playlist, finished or still running."""

    status = serializers.ChoiceField(
        choices=BulkAction.Status.choices, help_text="`queued`, `running`, `done`, `failed` or `cancelled`."
    )
    total = serializers.IntegerField(help_text="How many tracks it is for.")
    done = serializers.IntegerField(help_text="How many tracks it has changed so far.")
    skipped = serializers.IntegerField(
        help_text="How many tracks it has skipped so far, because they needed no change or cannot be confirmed."
    )
    error = serializers.CharField(help_text="Why it failed; empty when it did not.")
    can_be_undone = serializers.BooleanField(help_text="Whether it can be undone now.")
    undoing = serializers.SerializerMethodField(help_text="Whether it is being undone now.")
    undone = serializers.IntegerField(help_text="How many tracks its undo has been through so far.")

    class Meta:
        model = BulkAction
        fields = [
            *("id", "kind", "summary", "status", "total", "done", "skipped", "error"),
            *("can_be_undone", "created_at", "undone_at", "undoing", "undone"),
        ]
        read_only_fields = fields

    def get_undoing(self, action: BulkAction) -> bool:
        return action.undo_progress_at is not None


@extend_schema_serializer(examples=schema_example({"id": EXAMPLE_ID, "done": 12, "skipped": 1}))
class BulkActionResultSerializer(serializers.Serializer):
    """The result of a bulk action."""

    id = serializers.UUIDField(allow_null=True, help_text="For undoing it; null when it cannot be undone.")
    done = serializers.IntegerField(help_text="How many tracks were changed.")
    skipped = serializers.IntegerField(
        help_text="How many tracks were skipped, because they needed no change or cannot be confirmed."
    )
