"""Imports of a library."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import schema_example


class ImportSerializer(serializers.Serializer):
    """The export to import."""

    # The service refuses empty files, with a code and message of its own.
    file = serializers.FileField(allow_empty_file=True, help_text="An export in JSON.")


@extend_schema_serializer(
    examples=schema_example(
        {
            "matched": 2,
            "unmatched": 1,
            "missing": ["03 crossing.mp3"],
            "done": {"tags": 1, "taggings": 2, "verdicts": 1},
        }
    )
)
class ImportReportSerializer(serializers.Serializer):
    """What an import found and added."""

    matched = serializers.IntegerField(help_text="Tracks of the export whose files are in your library.")
    unmatched = serializers.IntegerField(help_text="Tracks whose files are not; they were skipped.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="The file names of the first skipped tracks."
    )
    done = serializers.DictField(
        child=serializers.IntegerField(), help_text="How much was added, by kind: `genres`, `tags`, …"
    )
