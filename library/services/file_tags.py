"""The tags of files, stored apart from what owners edit."""

from __future__ import annotations

from typing import Any

from library.models import FileTags, Track

FIELDS = ("title", "artist", "album", "year", "genre")


def file_tags_record(*, track: Track, tags: dict[str, Any]) -> None:
    """Store the tags of a track's file, as `classifier` reads them."""
    known = {field: tags[field] for field in FIELDS if field in tags}
    FileTags.objects.update_or_create(
        track=track,
        defaults={"title": "", "artist": "", "album": "", "year": None, "genre": ""}
        | known
        | {"values": tags.get("values", {})},
    )
