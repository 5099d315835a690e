"""Bulk actions: one change to many tracks, in batches, with a single undo.

The tracks of an action are fixed when it is requested. It is then carried out batch by batch, each in a short
transaction, by the requesting process or by a worker. So nobody has to wait for a whole library, a worker resumes an
action whose process died, and an action can be watched and cancelled.
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

from library.errors import DomainError
from library.models import BulkAction, BulkActionTrack, Track, User
from library.services import analysis_queue as queue
from library.services import genres, playlists, tags
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.bin import tracks_move_to_bin, tracks_purge, tracks_restore
from library.services.bulk_action_records import bulk_action_targets_add
from library.services.jobs import job_enqueue
from library.text import track_count_text

#: An unfinished action that has not changed for this long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)
State = BulkActionTrack.State


@dataclass(frozen=True)
class BulkActionDefinition:
    """How one kind of action is carried out on a batch of tracks, and undone.

    `apply` gets the ids of a batch of tracks, in their order. It returns the ids of those it changed, each with what
    `undo` needs to know about that track (or None). `undo` gets the rows of a batch of tracks that were changed, and
    returns for how many of them it undid something.
    """

    apply: Callable[[BulkAction, list[UUID]], Mapping[UUID, Any]] | None = None
    undo: Callable[[BulkAction, list[BulkActionTrack]], int] | None = None
    #: What follows when all of its tracks are done, in the transaction of the last batch.
    finish: Callable[[BulkAction], None] | None = None


def _delete_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    # A reviewer may delete tracks of several owners. Each owner finds theirs in their own bin.
    return dict.fromkeys(
        pk for owner, some in _by_owner(ids).items() for pk in tracks_move_to_bin(owner=owner, track_ids=some)
    )


def _delete_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    by_owner = _by_owner([target.track_id for target in targets])
    return sum(len(tracks_restore(owner=owner, track_ids=some)) for owner, some in by_owner.items())


def _purge_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    for owner, some in _by_owner(ids).items():
        tracks_purge(owner=owner, track_ids=some)
    return dict.fromkeys(ids)


def _by_owner(ids: list[UUID]) -> dict[User, list[UUID]]:
    tracks: dict[User, list[UUID]] = {}
    for track in Track.all_objects.filter(pk__in=ids).select_related("owner").only("pk", "owner"):
        tracks.setdefault(track.owner, []).append(track.pk)
    return tracks


BULK_ACTION_DEFINITIONS: dict[BulkAction.Kind, BulkActionDefinition] = {
    BulkAction.Kind.GENRE: BulkActionDefinition(
        genres.genres_set_apply, genres.genres_set_undo, genres.genres_set_finish
    ),
    BulkAction.Kind.TAG: BulkActionDefinition(tags.tracks_tag_apply, tags.tracks_tag_undo),
    BulkAction.Kind.UNTAG: BulkActionDefinition(tags.tracks_untag_apply, tags.tracks_untag_undo),
    BulkAction.Kind.MERGE: BulkActionDefinition(undo=tags.tag_merge_undo),
    BulkAction.Kind.PLAYLIST_ADD: BulkActionDefinition(
        playlists.playlist_append_apply, playlists.playlist_append_undo
    ),
    BulkAction.Kind.PLAYLIST_DELETE: BulkActionDefinition(undo=playlists.playlist_delete_undo),
    BulkAction.Kind.PLAYLIST_REMOVE: BulkActionDefinition(undo=playlists.playlist_remove_undo),
    BulkAction.Kind.ANALYSE: BulkActionDefinition(queue.tracks_analyse_again_apply),
    BulkAction.Kind.DELETE: BulkActionDefinition(_delete_apply, _delete_undo),
    BulkAction.Kind.PURGE: BulkActionDefinition(_purge_apply),
}


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
    assert definition.apply is not None
    with transaction.atomic():
        current = BulkAction.objects.select_for_update().get(pk=action.pk)
        if current.is_finished:
            return False
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
        current.status = BulkAction.Status.DONE if is_last else BulkAction.Status.RUNNING
        current.save(update_fields=["done", "skipped", "status", "updated_at"])
    return not is_last


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
