"""What the API says about a track. Serializers describe; services decide."""

from __future__ import annotations

from typing import Any, TypedDict

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from library.models import Prediction, Track


class ErrorSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="For people.")


class GenreSerializer(serializers.Serializer):
    """The genre that counts, and whose word it is."""

    # DRF's metaclass takes fields out of the class, so that a name like `label` hides nothing.
    label = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="The genre; null when nobody is sure."
    )
    top = serializers.CharField(help_text="The most probable genre.")
    confidence = serializers.FloatField(help_text="The probability of `top`, 0 to 1.")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Whose word it is: `owner` (said by you) or `model` (heard)."
    )


class ModelSerializer(serializers.Serializer):
    name = serializers.CharField(source="model_name")
    version = serializers.CharField(source="model_version")


class PredictionSummarySerializer(serializers.ModelSerializer):
    """What one model heard in the whole track."""

    model = ModelSerializer(source="*")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="Each genre's probability; they sum to 1."
    )

    class Meta:
        model = Prediction
        fields = ["model", "label", "top", "confidence", "probabilities", "created_at"]


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


class TrackSerializer(serializers.ModelSerializer):
    """A track: its file, what the file says about itself, and what Earmark heard."""

    url = serializers.HyperlinkedIdentityField(view_name="track-detail", help_text="This track in the API.")
    error = serializers.SerializerMethodField()
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What was odd about the file, in words."
    )
    genre = serializers.SerializerMethodField()
    prediction = PredictionSummarySerializer(allow_null=True)
    stage = serializers.CharField(
        help_text="What the analysis is doing just now; empty when it is not running."
    )

    class Meta:
        model = Track
        fields = [
            "id", "url", "title", "artist", "album", "year", "file_genre",
            "original_name", "kind", "size", "sha256", "duration",
            "status", "stage", "error", "notices", "genre", "prediction", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, track: Track) -> dict[str, str] | None:
        return {"code": track.error_code, "message": track.error_message} if track.error_code else None

    @extend_schema_field(GenreSerializer(allow_null=True))
    def get_genre(self, track: Track) -> dict[str, Any] | None:
        heard = track.prediction
        if heard is None:
            return None
        return {
            "label": track.genre or None,
            "top": heard.top,
            "confidence": heard.confidence,
            "source": track.genre_source or "model",
        }


class UploadedTrackSerializer(TrackSerializer):
    """The answer to an upload."""

    duplicate = serializers.BooleanField(
        help_text="Whether this file was in the library already; then nothing was stored."
    )

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "duplicate"]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer):
    # Emptiness and length of name are judged by the service, with its own code and sentence.
    file = serializers.FileField(allow_empty_file=True, help_text="The audio file.")

    def upload(self) -> UploadedFile:
        """The file, once the request has been found complete; else raises a ValidationError."""
        self.is_valid(raise_exception=True)
        file: UploadedFile = self.validated_data["file"]
        return file


@extend_schema_serializer(component_name="OriginalAnswer")
class OriginalAnswerSerializer(serializers.Serializer):
    """What `POST /file-upload` answers."""

    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The most probable genre. There always is one; see `sure`."
    )
    sure = serializers.BooleanField(help_text="Whether the model would stand by it.")
    probabilities = serializers.DictField(child=serializers.FloatField())


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField(help_text="Where this kind of error is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong, for people.")
    code = serializers.CharField(help_text="What went wrong, for programs: stable.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="One entry per wrong field."
    )
