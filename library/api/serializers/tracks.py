"""What the API says about a track."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.base import ErrorSerializer, SparseMixin
from library.api.serializers.examples import TRACK, WHEN, example
from library.models import Prediction, Track, TrackDeletion
from library.models.tracks import EDITABLE
from library.selectors import purged_after


@extend_schema_serializer(examples=example(TRACK["genre"]))
class GenreSerializer(serializers.Serializer):
    """The genre that counts, whose word it is, and the three layers it comes from."""

    # DRF's metaclass takes fields out of the class, so that a name like `label` hides nothing.
    label = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="The genre that counts; null when nobody is sure."
    )
    source = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="Whose word it is: `owner` (said by you), `model` (heard), or null."
    )
    owner = serializers.SerializerMethodField(help_text="What you said; null when nothing.")
    model = serializers.CharField(
        source="prediction.label",
        allow_null=True,
        default=None,
        help_text="What the model is sure of, or null.",
    )
    top = serializers.CharField(
        source="prediction.top",
        allow_null=True,
        default=None,
        help_text="What the model thinks most probable.",
    )
    confidence = serializers.FloatField(allow_null=True, help_text="The probability of `top`, 0 to 1.")
    file = serializers.SerializerMethodField(help_text="What the file's own tag says; null when nothing.")
    needs_you = serializers.BooleanField(
        help_text="Whether your word is asked for: the model is not sure, or contradicts the file's tag."
    )

    def get_label(self, track: Track) -> str | None:
        return track.genre or None

    def get_source(self, track: Track) -> str | None:
        return track.genre_source or None

    def get_owner(self, track: Track) -> str | None:
        return track.owner_genre or None

    def get_file(self, track: Track) -> str | None:
        return track.file_genre or None


class ModelSerializer(serializers.Serializer):
    name = serializers.CharField(source="model_name")
    version = serializers.CharField(source="model_version")


class PredictionSummarySerializer(serializers.ModelSerializer):
    """What one model heard in the whole track."""

    model = ModelSerializer(source="*")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="Each genre's probability; they sum to 1."
    )
    moods = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Each mood's score: the share of music that has less of it. Empty if the model hears none.",
    )

    class Meta:
        model = Prediction
        fields = ["model", "label", "top", "confidence", "probabilities", "moods", "created_at"]


class SegmentSerializer(serializers.Serializer):
    start = serializers.FloatField(help_text="Seconds from the start of the track.")
    end = serializers.FloatField()
    probabilities = serializers.DictField(child=serializers.FloatField())


class Segment(TypedDict):
    start: float
    end: float
    probabilities: dict[str, float]


class PredictionSerializer(PredictionSummarySerializer):
    """What one model heard, and where in the track."""

    segments = serializers.SerializerMethodField()

    class Meta(PredictionSummarySerializer.Meta):
        fields = [*PredictionSummarySerializer.Meta.fields, "segments"]

    @extend_schema_field(SegmentSerializer(many=True))
    def get_segments(self, prediction: Prediction) -> list[Segment]:
        genres = prediction.genres
        return [
            {"start": start, "end": end, "probabilities": dict(zip(genres, shares, strict=True))}
            for start, end, shares in prediction.segments
        ]


@extend_schema_serializer(examples=example(TRACK))
class TrackSerializer(SparseMixin, serializers.ModelSerializer):
    """A track: its file, what the file says about itself, and what Earmark heard."""

    url = serializers.HyperlinkedIdentityField(view_name="track-detail", help_text="This track in the API.")
    error = serializers.SerializerMethodField()
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What was odd about the file, in words."
    )
    genre = GenreSerializer(source="*")
    tags: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    prediction = PredictionSummarySerializer(allow_null=True)
    edited = serializers.ListField(
        child=serializers.CharField(), help_text="Which of title, artist, album and year were set by hand."
    )
    stage = serializers.CharField(
        help_text="What the analysis is doing just now; empty when it is not running."
    )
    progress = serializers.FloatField(
        help_text="How much of the analysis lies behind, 0 to 1, by its stages; 1 when it is over, well or not."
    )

    class Meta:
        model = Track
        fields = [
            "id", "url", "title", "artist", "album", "year", "edited",
            "original_name", "kind", "size", "sha256", "duration",
            "status", "stage", "progress", "error", "notices", "genre", "tags", "prediction",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, track: Track) -> dict[str, str] | None:
        return {"code": track.error_code, "message": track.error_message} if track.error_code else None


@extend_schema_serializer(examples=example(TRACK | {"duplicate": False}))
class UploadedTrackSerializer(TrackSerializer):
    """The answer to an upload."""

    duplicate = serializers.BooleanField(
        help_text="Whether this file was in the library already, or in the bin; then nothing was stored."
    )

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "duplicate"]
        read_only_fields = fields


@extend_schema_serializer(examples=example(TRACK | {"deleted_at": WHEN, "purged_after": WHEN}))
class BinnedTrackSerializer(TrackSerializer):
    """A track in the bin. Its `url` answers 404 until it is restored."""

    deleted_at = serializers.DateTimeField(help_text="When it was put there.")
    purged_after = serializers.SerializerMethodField(help_text="When it goes for good.")

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "deleted_at", "purged_after"]
        read_only_fields = fields

    def get_purged_after(self, track: Track) -> datetime:
        assert track.deleted_at
        return purged_after(track.deleted_at)


class TrackIdsSerializer(serializers.Serializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)


class RestoredSerializer(serializers.Serializer):
    restored = serializers.IntegerField(help_text="How many of them were in the bin, and are back.")


class PermanentlySerializer(serializers.Serializer):
    permanently = serializers.BooleanField(
        default=False, help_text="Delete it for good, from the library or from the bin, with its file."
    )


class DeletionSerializer(serializers.ModelSerializer):
    """A track that was deleted; to the bin or for good."""

    id = serializers.UUIDField(source="track_id")

    class Meta:
        model = TrackDeletion
        fields = ["id", "deleted_at"]


class TrackChangeSerializer(serializers.ModelSerializer):
    """What may be changed about a track. What is left out stays."""

    class Meta:
        model = Track
        fields = EDITABLE
        extra_kwargs = {field: {"required": False} for field in EDITABLE} | {
            "year": {"required": False, "min_value": 1, "max_value": 9999}
        }


class SinceSerializer(serializers.Serializer):
    updated_since = serializers.DateTimeField()


class HashesSerializer(serializers.Serializer):
    sha256 = serializers.ListField(
        child=serializers.RegexField("^[0-9a-f]{64}$"),
        min_length=1,
        max_length=1000,
        help_text="SHA-256 of up to 1,000 files, as lower-case hexadecimal.",
    )


class HereSerializer(serializers.Serializer):
    """Which of the asked-for files are in your library."""

    here = serializers.DictField(
        child=serializers.UUIDField(), help_text="The id of the track, by the file's SHA-256."
    )
    missing = serializers.ListField(child=serializers.CharField(), help_text="The others.")


class UploadSerializer(serializers.Serializer):
    # Emptiness and length of name are judged by the service, with its own code and sentence.
    file = serializers.FileField(allow_empty_file=True, help_text="The audio file.")

    def upload(self) -> UploadedFile:
        """The file, once the request has been found complete; else raises a ValidationError."""
        self.is_valid(raise_exception=True)
        file: UploadedFile = self.validated_data["file"]
        return file


class UploadResultSerializer(serializers.Serializer):
    """What became of one of several files."""

    file = serializers.CharField(help_text="The file's name, as it was sent.")
    track = UploadedTrackSerializer(allow_null=True, help_text="Null when the file was refused.")
    error = ErrorSerializer(allow_null=True, help_text="Why it was refused; null when it was taken.")


class UploadResultsSerializer(serializers.Serializer):
    """The answer to several files in one request."""

    results = UploadResultSerializer(many=True, help_text="One for each file, in the order they were sent.")


class HeardModelSerializer(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField()


class HeardSerializer(serializers.Serializer):
    """What was heard in one file."""

    file = serializers.CharField(help_text="The file's name.")
    label = serializers.CharField(allow_null=True, help_text="The genre; null when the model is not sure.")  # type: ignore[assignment]
    top = serializers.CharField(help_text="The most probable genre.")
    probabilities = serializers.DictField(child=serializers.FloatField())
    moods = serializers.DictField(child=serializers.FloatField(), default=dict)
    segments = SegmentSerializer(many=True)
    duration = serializers.FloatField(help_text="In seconds.")
    model = HeardModelSerializer()


@extend_schema_serializer(component_name="OriginalAnswer")
class OriginalAnswerSerializer(serializers.Serializer):
    """What `POST /file-upload` answers."""

    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The most probable genre. There always is one; see `sure`."
    )
    sure = serializers.BooleanField(help_text="Whether the model would stand by it.")
    probabilities = serializers.DictField(child=serializers.FloatField())
