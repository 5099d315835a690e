"""How people change a row that others may be changing at the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from library.errors import ConflictError, DomainError


def locked_row[Row: Model](row: Row) -> Row:
    """The row as it is now, locked until the transaction ends. Raises DomainError: `not_found`."""
    found = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise DomainError("not_found", "It is no longer there.", 404)
    return found


def changed_fields(changes: Mapping[str, Any], shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a person changed: the fields that differ from what they were shown, or that they were not shown."""
    shown = shown or {}
    return {
        field: value
        for field, value in changes.items()
        if field not in shown or not _same(value, shown[field])
    }


def pending_changes(
    row: Model, changes: Mapping[str, Any], shown: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Which of the changes a locked row still lacks.

    Raises ConflictError when one of its fields is by now neither what the person was shown nor what they want.
    """
    due = {field: value for field, value in changes.items() if getattr(row, field) != value}
    shown = shown or {}
    conflicting = {
        field: getattr(row, field)
        for field in due
        if field in shown and not _same(getattr(row, field), shown[field])
    }
    if conflicting:
        raise ConflictError(current=conflicting, wanted={field: due[field] for field in conflicting})
    return due


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same in a form, where spaces are not told apart."""
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return bool(one == other)
