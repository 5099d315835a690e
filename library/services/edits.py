"""Edits of title, artist, album and year, and their reset to what the file's tags say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from classifier.visible import has_invisible
from library import selectors
from library.errors import DomainError
from library.models import Track
from library.models.tracks import EDITABLE_FIELDS
from library.services.analysis import derived_names_recompute
from library.services.edit_conflicts import changed_fields, locked_row, pending_changes


def track_edit(*, track: Track, shown: Mapping[str, Any] | None = None, **changes: Any) -> None:
    """Change title, artist, album or year. A later analysis does not overwrite edited fields.

    Only fields that differ from what the person was `shown` are written. Raises DomainError: `bad_value`,
    `not_found`; ConflictError, when somebody else has changed such a field meanwhile.
    """
    wanted = {field: _clean(field, value) for field, value in changed_fields(changes, shown).items()}
    with transaction.atomic():
        current = locked_row(track)
        due = pending_changes(current, wanted, shown)
        if due:
            _write(current, due, edited={*current.edited, *due})
    track.refresh_from_db()


def track_reset(*, track: Track, fields: Iterable[str]) -> None:
    """Reset fields to what the file's tags say; later analyses may overwrite them again.

    Raises DomainError: `bad_value`, `not_found`; `not_read`, while the file's tags have not been read.
    """
    fields = set(fields)
    if not fields <= set(EDITABLE_FIELDS):
        raise DomainError("bad_value", f"Only {', '.join(EDITABLE_FIELDS)} can be reset.", 422)
    with transaction.atomic():
        current = locked_row(track)
        file_values = selectors.file_tag_values_of(current.owner, current)
        if not file_values:
            raise DomainError("not_read", "The file’s tags have not been read yet. Try again later.")
        _write(current, {field: file_values[field] for field in fields}, edited={*current.edited} - fields)
    track.refresh_from_db()


def _write(track: Track, values: Mapping[str, Any], edited: set[str]) -> None:
    for field, value in values.items():
        setattr(track, field, value)
    track.edited = sorted(edited)
    track.save(update_fields=[*values, "edited", *derived_names_recompute(track), "updated_at"])


def _clean(field: str, value: Any) -> Any:
    if field not in EDITABLE_FIELDS:
        raise ValueError(field)
    if field == "year":
        if value is not None and not 1 <= value <= 9999:
            raise DomainError("bad_value", "A year has one to four digits.", 422)
        return value
    text = " ".join(value.split())
    if len(text) > 255 or (field == "title" and not text):
        raise DomainError("bad_value", f"The {field} must be 1 to 255 characters of text.", 422)
    if has_invisible(text):
        raise DomainError(
            "bad_value", f"The {field} has characters that nobody sees. Please type it in.", 422
        )
    return text
