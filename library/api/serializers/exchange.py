"""What goes in and comes out as a document."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import example


class ImportSerializer(serializers.Serializer):
    # Emptiness is judged by the service, with its own code and sentence.
    file = serializers.FileField(allow_empty_file=True, help_text="An export, as JSON.")


@extend_schema_serializer(
    examples=example(
        {
            "matched": 2,
            "unmatched": 1,
            "missing": ["03 crossing.mp3"],
            "done": {"tags": 1, "taggings": 2, "verdicts": 1},
        }
    )
)
class ImportReportSerializer(serializers.Serializer):
    """What an import found and did."""

    matched = serializers.IntegerField(help_text="Tracks of the export whose files are here.")
    unmatched = serializers.IntegerField(help_text="Those whose files are not: nothing was done about them.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="The file names of the first of these."
    )
    done = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many of what were added: `genres`, `tags`, …"
    )
