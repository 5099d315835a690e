"""Versions of what Earmark has learned from verdicts, and what they change."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from library import selectors
from library.api.serializers.examples import EXAMPLE_ID, EXAMPLE_TIME, schema_example
from library.api.serializers.learning import NearExampleSerializer
from library.api.serializers.tracks import ModelVersionSerializer
from library.genres import UNSURE
from library.models import LearnedModel, LearnedRow
from library.models.tracks import GENRE_LENGTH
from library.services.bulk_action_requests import MAX_NAMED_TRACKS

#: One that is being learned is never shown.
VERSION_STATUSES = [
    choice for choice in LearnedModel.Status.choices if choice[0] != LearnedModel.Status.FITTING
]
EXAMPLE_VERSION: dict[str, Any] = {
    "id": 31,
    "number": 2,
    "status": "candidate",
    "model": {"name": "msd-musicnn-1", "version": "1.5.0"},
    "answers": 64,
    "artists": 41,
    "gain": 0.21,
    "p_value": 0.003,
    "reason": None,
    "message": "",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": EXAMPLE_TIME,
    "activated_at": None,
}
EXAMPLE_CHANGE = {"from": "blues", "to": "rock", "proposed": 12, "accepted": 0, "skipped": 1}


@extend_schema_serializer(examples=schema_example(EXAMPLE_VERSION))
class LearnedVersionSerializer(serializers.ModelSerializer[LearnedModel]):
    """A version of what Earmark has learned from your verdicts."""

    number = serializers.IntegerField(help_text="1 for your first version, then 2, …")
    status = serializers.ChoiceField(
        choices=VERSION_STATUSES,
        help_text=(
            "`candidate`: it waits for you. `active`: it is in use. `inactive`: it is not, or not any more. "
            "`refused`: it was not good enough."
        ),
    )
    model = serializers.SerializerMethodField(
        help_text="The model whose predictions it adjusts; null when there was none that can learn."
    )
    answers = serializers.IntegerField(
        source="figures.answers", default=0, help_text="From how many of your verdicts it was learned."
    )
    artists = serializers.IntegerField(
        source="figures.artists",
        default=None,
        allow_null=True,
        help_text="How many artists those tracks are by.",
    )
    gain = serializers.FloatField(
        source="figures.gain",
        default=None,
        allow_null=True,
        help_text="By how much it raises the log-probability of a verdict, for artists that were left out.",
    )
    p_value = serializers.FloatField(
        source="figures.p_value",
        default=None,
        allow_null=True,
        help_text="How probable so large a gain would be by chance; from 0.05 on, it is refused.",
    )
    reason = serializers.SerializerMethodField(
        help_text="Why it was refused, as a code; null when it was not."
    )
    message = serializers.SerializerMethodField(
        help_text="Why it was refused, in words; empty when it was not."
    )
    sha256 = serializers.CharField(help_text="The SHA-256 of what was learned; empty when it was refused.")
    activated_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was first in use; null when it never was."
    )

    class Meta:
        model = LearnedModel
        fields = [
            *(
                "id",
                "number",
                "status",
                "model",
                "answers",
                "artists",
                "gain",
                "p_value",
                "reason",
                "message",
            ),
            *("sha256", "created_at", "activated_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(ModelVersionSerializer(allow_null=True))
    def get_model(self, version: LearnedModel) -> dict[str, str] | None:
        if not version.model_name:
            return None
        return {"name": version.model_name, "version": version.model_version}

    def get_reason(self, version: LearnedModel) -> str | None:
        return version.reason or None

    def get_message(self, version: LearnedModel) -> str:
        return selectors.learned_reason_text(version)


@extend_schema_serializer(examples=schema_example(EXAMPLE_CHANGE))
class LearnedChangeSerializer(serializers.Serializer):
    """How many tracks a version changes from one genre to another."""

    proposed = serializers.IntegerField(help_text="How many of these wait for your decision.")
    accepted = serializers.IntegerField(help_text="How many of these you have accepted.")
    skipped = serializers.IntegerField(help_text="How many of these you have skipped.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            "from": serializers.CharField(
                source="before", help_text="The effective genre before; `unsure` for none."
            ),
            "to": serializers.CharField(source="genre", help_text="The learned genre."),
            **super().get_fields(),
        }

    def to_representation(self, change: Any) -> dict[str, Any]:
        shown = super().to_representation(change)
        return shown | {"from": shown["from"] or UNSURE}


@extend_schema_serializer(
    examples=schema_example(
        EXAMPLE_VERSION | {"changes": [EXAMPLE_CHANGE], "unchanged": 228, "with_verdict": 31}
    )
)
class LearnedVersionDetailSerializer(LearnedVersionSerializer):
    """A version of what Earmark has learned from your verdicts, and what it changes."""

    changes = LearnedChangeSerializer(many=True, help_text="What it changes, the most frequent first.")
    unchanged = serializers.IntegerField(help_text="How many of your tracks stay as they are in any case.")
    with_verdict = serializers.IntegerField(
        help_text="How many of your tracks have a verdict, which comes before anything learned."
    )

    class Meta(LearnedVersionSerializer.Meta):
        fields = [*LearnedVersionSerializer.Meta.fields, "changes", "unchanged", "with_verdict"]
        read_only_fields = fields


class NearAnswerSerializer(NearExampleSerializer):
    """A track that you call so, and that a track sounds like."""


@extend_schema_serializer(
    examples=schema_example(
        {
            "track": EXAMPLE_ID,
            "title": "Crossing at Dawn",
            "artist": "The Ferrymen",
            "from": "blues",
            "to": "rock",
            "probability": 0.83,
            "state": "proposed",
            "nearest": [{"id": EXAMPLE_ID, "title": "Harbour Lights", "artist": "The Ferrymen"}],
        }
    )
)
class LearnedRowSerializer(LearnedChangeSerializer):
    """A track that a version changes, or would change."""

    proposed = accepted = skipped = None  # type: ignore[assignment]
    track = serializers.UUIDField(source="track_id", help_text="The id of the track.")
    title = serializers.CharField(source="track.title", help_text="The title of the track.")
    artist = serializers.CharField(source="track.artist", help_text="The artist of the track.")
    probability = serializers.FloatField(help_text="The probability of the learned genre, 0 to 1.")
    state = serializers.ChoiceField(
        choices=LearnedRow.State.choices,
        help_text=(
            "`proposed`: it waits for you. `accepted`: it counts while its version is in use. `skipped`: it does not."
        ),
    )
    nearest = serializers.SerializerMethodField(
        help_text="What speaks for it: the tracks that sound most like it among those that you call so, at most three."
    )

    @extend_schema_field(NearAnswerSerializer(many=True))
    def get_nearest(self, row: LearnedRow) -> Any:
        """From the context: `nearest` has the tracks of every row that is shown."""
        return NearAnswerSerializer(self.context["nearest"][row.pk], many=True).data


@extend_schema_serializer(examples=schema_example({"from": "blues", "to": "rock", "expected": 12}))
class LearnedChoiceSerializer(serializers.Serializer):
    """Which of a version's tracks: `ids`, or `all`, or those from one genre to another."""

    ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MAX_NAMED_TRACKS,
        required=False,
        help_text="The ids of tracks.",
    )
    all = serializers.BooleanField(required=False, help_text="`true`: all that wait for your decision.")
    expected = serializers.IntegerField(
        min_value=0,
        required=False,
        help_text="How many tracks you expect it to affect. When it would be another number, nothing is done (409).",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), **change_fields()}

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        change = ("from" in data) + ("to" in data)
        ways = ("ids" in data) + bool(data.get("all")) + (change == 2)
        if ways != 1 or change == 1:
            raise serializers.ValidationError("Send either ids, or all, or from and to.")
        return data

    @property
    def chosen(self) -> dict[str, Any]:
        """As the services take it."""
        data = self.validated_data
        change = (change_genre(data["from"]), data["to"]) if "from" in data else None
        return {"track_ids": data.get("ids"), "change": change, "expected": data.get("expected")}


class LearnedRowQuerySerializer(serializers.Serializer):
    """Which rows of a version to list."""

    state = serializers.ChoiceField(
        choices=LearnedRow.State.choices, required=False, help_text="Only rows in this state."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), **change_fields()}


@extend_schema_serializer(examples=schema_example({"done": 12}))
class LearnedDoneSerializer(serializers.Serializer):
    """How many tracks were accepted or skipped."""

    done = serializers.IntegerField(help_text="How many tracks were accepted or skipped.")


def change_fields() -> dict[str, serializers.Field]:
    """`from` is a word of Python, so that these cannot be declared as others are."""
    return {
        "from": serializers.CharField(
            max_length=GENRE_LENGTH, required=False, help_text="The genre before; `unsure` for none."
        ),
        "to": serializers.CharField(max_length=GENRE_LENGTH, required=False, help_text="The learned genre."),
    }


def change_genre(given: str) -> str:
    """The genre before, as rows have it."""
    return "" if given == UNSURE else given
