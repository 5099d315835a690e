"""Bulk actions: the same thing done to many tracks, in batches, with one undo for all of it.

Which tracks an action is about is fixed when it is asked for. Then it is done batch by batch, each in a short
transaction of its own, at once or by a worker. So nobody waits for a whole library, a process that dies loses
nothing (a worker goes on where it was), and an action can be watched and cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.errors import Refused
from library.models import Act, BulkActionTrack, Track, User
from library.services import genres, playlists, queue, tags
from library.services.action_records import targets_add
from library.services.bin import tracks_bin, tracks_purge, tracks_restore
from library.services.jobs import job_enqueue

#: No transaction may hold others up: to delete 500 tracks for good took 0.85 s in a library of 30,000.
BATCH = 250
#: An action that has shown no sign of life for so long belongs to a process that died.
PATIENCE = timedelta(minutes=2)
State = BulkActionTrack.State


@dataclass(frozen=True)
class Definition:
    """How one kind of action is done to some tracks and undone.

    `apply` gets the ids of some of the tracks, in their order. It returns the ids of those it changed, each with
    what `undo` needs to know about it (or None); the others were left as they were. `undo` gets the rows of some
    of the tracks that were changed, and returns on how many it took something back.
    """

    apply: Callable[[Act, list[UUID]], Mapping[UUID, Any]] | None = None
    undo: Callable[[Act, list[BulkActionTrack]], int] | None = None


def _delete_apply(action: Act, ids: list[UUID]) -> dict[UUID, None]:
    # A reviewer deletes tracks of others, who then find them in their own bins.
    return dict.fromkeys(
        pk for owner, some in _by_owner(ids).items() for pk in tracks_bin(owner=owner, track_ids=some)
    )


def _delete_undo(action: Act, targets: list[BulkActionTrack]) -> int:
    by_owner = _by_owner([target.track_id for target in targets])
    return sum(len(tracks_restore(owner=owner, track_ids=some)) for owner, some in by_owner.items())


def _purge_apply(action: Act, ids: list[UUID]) -> dict[UUID, None]:
    for owner, some in _by_owner(ids).items():
        tracks_purge(owner=owner, track_ids=some)
    return dict.fromkeys(ids)


def _by_owner(ids: list[UUID]) -> dict[User, list[UUID]]:
    tracks: dict[User, list[UUID]] = {}
    for track in Track.all_objects.filter(pk__in=ids).select_related("owner").only("pk", "owner"):
        tracks.setdefault(track.owner, []).append(track.pk)
    return tracks


DEFINITIONS: dict[Act.Kind, Definition] = {
    Act.Kind.GENRE: Definition(genres.genres_apply, genres.genres_undo),
    Act.Kind.TAG: Definition(tags.tag_apply, tags.tag_undo),
    Act.Kind.UNTAG: Definition(tags.untag_apply, tags.untag_undo),
    Act.Kind.MERGE: Definition(undo=tags.merge_undo),
    Act.Kind.PLAYLIST: Definition(playlists.append_apply, playlists.append_undo),
    Act.Kind.UNLIST: Definition(undo=playlists.delete_undo),
    Act.Kind.TAKE_OUT: Definition(undo=playlists.remove_undo),
    Act.Kind.ANALYSE: Definition(queue.analyse_again_apply),
    Act.Kind.DELETE: Definition(_delete_apply, _delete_undo),
    Act.Kind.PURGE: Definition(_purge_apply),
}


@dataclass(frozen=True)
class Terms:
    """How an action is asked for: on how many tracks it was meant (None: however many), and whether by a worker."""

    expected: int | None = None
    later: bool = False


NOW = Terms()


class SelectionChanged(Refused):
    """A search finds another number of tracks than were shown when the action was asked for."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        was, now = (f"{count:,} track{'' if count == 1 else 's'}" for count in (expected, found))
        super().__init__(
            "selection_changed", f"This was asked for {was}, but it would be {now} now. Nothing was done."
        )


def action_begin(
    kind: Act.Kind, tracks: QuerySet[Track], person: User, summary: str, data: dict[str, Any], terms: Terms
) -> Act:
    """Fix which tracks are meant; then do it, or leave it to a worker. Raises SelectionChanged."""
    ids = list(dict.fromkeys(tracks.values_list("pk", flat=True)))
    if terms.expected is not None and terms.expected != len(ids):
        raise SelectionChanged(terms.expected, len(ids))
    action = Act.objects.create(
        person=person, kind=kind, summary=summary[:200], data=data, status=Act.Status.QUEUED, total=len(ids)
    )
    # Batch by batch: to write down a whole library at once would hold up everybody else who writes.
    targets_add(action=action, tracks=((pk, None) for pk in ids), state=State.PENDING)
    if terms.later:
        transaction.on_commit(lambda: action_enqueue(action_id=action.pk), robust=True)
    return action if terms.later else action_run(action=action)


def action_enqueue(*, action_id: UUID) -> None:
    """Have a worker do what is left of an action, before the analyses that wait."""
    job_enqueue("run_bulk_action", str(action_id), priority=50)


def action_run(*, action: Act) -> Act:
    """Do what is left of an action, batch by batch, until it is done, has failed, or somebody cancels it.

    Several processes may be at it: each batch is done once. Raises Refused when a batch is refused, or whatever
    else a batch raises; then the action has failed. Only a database that is away leaves it to be gone on with.
    """
    apply = DEFINITIONS[Act.Kind(action.kind)].apply
    assert apply is not None
    try:
        while _batch_run(action, apply):
            pass
    except Refused as error:
        _status_set(action, Act.Status.FAILED, error=error.message[:255])
        raise
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Or else it would be queued again for ever.
        _status_set(
            action, Act.Status.FAILED, error="Something went wrong in Earmark itself. It has been noted."
        )
        raise
    action.refresh_from_db()
    return action


def action_run_queued(*, action_id: UUID | str) -> None:
    """What a worker does with a queued action. One that is refused has failed, and says why on its row."""
    action = Act.objects.filter(pk=action_id).first()
    if action:
        with suppress(Refused):
            action_run(action=action)


def _batch_run(action: Act, apply: Callable[[Act, list[UUID]], Mapping[UUID, Any]]) -> bool:
    """One batch; False when there is none left, or none is to be done any more."""
    with transaction.atomic():
        current = Act.objects.select_for_update().get(pk=action.pk)
        if current.is_finished:
            return False
        targets = list(current.targets.filter(state=State.PENDING)[:BATCH])
        changed = apply(current, [target.track_id for target in targets]) if targets else {}
        _targets_mark(targets, changed)
        current.done += len(changed)
        is_last = len(targets) < BATCH
        current.skipped += len(targets) - len(changed)
        if is_last:  # with those that were deleted for good before their turn
            current.skipped = current.total - current.done
        current.status = Act.Status.DONE if is_last else Act.Status.RUNNING
        current.save(update_fields=["done", "skipped", "status", "updated_at"])
    return not is_last


def _targets_mark(targets: list[BulkActionTrack], changed: Mapping[UUID, Any]) -> None:
    """Note what became of each track. Those that were deleted for good have taken their rows with them."""
    done = [target for target in targets if target.track_id in changed]
    ids = [target.pk for target in done]
    skipped = [target.pk for target in targets if target.track_id not in changed]
    BulkActionTrack.objects.filter(pk__in=ids).update(state=State.DONE)
    BulkActionTrack.objects.filter(pk__in=skipped).update(state=State.SKIPPED)
    known = [target for target in done if changed[target.track_id] is not None]
    for target in known:
        target.before = changed[target.track_id]
    BulkActionTrack.objects.bulk_update(known, ["before"], BATCH)


def action_cancel(*, action: Act) -> Act:
    """Do no more of an action; what it has done stays until it is undone. Raises Refused: `finished_already`."""
    if not _status_set(action, Act.Status.CANCELLED):
        raise Refused("finished_already", "This is no longer running, so there is nothing to cancel.")
    action.refresh_from_db()
    return action


def _status_set(action: Act, status: Act.Status, **fields: Any) -> bool:
    unfinished = Act.objects.filter(pk=action.pk, status__in=(Act.Status.QUEUED, Act.Status.RUNNING))
    return bool(unfinished.update(status=status, updated_at=timezone.now(), **fields))


def actions_resume() -> int:
    """Queue again what was left undone by processes that died; returns how many actions.

    One whose process died before all of its tracks were written down has failed: nothing of it was done.
    """
    before = timezone.now() - PATIENCE
    count = 0
    left = Act.objects.filter(status__in=(Act.Status.QUEUED, Act.Status.RUNNING), updated_at__lt=before)
    for action in left.defer("data"):
        if action.status == Act.Status.QUEUED and action.targets.count() < action.total:
            _status_set(
                action, Act.Status.FAILED, error="It was interrupted before it began. Nothing was done."
            )
            continue
        # Whoever moves the time forward is the one that queues it.
        if Act.objects.filter(pk=action.pk, updated_at=action.updated_at).update(updated_at=timezone.now()):
            action_enqueue(action_id=action.pk)
            count += 1
    return count


def act_undo(*, act: Act) -> int:
    """Undo an action where it still stands; returns on how many tracks something was taken back.

    Raises Refused: `undone_already`, `in_progress` (cancel it first), `no_undo`.
    """
    undo = DEFINITIONS[Act.Kind(act.kind)].undo
    if undo is None:
        raise Refused("no_undo", "This cannot be undone.")
    with transaction.atomic():
        current = Act.objects.select_for_update().get(pk=act.pk)
        if not current.is_finished:
            raise Refused("in_progress", "This is still being done. Cancel it first.")
        if current.undone_at and not current.targets.filter(state=State.DONE).exists():
            raise Refused("undone_already", "That has been undone already.")
        current.undone_at = current.undone_at or timezone.now()
        current.save(update_fields=["undone_at"])
    count, again = 0, True
    while again:
        done, again = _batch_undo(current, undo)
        count += done
    return count


def _batch_undo(action: Act, undo: Callable[[Act, list[BulkActionTrack]], int]) -> tuple[int, bool]:
    """On how many tracks of one batch something was taken back, and whether there is another batch."""
    with transaction.atomic():
        current = Act.objects.select_for_update().get(pk=action.pk)
        targets = list(current.targets.filter(state=State.DONE)[:BATCH])
        count = undo(current, targets)
        current.targets.filter(pk__in=[target.pk for target in targets]).update(state=State.UNDONE)
    return count, len(targets) == BATCH
