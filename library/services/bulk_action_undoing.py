"""Undoing bulk actions, batch by batch, in the requesting process or in a worker.

The row says when an undo last made progress, until it is complete: what a killed process has left, a worker finishes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from library.errors import DomainError
from library.models import BulkAction, BulkActionTrack
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.bulk_action_definitions import BULK_ACTION_DEFINITIONS
from library.services.jobs import job_enqueue

Undo = Callable[[BulkAction, list[BulkActionTrack]], int]
State = BulkActionTrack.State

#: An undo that has not got on for this long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)


def bulk_action_undo(*, action: BulkAction) -> int:
    """Undo an action on the tracks where it is still in effect; returns on how many.

    These may be more than its `done`: tracks in the bin are not counted, and may have been restored since.
    Raises DomainError: `undone_already`, `in_progress` (cancel it first), `no_undo`.
    """
    undo = _begin(action)
    count, again, pauses = 0, True, WritePauses()
    while again:
        done, again = _batch_undo(action, undo)
        count += done
        pauses.take()
    return count


def bulk_action_undo_later(*, action: BulkAction) -> None:
    """Have a worker undo an action. Raises DomainError as `bulk_action_undo` does."""
    with transaction.atomic():
        _begin(action)
        transaction.on_commit(lambda: _enqueue(action.pk), robust=True)


def bulk_action_undo_continue(*, action_id: UUID | str) -> None:
    """Do the rest of an undo that has begun, if the action still exists."""
    action = BulkAction.objects.exclude(undo_progress_at=None).filter(pk=action_id).first()
    if action is None:
        return
    try:
        bulk_action_undo(action=action)
    except (OperationalError, InterfaceError):
        raise  # the database may be back the next time
    except Exception:
        # Otherwise it would be enqueued again for ever.
        BulkAction.objects.filter(pk=action_id).update(undo_progress_at=None)
        raise


def bulk_action_undos_resume() -> int:
    """Enqueue the undos of processes that died; returns how many."""
    stalled = BulkAction.objects.filter(undo_progress_at__lt=timezone.now() - STALLED_AFTER)
    ids = list(stalled.values_list("pk", flat=True))
    stalled.filter(pk__in=ids).update(undo_progress_at=timezone.now())
    for pk in ids:
        _enqueue(pk)
    return len(ids)


def _enqueue(action_id: UUID) -> None:
    job_enqueue("undo_bulk_action", str(action_id), priority=50)


def _begin(action: BulkAction) -> Undo:
    """Record that an undo has begun; returns how a batch is undone."""
    undo = BULK_ACTION_DEFINITIONS[BulkAction.Kind(action.kind)].undo
    if undo is None:
        raise DomainError("no_undo", "This cannot be undone.")
    with transaction.atomic():
        current = BulkAction.objects.select_for_update().get(pk=action.pk)
        if not current.is_finished:
            raise DomainError("in_progress", "This is still running. Cancel it first.")
        if current.undone_at and not current.targets.filter(state=State.DONE).exists():
            raise DomainError("undone_already", "This has been undone already.")
        now = timezone.now()
        current.undone_at, current.undo_progress_at = current.undone_at or now, now
        current.save(update_fields=["undone_at", "undo_progress_at"])
    return undo


def _batch_undo(action: BulkAction, undo: Undo) -> tuple[int, bool]:
    """Undo one batch; returns on how many tracks it changed something, and whether there is another batch."""
    with transaction.atomic():
        current = BulkAction.objects.select_for_update().get(pk=action.pk)
        targets = list(current.targets.filter(state=State.DONE)[:BATCH_SIZE])
        count = undo(current, targets)
        current.targets.filter(pk__in=[target.pk for target in targets]).update(state=State.UNDONE)
        current.undone += len(targets)
        is_last = len(targets) < BATCH_SIZE
        current.undo_progress_at = None if is_last else timezone.now()
        current.save(update_fields=["undone", "undo_progress_at"])
    return count, not is_last
