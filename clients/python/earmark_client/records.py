"""What the site answers about changes and bulk actions."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict


class Deletion(TypedDict):
    id: str
    deleted_at: str


@dataclass(frozen=True)
class Changes:
    """A page of changes. To keep a copy, first take out what was deleted, then put in the tracks."""

    tracks: list[dict[str, Any]]
    deleted: list[Deletion]
    #: Where the next page starts: for `Library.changes`, now or another day.
    resume: str


@dataclass(frozen=True)
class BulkAction:
    """Something that is done to many tracks, and how far it is.

    `status` is `queued`, `running`, `done`, `failed` or `cancelled`. What is done and cannot be undone has no `id`.
    """

    id: str | None = None
    status: str = "done"
    total: int = 0
    done: int = 0
    skipped: int = 0
    kind: str = ""
    summary: str = ""
    created_at: str | None = None
    undone_at: str | None = None

    @property
    def finished(self) -> bool:
        return self.status not in ("queued", "running")

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> BulkAction:
        """From the site's JSON; one that was done at once says no more than `id`, `done` and `skipped`."""
        known = {
            field.name: answer[field.name] for field in fields(cls) if answer.get(field.name) is not None
        }
        action = cls(**known)
        return action if "total" in known else replace(action, total=action.done + action.skipped)
