"""Bulk actions: one change to many tracks, in batches, with a single undo.

The tracks of an action are fixed when it is requested. It is then carried out batch by batch, each in a short
transaction, by the requesting process or by a worker. So nobody has to wait for a whole library, a worker resumes an
action whose process died, and an action can be watched and cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.errors import DomainError
from library.models import BulkAction, BulkActionTrack, Track, User
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.bulk_action_definitions import BULK_ACTION_DEFINITIONS, BulkActionDefinition
from library.services.bulk_action_records import bulk_action_targets_add
from library.services.jobs import job_enqueue
from library.text import track_count_text

#: An unfinished action that has not changed for this long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)
State = BulkActionTrack.State


@dataclass(frozen=True)
class BulkActionOptions:
    """Options of a request.

    `expected`: the number of tracks that the person was shown, None for any. `in_background`: a worker carries the
    action out.
    """

    expected: int | None = None
    in_background: bool = False


DEFAULT_OPTIONS = BulkActionOptions()


class SelectionChangedError(DomainError):
    """A search finds another number of tracks by now than the person was shown."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        was, now = (track_count_text(count) for count in (expected, found))
        super().__init__(
            "selection_changed",
            f"This was meant for {was}, but the search finds {now} now. Nothing was changed.",
        )


def bulk_action_start(
    kind: BulkAction.Kind,
    tracks: QuerySet[Track],
    person: User,
    summary: str,
    data: dict[str, Any],
    options: BulkActionOptions,
) -> BulkAction:
    """Record which tracks an action is about; then carry it out, or leave that to a worker.

    Raises SelectionChangedError.
    """
    ids = list(dict.fromkeys(tracks.values_list("pk", flat=True)))
    if options.expected is not None and options.expected != len(ids):
        raise SelectionChangedError(options.expected, len(ids))
    action = BulkAction.objects.create(
        person=person,
        kind=kind,
        summary=summary[:200],
        data=data,
        status=BulkAction.Status.QUEUED,
    )
    # Not one transaction: recording a whole library at once would keep everybody else from writing.
    action.total = bulk_action_targets_add(
        action=action, tracks=((pk, None) for pk in ids), state=State.PENDING
    )
    # Set last: an action without a total was interrupted before all of its tracks were recorded.
    action.save(update_fields=["total", "updated_at"])
    if options.in_background:
        transaction.on_commit(lambda: bulk_action_enqueue(action_id=action.pk), robust=True)
    return action if options.in_background else bulk_action_run(action=action)


def removal_start(
    *,
    kind: BulkAction.Kind,
    person: User,
    summary: str,
    data: dict[str, Any],
    total: int,
    in_background: bool,
) -> BulkAction:
    """Delete a tag or a playlist in batches, in which it is removed from its tracks; or leave that to a worker.

    `total`: the number of these tracks, to show the progress. It stays until the last batch: one that was cancelled or
    interrupted is still on the other tracks.
    """
    action = BulkAction.objects.create(
        person=person,
        kind=kind,
        summary=summary[:200],
        data=data | {"deletes": True},
        total=total,
        status=BulkAction.Status.RUNNING,
    )
    if in_background:
        transaction.on_commit(lambda: bulk_action_enqueue(action_id=action.pk), robust=True)
        return action
    return bulk_action_run(action=action)


def bulk_action_enqueue(*, action_id: UUID) -> None:
    """Have a worker carry out the rest of an action, before any waiting analysis."""
    job_enqueue("run_bulk_action", str(action_id), priority=50)


def bulk_action_run(*, action: BulkAction) -> BulkAction:
    """Carry out the rest of an action, batch by batch, until it is done, fails or is cancelled.

    Several processes may run it at once: each batch is carried out once. Whatever a batch raises marks the action
    failed and is raised again, except when the database is unavailable: then a worker resumes the action later.
    """
    definition = BULK_ACTION_DEFINITIONS[BulkAction.Kind(action.kind)]
    pauses = WritePauses()
    try:
        while _batch_run(action, definition):
            pauses.take()
    except DomainError as error:
        _status_set(action, BulkAction.Status.FAILED, error=error.message[:255])
        raise
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Otherwise it would be queued again for ever.
        _status_set(
            action,
            BulkAction.Status.FAILED,
            error="Something went wrong on the server. The error has been logged.",
        )
        raise
    action.refresh_from_db()
    return action


def bulk_action_run_queued(*, action_id: UUID | str) -> None:
    """Carry out a queued action, if it still exists. When it is refused, its `error` says why."""
    action = BulkAction.objects.filter(pk=action_id).first()
    if action:
        with suppress(DomainError):
            bulk_action_run(action=action)


def _batch_run(action: BulkAction, definition: BulkActionDefinition) -> bool:
    """Carry out one batch; False when it was the last one, or the action has ended."""
    with transaction.atomic():
        current = BulkAction.objects.select_for_update().get(pk=action.pk)
        if current.is_finished:
            return False
        is_last = (_remove if current.data.get("deletes") else _apply)(current, definition)
        current.status = BulkAction.Status.DONE if is_last else BulkAction.Status.RUNNING
        current.save(update_fields=["total", "done", "skipped", "status", "updated_at"])
    return not is_last


def _apply(current: BulkAction, definition: BulkActionDefinition) -> bool:
    """Do to the next tracks of a locked action what it does; returns whether they were the last."""
    assert definition.apply is not None
    targets = list(current.targets.filter(state=State.PENDING)[:BATCH_SIZE])
    changed = definition.apply(current, [target.track_id for target in targets]) if targets else {}
    _targets_mark(targets, changed)
    current.done += len(changed)
    is_last = len(targets) < BATCH_SIZE
    current.skipped += len(targets) - len(changed)
    if is_last:  # counts tracks that were deleted for good before their turn
        current.skipped = current.total - current.done
        if definition.finish:
            definition.finish(current)
    return is_last


def _remove(current: BulkAction, definition: BulkActionDefinition) -> bool:
    """Remove what a locked action deletes from the next tracks; returns whether they were the last.

    Tracks in the bin are recorded, so that they get it back by an undo, but not counted.
    """
    assert definition.remove is not None
    taken = definition.remove(current)
    bulk_action_targets_add(action=current, tracks=taken.tracks, state=State.DONE)
    ids = [pk for pk, _ in taken.tracks]
    live = set(Track.objects.filter(pk__in=ids).values_list("pk", flat=True))
    current.done += sum(pk in live for pk in ids)
    current.total = current.done if taken.is_last else max(current.total, current.done)
    return taken.is_last


def _targets_mark(targets: list[BulkActionTrack], changed: Mapping[UUID, Any]) -> None:
    """Record the outcome for each track. Rows of tracks that were deleted for good are gone."""
    done = [target for target in targets if target.track_id in changed]
    ids = [target.pk for target in done]
    skipped = [target.pk for target in targets if target.track_id not in changed]
    BulkActionTrack.objects.filter(pk__in=ids).update(state=State.DONE)
    BulkActionTrack.objects.filter(pk__in=skipped).update(state=State.SKIPPED)
    known = [target for target in done if changed[target.track_id] is not None]
    for target in known:
        target.before = changed[target.track_id]
    BulkActionTrack.objects.bulk_update(known, ["before"], BATCH_SIZE)


def bulk_action_cancel(*, action: BulkAction) -> BulkAction:
    """Stop an action; what it has changed so far stays until it is undone. Raises DomainError: `finished_already`."""
    if not _status_set(action, BulkAction.Status.CANCELLED):
        raise DomainError("finished_already", "This has finished already, so it cannot be cancelled.")
    action.refresh_from_db()
    return action


def _status_set(action: BulkAction, status: BulkAction.Status, **fields: Any) -> bool:
    unfinished = BulkAction.objects.filter(pk=action.pk, status__in=BulkAction.UNFINISHED)
    return bool(unfinished.update(status=status, updated_at=timezone.now(), **fields))


def bulk_actions_resume() -> int:
    """Queue again the unfinished actions of processes that died; returns how many.

    One whose process died before all of its tracks were recorded is marked failed: nothing of it was carried out.
    """
    before = timezone.now() - STALLED_AFTER
    count = 0
    left = BulkAction.objects.filter(status__in=BulkAction.UNFINISHED, updated_at__lt=before)
    for action in left.defer("data"):
        if action.status == BulkAction.Status.QUEUED and not action.total:
            _status_set(
                action,
                BulkAction.Status.FAILED,
                error="This was interrupted before it began. Nothing was changed.",
            )
            continue
        # Of several workers that sweep, the one whose update changes the row queues the action.
        if BulkAction.objects.filter(pk=action.pk, updated_at=action.updated_at).update(
            updated_at=timezone.now()
        ):
            bulk_action_enqueue(action_id=action.pk)
            count += 1
    return count
