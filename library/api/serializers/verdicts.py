"""Verdicts: what people say the genre of a track is."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import schema_example
from library.models import Verdict
from library.models.tracks import GENRE_LENGTH


@extend_schema_serializer(examples=schema_example({"genre": "jazz"}))
class VerdictCreateSerializer(serializers.Serializer):
    """The genre to set."""

    genre = serializers.CharField(
        max_length=GENRE_LENGTH,
        allow_null=True,
        help_text="The key of a built-in genre or of one of your own; null withdraws your verdict.",
    )


class VerdictSerializer(serializers.ModelSerializer):
    """A verdict: what you or a reviewer said the genre is."""

    by = serializers.SerializerMethodField(help_text="Who gave it: `you` or `reviewer`.")
    before = serializers.SerializerMethodField(
        help_text="The track's genre before; null when there was none."
    )
    genre = serializers.SerializerMethodField(
        help_text="The genre of this verdict; null when a verdict was withdrawn."
    )

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
