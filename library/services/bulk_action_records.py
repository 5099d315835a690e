"""What a bulk action was about, on record: so that it can be followed, and undone as one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from library.models import BulkAction, BulkActionTrack, User

BATCH = 1000


def bulk_action_record(
    *,
    person: User,
    kind: BulkAction.Kind,
    summary: str,
    data: dict[str, Any],
    tracks: Iterable[tuple[UUID, Any]],
) -> BulkAction:
    """Record something that is done already, in the caller's transaction.

    `data` is what an undo needs to know besides the tracks; `tracks` are their ids, each with what an undo needs
    to know about it (or None). Tracks in the bin are recorded with the others, and not counted.
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
    """Write down which tracks an action is about, in their order; returns how many."""
    count = 0
    for some in itertools.batched(tracks, BATCH):
        rows = [
            BulkActionTrack(action=action, track_id=track_id, state=state, before=before)
            for track_id, before in some
        ]
        count += len(BulkActionTrack.objects.bulk_create(rows))
    return count
