"""The tags in a track's file."""

from __future__ import annotations

from rest_framework import serializers

from library.models import FileTags
from library.models.tracks import EDITABLE_FIELDS


class FileTagsSerializer(serializers.ModelSerializer):
    """The tags in a track's file, whatever you have changed since."""

    values = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="All texts in the file's tags, under the names that its format uses.",
    )
    read_at = serializers.DateTimeField(allow_null=True, help_text="When the file was read; null until then.")

    class Meta:
        model = FileTags
        fields = ["title", "artist", "album", "year", "genre", "values", "read_at"]
        read_only_fields = fields


class ResetSerializer(serializers.Serializer):
    """The fields to reset to the file's tags."""

    # DRF's metaclass moves fields out of the class, so this does not shadow `Serializer.fields`.
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.ChoiceField(EDITABLE_FIELDS),
        allow_empty=False,
        help_text="The names of the fields.",
    )
