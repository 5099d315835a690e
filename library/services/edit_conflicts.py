"""Changes to a row that somebody else may be changing at the same time: what differs, and what conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from library.errors import ConflictError, DomainError
from library.models import User


def locked_row[Row: Model](row: Row) -> Row:
    """The row as it is now, locked until the transaction ends. Raises DomainError: `not_found`."""
    found = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise DomainError("not_found", "This no longer exists.", 404)
    return found


def owner_lock(*, owner: User) -> bool:
    """Lock a person's row until the transaction ends, before rows of theirs; False if the account is gone.

    Others who do so wait: what is decided about the quota, albums and artists then holds when it is done.
    """
    return User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first() is not None


def changed_fields(changes: Mapping[str, Any], shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields whose value differs from what the person was shown, and those they were not shown."""
    shown = shown or {}
    return {
        field: value
        for field, value in changes.items()
        if field not in shown or not _same(value, shown[field])
    }


def pending_changes(
    row: Model, changes: Mapping[str, Any], shown: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The changes that a locked row does not have yet.

    Raises ConflictError when one of these fields has become something else than the person was shown.
    """
    due = {field: value for field, value in changes.items() if getattr(row, field) != value}
    shown = shown or {}
    conflicting = {
        field: getattr(row, field)
        for field in due
        if field in shown and not _same(getattr(row, field), shown[field])
    }
    if conflicting:
        raise ConflictError(current=conflicting, submitted={field: due[field] for field in conflicting})
    return due


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same, as a form shows them: amounts of white space do not matter."""
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return bool(one == other)
