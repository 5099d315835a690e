"""The site's responses about changes and bulk actions, as objects."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict


class Deletion(TypedDict):
    id: str
    deleted_at: str


@dataclass(frozen=True)
class Changes:
    """A page of changes. To keep a copy of a library, first remove what was deleted, then add the tracks."""

    tracks: list[dict[str, Any]]
    deleted: list[Deletion]
    #: Where the next page starts, to be passed to `Library.changes`, now or later.
    resume: str


@dataclass(frozen=True)
class BulkAction:
    """A bulk action, and its progress.

    `status` is `queued`, `running`, `done`, `failed` or `cancelled`. An action that cannot be undone may have no `id`.
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
    def from_response(cls, response: dict[str, Any]) -> BulkAction:
        """From the site's JSON. That of an action done at once has only `id`, `done` and `skipped`."""
        known = {
            field.name: response[field.name] for field in fields(cls) if response.get(field.name) is not None
        }
        action = cls(**known)
        return action if "total" in known else replace(action, total=action.done + action.skipped)
