"""What a track's file says about itself."""

from __future__ import annotations

from rest_framework import serializers

from library.models import FileTags
from library.models.tracks import EDITABLE


class FileTagsSerializer(serializers.ModelSerializer):
    """The tags of a track's file, whatever you have put in their place."""

    values = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Every text in the file's tags, under the names of the file's own format.",
    )
    read_at = serializers.DateTimeField(
        allow_null=True, help_text="When the file was read; null as long as it was not."
    )

    class Meta:
        model = FileTags
        fields = ["title", "artist", "album", "year", "genre", "values", "read_at"]
        read_only_fields = fields


class ResetSerializer(serializers.Serializer):
    """Which fields of a track are to be what the file says."""

    # DRF's metaclass takes fields out of the class, so that this hides nothing.
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.ChoiceField(EDITABLE), allow_empty=False
    )
