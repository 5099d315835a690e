"""Editing many tracks: bulk actions that people and programs ask for, and that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from library.errors import DomainError
from library.models import BulkAction, Track, User
from library.models.tracks import EDITABLE_FIELDS
from library.services.bulk_actions import DEFAULT_OPTIONS, BulkActionOptions, bulk_action_start
from library.services.edits import edit_clean
from library.text.filename_patterns import FILENAME_PATTERNS

#: What the editable fields are called, and the genre.
FIELD_NAMES = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "album_artist": "album artist",
    "disc_number": "disc",
    "disc_total": "number of discs",
    "track_number": "track number",
    "track_total": "number of tracks",
    "year": "year",
    "original_year": "first release",
    "compilation": "compilation",
    "genre": "genre",
}


def tracks_edit(
    *,
    tracks: QuerySet[Track],
    person: User,
    changes: Mapping[str, Any],
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Set some of the `EDITABLE_FIELDS` of many tracks of one person: values by field, "" or None to clear.

    Fields that are not named stay, and tracks that have all values are skipped. A later analysis does not overwrite
    what was set. Raises DomainError: `bad_value`, `selection_changed`.
    """
    data = edit_data(changes)
    summary = "Edited " + ", ".join(FIELD_NAMES[field] for field in EDITABLE_FIELDS if field in data["edit"])
    return _start(tracks, person, summary, data, options)


def tracks_reset(
    *,
    tracks: QuerySet[Track],
    person: User,
    fields: Iterable[str],
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Set fields of many tracks of one person as their files' tags say; later analyses may overwrite them again.

    Tracks that are as their files say are skipped, and those of which the tags have not been read yet.
    Raises DomainError: `bad_value`, `selection_changed`.
    """
    return _start(tracks, person, "Set as the file says", reset_data(fields), options)


def tracks_name_by_files(
    *, tracks: QuerySet[Track], person: User, pattern: str, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Set fields of many tracks of one person from the names of their files, by a key of `FILENAME_PATTERNS`.

    Tracks of which the file's name does not fit are skipped. Raises DomainError: `bad_value`, `selection_changed`.
    """
    return _start(tracks, person, "Named after the file", filename_data(pattern), options)


def edit_data(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What an action's data say about an edit. Raises DomainError: `bad_value`."""
    if not changes or not {*changes} <= {*EDITABLE_FIELDS}:
        raise DomainError("bad_value", f"Change some of {', '.join(EDITABLE_FIELDS)}.", 422)
    return {"edit": {field: edit_clean(field, value) for field, value in changes.items()}}


def reset_data(fields: Iterable[str]) -> dict[str, Any]:
    """What an action's data say about fields that are set as the file says. Raises DomainError: `bad_value`."""
    wanted = {*fields}
    known = [field for field in EDITABLE_FIELDS if field in wanted]
    if not known or len(known) < len(wanted):
        raise DomainError("bad_value", f"Choose some of {', '.join(EDITABLE_FIELDS)}.", 422)
    return {"reset": known}


def filename_data(pattern: str) -> dict[str, Any]:
    """What an action's data say about names of files. Raises DomainError: `bad_value`."""
    if pattern not in FILENAME_PATTERNS:
        raise DomainError("bad_value", f"Choose one of {', '.join(FILENAME_PATTERNS)}.", 422)
    return {"pattern": pattern}


def _start(
    tracks: QuerySet[Track], person: User, summary: str, data: dict[str, Any], options: BulkActionOptions
) -> BulkAction:
    """In the order of the albums, so that few of them are divided between batches."""
    in_order = tracks.order_by("album_entry_id", "pk")
    return bulk_action_start(BulkAction.Kind.EDIT, in_order, person, summary, data, options)
