"""Edits of what a track is called and where it belongs, and their reset to what the file's tags say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from classifier.visible import has_invisible
from library import selectors
from library.errors import DomainError
from library.models import Track
from library.models.tracks import EDITABLE_FIELDS, MAX_NUMBER
from library.services.album_names import NAME_COLUMNS
from library.services.albums import albums_recompute
from library.services.analysis import derived_names_recompute
from library.services.edit_conflicts import changed_fields, locked_row, owner_lock, pending_changes
from library.services.file_tags import ids_from_file, ids_of_edited, ids_of_fields

#: Fields that make no difference to albums and artists.
NAMELESS_FIELDS = frozenset(EDITABLE_FIELDS) - frozenset(NAME_COLUMNS)


def track_edit(*, track: Track, shown: Mapping[str, Any] | None = None, **changes: Any) -> None:
    """Change some of the `EDITABLE_FIELDS`. A later analysis does not overwrite edited fields.

    Only fields that differ from what the person was `shown` are written. Raises DomainError: `bad_value`,
    `not_found`; ConflictError, when somebody else has changed such a field meanwhile.
    """
    wanted = {field: edit_clean(field, value) for field, value in changed_fields(changes, shown).items()}
    with transaction.atomic():
        owner_lock(owner=track.owner)
        current = locked_row(track)
        due = pending_changes(current, wanted, shown)
        if due:
            _write(current, due | ids_of_edited(current, due), edited={*current.edited, *due})
    track.refresh_from_db()


def track_reset(*, track: Track, fields: Iterable[str]) -> None:
    """Reset fields to what the file's tags say; later analyses may overwrite them again.

    Raises DomainError: `bad_value`, `not_found`; `not_read`, while the file's tags have not been read.
    """
    fields = set(fields)
    if not fields <= set(EDITABLE_FIELDS):
        raise DomainError("bad_value", f"Only {', '.join(EDITABLE_FIELDS)} can be reset.", 422)
    with transaction.atomic():
        owner_lock(owner=track.owner)
        current = locked_row(track)
        file_values = selectors.file_tag_values_of(current.owner, current)
        if not file_values:
            raise DomainError("not_read", "The file’s tags have not been read yet. Try again later.")
        values = {field: file_values[field] for field in fields}
        if ids_of_fields(fields):
            values |= ids_from_file(current, fields, selectors.file_tags_of(current.owner, current))
        _write(current, values, edited={*current.edited} - fields)
    track.refresh_from_db()


def _write(track: Track, values: Mapping[str, Any], edited: set[str]) -> None:
    for field, value in values.items():
        setattr(track, field, value)
    track.edited = sorted(edited)
    track.save(update_fields=[*values, "edited", *derived_names_recompute(track), "updated_at"])
    if not NAMELESS_FIELDS.issuperset(values):
        albums_recompute(owner=track.owner, track_ids=[track.pk])


def edit_clean(field: str, value: Any) -> Any:
    """A value for one of the `EDITABLE_FIELDS`, without superfluous white space. Raises DomainError: `bad_value`."""
    if field not in EDITABLE_FIELDS:
        raise ValueError(field)
    if field == "compilation":
        return bool(value)
    if field in ("year", "original_year"):
        if value is not None and not 1 <= value <= 9999:
            raise DomainError("bad_value", "A year has one to four digits.", 422)
        return value
    if field.endswith(("_number", "_total")):
        if value is not None and not 1 <= value <= MAX_NUMBER:
            raise DomainError("bad_value", f"Discs and tracks have numbers from 1 to {MAX_NUMBER}.", 422)
        return value
    text = " ".join(value.split())
    name = field.replace("_", " ")
    if len(text) > 255 or (field == "title" and not text):
        raise DomainError("bad_value", f"The {name} must be 1 to 255 characters of text.", 422)
    if has_invisible(text):
        raise DomainError("bad_value", f"The {name} has characters that nobody sees. Please type it in.", 422)
    return text
