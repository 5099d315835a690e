"""Tracks, their genres and predictions, and uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.albums import ArtistNameSerializer, CoverUrlsSerializer, cover_payload
from library.api.serializers.base import ErrorSerializer, SparseFieldsMixin
from library.api.serializers.examples import EXAMPLE_TIME, EXAMPLE_TRACK, schema_example
from library.models import Album, LearnedRow, Prediction, Track, TrackDeletion
from library.models.tracks import EDITABLE_FIELDS, MAX_RATING
from library.selectors import (
    artists_on,
    cover_id_for,
    learned_rows_in_use,
    purged_after,
    taggings_on,
    with_artists,
    with_taggings,
)
from library.text import bounded_moment


def track_details(path: str = "") -> tuple[Prefetch, ...]:
    """What `TrackSerializer` shows beside a track's own row and its prediction, to be fetched for all tracks at once.

    `path` leads to the track, such as `track__`.
    """
    return (
        with_taggings(f"{path}taggings"),
        Prefetch(f"{path}learned_rows", learned_rows_in_use(), to_attr="learned_in_use"),
        with_artists(f"{path}track_artists"),
        Prefetch(f"{path}album_entry", Album.objects.only("cover", "cover_chosen")),
    )


@extend_schema_serializer(examples=schema_example(EXAMPLE_TRACK["genre"]))
class TrackGenreSerializer(serializers.Serializer):
    """The effective genre of a track, where it comes from, and what you, the model and the file each say."""

    # DRF's metaclass moves fields out of the class, so names like `label` shadow nothing.
    label = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="The effective genre; null when nobody is sure: neither you nor the model, and the file names none."
    )
    source = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text=(
            "Where it comes from: `owner` (your verdict), `learned` (what Earmark learned from your verdicts), `model` "
            "(its prediction), `file` (the file's tags), or null."
        )
    )
    owner = serializers.SerializerMethodField(help_text="Your verdict; null when you gave none.")
    model = serializers.CharField(
        source="prediction.label",
        allow_null=True,
        default=None,
        help_text="The model's prediction; null when it is not sure.",
    )
    top = serializers.CharField(
        source="prediction.top",
        allow_null=True,
        default=None,
        help_text="The model's most probable genre, sure or not.",
    )
    confidence = serializers.FloatField(allow_null=True, help_text="The probability of `top`, 0 to 1.")
    file = serializers.SerializerMethodField(
        help_text="The genre in the file's tags; null when there is none."
    )
    needs_you = serializers.BooleanField(
        help_text=(
            "Whether it needs your verdict: neither the model nor the file knows the genre, or the two disagree."
        )
    )

    def get_label(self, track: Track) -> str | None:
        return track.genre or None

    def get_source(self, track: Track) -> str | None:
        return track.genre_source or None

    def get_owner(self, track: Track) -> str | None:
        return track.owner_genre or None

    def get_file(self, track: Track) -> str | None:
        return track.file_genre or None


class ModelVersionSerializer(serializers.Serializer):
    """A version of a model."""

    name = serializers.CharField(source="model_name", help_text="The name of the model.")
    version = serializers.CharField(source="model_version", help_text="Its version.")


class PredictionSummarySerializer(serializers.ModelSerializer):
    """What a model predicted for a whole track."""

    model = ModelVersionSerializer(source="*")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="The probability of each genre; they sum to 1."
    )
    moods = serializers.DictField(
        child=serializers.FloatField(),
        help_text="The score of each mood: the share of all music that has less of it. Empty for models without moods.",
    )

    class Meta:
        model = Prediction
        fields = ["model", "label", "top", "confidence", "probabilities", "moods", "created_at"]


class LearnedGenreSerializer(serializers.Serializer):
    """What the version in use of what Earmark has learned from your verdicts gives a track."""

    genre = serializers.CharField(
        source="counts",
        help_text="The learned genre. It is the effective one unless your verdict, or a file that you always trust, "
        "says otherwise.",
    )
    probability = serializers.SerializerMethodField(
        help_text=(
            "The probability of that genre, 0 to 1, as the version computed it; null when the version itself "
            "proposes another."
        )
    )
    version = serializers.IntegerField(source="model.number", help_text="The number of the version.")
    state = serializers.SerializerMethodField(
        help_text="`accepted`: you accepted it in this version. `kept`: in an earlier one, and this one keeps it."
    )

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_probability(self, row: LearnedRow) -> float | None:
        return row.probability if row.genre == row.counts else None

    @extend_schema_field(serializers.ChoiceField(choices=["accepted", "kept"]))
    def get_state(self, row: LearnedRow) -> str:
        return "accepted" if row.genre == row.counts != row.before else "kept"


class SegmentSerializer(serializers.Serializer):
    """What a model predicted for a part of a track."""

    start = serializers.FloatField(help_text="Where it starts, in seconds.")
    end = serializers.FloatField(help_text="Where it ends, in seconds.")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="The probability of each genre; they sum to 1."
    )


class PredictionSerializer(PredictionSummarySerializer):
    """What a model predicted for a track, and for each of its parts."""

    segments = serializers.SerializerMethodField()

    class Meta(PredictionSummarySerializer.Meta):
        fields = [*PredictionSummarySerializer.Meta.fields, "segments"]

    @extend_schema_field(SegmentSerializer(many=True))
    def get_segments(self, prediction: Prediction) -> list[dict[str, Any]]:
        genres = prediction.genres
        return [
            {"start": start, "end": end, "probabilities": dict(zip(genres, shares, strict=True))}
            for start, end, shares in prediction.segments
        ]


@extend_schema_serializer(examples=schema_example(EXAMPLE_TRACK))
class TrackSerializer(SparseFieldsMixin, serializers.ModelSerializer):
    """A track: its file, its tags, and what Earmark predicted."""

    url = serializers.HyperlinkedIdentityField(view_name="track-detail", help_text="This track in the API.")
    error = serializers.SerializerMethodField()
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What was unusual about the file, for people."
    )
    genre = TrackGenreSerializer(source="*")
    tags = serializers.SerializerMethodField()
    learned_tags = serializers.SerializerMethodField(
        help_text="Which of its tags Earmark has set by itself, as you taught it, and nobody has confirmed."
    )
    prediction = PredictionSummarySerializer(allow_null=True)
    learned = serializers.SerializerMethodField(
        help_text=(
            "What Earmark has learned of its genre from your verdicts, by the version in use; null when that gives it "
            "none. What a version only proposes is in `/api/v1/learning/versions/{id}/rows/`."
        )
    )
    edited = serializers.ListField(
        child=serializers.CharField(), help_text="Which of the fields that you may change you have changed."
    )
    artists = serializers.SerializerMethodField(
        help_text="Its artists, one by one, if the file names several so; else the one of `artist`."
    )
    album_id = serializers.UUIDField(
        source="album_entry_id", allow_null=True, help_text="The id of its album; null when it is on none."
    )
    cover = serializers.SerializerMethodField(
        help_text="The cover that stands for it: its own, or its album's; null when there is none."
    )
    starred = serializers.SerializerMethodField(help_text="Whether you have given it a star.")
    play_count = serializers.IntegerField(help_text="How often it was played.")
    last_played_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was last played; null when it never was."
    )
    musicbrainz = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="The MusicBrainz ids in the file: `recording`, `release`, `artists`, `album_artists`.",
    )
    stage = serializers.CharField(
        help_text="The stage that the analysis is in; empty when it is not running."
    )
    progress = serializers.FloatField(
        help_text="How much of the analysis is done, 0 to 1; 1 when it has ended, also when it failed."
    )

    class Meta:
        model = Track
        fields = [
            "id", "url", "title", "artist", "album", "year", "album_artist", "disc_number", "disc_total",
            "track_number", "track_total", "original_year", "compilation", "artists", "album_id", "cover",
            "starred", "starred_at", "rating", "play_count", "last_played_at", "musicbrainz", "edited",
            "original_name", "kind", "size", "sha256", "duration",
            "status", "stage", "progress", "error", "notices", "genre", "tags", "learned_tags", "prediction",
            "learned", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_tags(self, track: Track) -> list[str]:
        return [tagging.tag.name for tagging in taggings_on(track)]

    @extend_schema_field(ArtistNameSerializer(many=True))
    def get_artists(self, track: Track) -> list[dict[str, Any]]:
        return [{"id": artist.pk, "name": artist.name} for artist in artists_on(track)]

    @extend_schema_field(CoverUrlsSerializer(allow_null=True))
    def get_cover(self, track: Track) -> dict[str, str] | None:
        if track.album_entry_id:
            _ = track.album_entry  # loads it where it was not fetched for many tracks at once
        return cover_payload(cover_id_for(track), self.context["request"])

    def get_starred(self, track: Track) -> bool:
        return track.starred_at is not None

    def get_learned_tags(self, track: Track) -> list[str]:
        return [tagging.tag.name for tagging in taggings_on(track) if tagging.concept_id]

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, track: Track) -> dict[str, str] | None:
        return {"code": track.error_code, "message": track.error_message} if track.error_code else None

    @extend_schema_field(LearnedGenreSerializer(allow_null=True))
    def get_learned(self, track: Track) -> dict[str, Any] | None:
        if not hasattr(track, "learned_in_use"):
            prefetch_related_objects([track], track_details()[1])
        return next((LearnedGenreSerializer(row).data for row in track.learned_in_use), None)  # type: ignore[attr-defined]


@extend_schema_serializer(examples=schema_example(EXAMPLE_TRACK | {"duplicate": False}))
class UploadedTrackSerializer(TrackSerializer):
    """A track, after an upload."""

    duplicate = serializers.BooleanField(
        help_text="Whether this file was in the library or in the bin already; then nothing was stored."
    )

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "duplicate"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=schema_example(EXAMPLE_TRACK | {"deleted_at": EXAMPLE_TIME, "purged_after": EXAMPLE_TIME})
)
class BinnedTrackSerializer(TrackSerializer):
    """A track in the bin. Its `url` is 404 until it is restored."""

    deleted_at = serializers.DateTimeField(help_text="When it was deleted.")
    purged_after = serializers.SerializerMethodField(help_text="When it will be deleted for good.")

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "deleted_at", "purged_after"]
        read_only_fields = fields

    def get_purged_after(self, track: Track) -> datetime:
        assert track.deleted_at
        return purged_after(track.deleted_at)


class TrackIdsSerializer(serializers.Serializer):
    """Tracks by their ids."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=1000, help_text="The ids of the tracks."
    )


class RestoreResultSerializer(serializers.Serializer):
    """The result of a restore."""

    restored = serializers.IntegerField(help_text="How many tracks were in the bin and have been restored.")


class TrackDeleteQuerySerializer(serializers.Serializer):
    permanently = serializers.BooleanField(
        default=False, help_text="Delete the track and its file for good, from the library or from the bin."
    )


class DeletionSerializer(serializers.ModelSerializer):
    """A track that was deleted, to the bin or for good."""

    id = serializers.UUIDField(source="track_id", help_text="The id of the track.")

    class Meta:
        model = TrackDeletion
        fields = ["id", "deleted_at"]


#: The bounds of the numbers that may be changed. The services know them, too; here, they are in the schema.
NUMBER_BOUNDS = dict.fromkeys(("year", "original_year"), (1, 9999)) | dict.fromkeys(
    ("disc_number", "disc_total", "track_number", "track_total"), (1, 999)
)


class TrackFieldsSerializer(serializers.ModelSerializer):
    """What a track is called and where it belongs: the fields to change. Those that are left out stay as they are."""

    class Meta:
        model = Track
        fields = EDITABLE_FIELDS
        extra_kwargs = {field: {"required": False} for field in EDITABLE_FIELDS} | {
            field: {"required": False, "min_value": low, "max_value": high}
            for field, (low, high) in NUMBER_BOUNDS.items()
        }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuses names of fields that there are not, so that nothing is done to many tracks that was not meant."""
        if isinstance(data, dict) and (unknown := {*map(str, data)} - set(self.fields)):
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), "There is no such field."))
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class TrackChangeSerializer(serializers.ModelSerializer):
    """The fields of a track to change. Fields that are left out stay as they are."""

    starred = serializers.BooleanField(required=False, help_text="Whether it has a star.")
    rating = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MAX_RATING,
        help_text="How much you like it, 1 to 5; null removes the rating.",
    )

    class Meta:
        model = Track
        fields = [*EDITABLE_FIELDS, "starred", "rating"]
        extra_kwargs = TrackFieldsSerializer.Meta.extra_kwargs


class MomentField(serializers.DateTimeField):
    """A time from outside, brought into the bounds within which times can be compared in any time zone."""

    def to_internal_value(self, value: Any) -> datetime:
        return bounded_moment(super().to_internal_value(value))


class ChangesQuerySerializer(serializers.Serializer):
    updated_since = MomentField()


class FileHashesSerializer(serializers.Serializer):
    """Files by their hashes."""

    sha256 = serializers.ListField(
        child=serializers.RegexField("^[0-9a-f]{64}$"),
        min_length=1,
        max_length=1000,
        help_text="The SHA-256 of up to 1,000 files, in lower-case hexadecimal.",
    )


class HashCheckSerializer(serializers.Serializer):
    """Which files are in your library."""

    here = serializers.DictField(
        child=serializers.UUIDField(), help_text="The id of each track, by its file's SHA-256."
    )
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="The hashes of files that are not."
    )


class UploadSerializer(serializers.Serializer):
    """A file to upload."""

    # The service refuses empty files and long names, with codes and messages of its own.
    file = serializers.FileField(allow_empty_file=True, help_text="The audio file.")

    def validated_file(self) -> UploadedFile:
        """The file. Raises ValidationError when the request has none."""
        self.is_valid(raise_exception=True)
        file: UploadedFile = self.validated_data["file"]
        return file


class TrackUploadSerializer(UploadSerializer):
    """A file to upload, and where it was."""

    relative_path = serializers.CharField(
        required=False,
        allow_blank=True,
        write_only=True,
        help_text=(
            "The file's path from the folder that is uploaded, such as `Foundry/CD 1/02 Slag.flac`. A picture that "
            "comes from the same folder within a day, by the tus protocol, then is the cover of the tracks that have "
            "none of their own. For several files, one for each, in the same order."
        ),
    )


class UploadResultSerializer(serializers.Serializer):
    """The result for one of several uploaded files."""

    file = serializers.CharField(help_text="The file's name, as sent.")
    track = UploadedTrackSerializer(allow_null=True, help_text="Null when the file was refused.")
    error = ErrorSerializer(allow_null=True, help_text="Why it was refused; null when it was accepted.")


class UploadResultsSerializer(serializers.Serializer):
    """The results of several uploaded files."""

    results = UploadResultSerializer(many=True, help_text="One for each file, in the order sent.")


class ClassificationModelSerializer(serializers.Serializer):
    """The model that classified a file."""

    name = serializers.CharField(help_text="The name of the model.")
    version = serializers.CharField(help_text="Its version.")


class ClassificationSerializer(serializers.Serializer):
    """What the model predicted for a file."""

    file = serializers.CharField(help_text="The file's name.")
    label = serializers.CharField(allow_null=True, help_text="The genre; null when the model is not sure.")  # type: ignore[assignment]
    top = serializers.CharField(help_text="The most probable genre.")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="The probability of each genre; they sum to 1."
    )
    moods = serializers.DictField(
        child=serializers.FloatField(),
        default=dict,
        help_text="The score of each mood: the share of all music that has less of it.",
    )
    segments = SegmentSerializer(many=True, help_text="The predictions for each part of the file.")
    duration = serializers.FloatField(help_text="The length of the file, in seconds.")
    model = ClassificationModelSerializer()


@extend_schema_serializer(component_name="OriginalAnswer")
class FileUploadResultSerializer(serializers.Serializer):
    """The response of `POST /file-upload`."""

    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The most probable genre, also when the model is not sure: see `sure`."
    )
    sure = serializers.BooleanField(help_text="Whether the model is sure of it.")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="The probability of each genre; they sum to 1."
    )
