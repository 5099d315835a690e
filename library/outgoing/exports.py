"""Exports as downloads that are sent while they are written."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from library.outgoing.streams import StreamedResponse, joined_blocks


def export_response(texts: Iterator[str], extension: str) -> StreamedResponse:
    """A download of an export. `extension` is "json" or "csv"."""
    content_type = {"json": "application/json", "csv": "text/csv; charset=utf-8"}[extension]
    response = StreamedResponse(joined_blocks(texts), content_type=content_type)
    filename = f"earmark-library-{timezone.localdate().isoformat()}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "private, no-store"
    return response
