"""Rows for bulk actions and their tracks, by which an action can be followed and undone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from library.models import BulkAction, BulkActionTrack, User
from library.services.batches import BATCH_SIZE, WritePauses


@dataclass(frozen=True, slots=True)
class TakenBatch:
    """A batch of tracks from which a tag or a playlist was removed that an action deletes.

    `tracks` are ids, each with what an undo needs to know about that track (or None).
    """

    tracks: list[tuple[UUID, Any]]
    is_last: bool


def bulk_action_record(
    *,
    person: User,
    kind: BulkAction.Kind,
    summary: str,
    data: dict[str, Any],
    tracks: Iterable[tuple[UUID, Any]],
) -> BulkAction:
    """Record an action that was carried out already, in the caller's transaction.

    `data` is what an undo needs to know besides the tracks; `tracks` are ids, each with what an undo needs to know
    about that track (or None). Tracks in the bin are recorded, but not counted (except by deletions).
    """
    action = BulkAction.objects.create(person=person, kind=kind, summary=summary[:200], data=data)
    bulk_action_targets_add(action=action, tracks=tracks, state=BulkActionTrack.State.DONE)
    counted = (
        action.targets.all()
        if kind == BulkAction.Kind.DELETE
        else action.targets.filter(track__deleted_at=None)
    )
    action.total = action.done = counted.count()
    action.save(update_fields=["total", "done"])
    return action


def bulk_action_targets_add(
    *, action: BulkAction, tracks: Iterable[tuple[UUID, Any]], state: BulkActionTrack.State
) -> int:
    """Add tracks to an action, in their order; returns how many."""
    count, pauses = 0, WritePauses()
    for batch in itertools.batched(tracks, BATCH_SIZE):
        rows = [
            BulkActionTrack(action=action, track_id=track_id, state=state, before=before)
            for track_id, before in batch
        ]
        count += len(BulkActionTrack.objects.bulk_create(rows))
        pauses.take()
    return count
