"""Who hears which track: the queue, leases, and what becomes of a dead worker's track.

A worker owns a track while it holds the lease. Every write of a result is conditional on that lease,
so a worker that was thought dead and comes back late changes nothing.

Leases go by the database's clock, the one clock that all workers share.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from library.models import BulkAction, Track
from library.services.jobs import job_enqueue
from library.services.track_files import orphaned_files_delete

logger = logging.getLogger(__name__)

#: How long a worker may be silent before its track is given to another.
ANALYSIS_LEASE = timedelta(seconds=60)
#: How long an upload may wait while no worker has anything to do, before its task counts as lost.
LOST_TASK_AFTER = timedelta(minutes=5)
UNFINISHED = (Track.Status.QUEUED, Track.Status.ANALYSING)


def track_enqueue(*, track_id: uuid.UUID, low_priority: bool = False) -> None:
    """Have a track heard; `later` is after everything that somebody has just uploaded."""
    job_enqueue("analyse_track", str(track_id), priority=-10 if low_priority else None)


def track_analyse_again(*, track: Track) -> None:
    """Queue a finished track once more. One that is still waiting or being heard is left alone."""
    if tracks_requeue(Track.objects.filter(pk=track.pk)):
        track.refresh_from_db()
        transaction.on_commit(lambda: track_enqueue(track_id=track.pk))


def tracks_requeue(tracks: QuerySet[Track]) -> list[uuid.UUID]:
    """Set finished tracks back to waiting; which they were. Their tasks are the caller's to enqueue."""
    finished = tracks.order_by().exclude(status__in=UNFINISHED)
    ids = list(finished.values_list("pk", flat=True))
    finished.filter(pk__in=ids).update(
        status=Track.Status.QUEUED, stage="", error_code="", attempts=0, lease=None, leased_until=None,
        updated_at=timezone.now(),
    )  # fmt: skip
    return ids


def tracks_analyse_again_apply(action: BulkAction, ids: list[uuid.UUID]) -> dict[uuid.UUID, None]:
    """Queue some finished tracks once more. A worker writes their tasks, one for each track."""
    queued = tracks_requeue(Track.objects.filter(pk__in=ids))
    if queued:
        names = [str(pk) for pk in queued]
        transaction.on_commit(lambda: job_enqueue("enqueue_tracks", names))
    return dict.fromkeys(queued)


def tracks_enqueue(*, track_ids: Iterable[str]) -> None:
    """Write the tasks of tracks that wait to be heard again: behind those that were just uploaded."""
    with transaction.atomic():
        for track_id in track_ids:
            track_enqueue(track_id=uuid.UUID(track_id), low_priority=True)


def track_lease(*, track_id: uuid.UUID | str) -> Track | None:
    """Take a track for this worker, or return None if another has it, it is finished, or it is gone."""
    lease = uuid.uuid4()
    free = Q(status=Track.Status.QUEUED) | Q(status=Track.Status.ANALYSING, leased_until__lt=Now())
    taken = Track.objects.filter(
        free, pk=track_id, attempts__lt=settings.EARMARK_ANALYSIS_ATTEMPTS
    ).update(
        status=Track.Status.ANALYSING,
        stage="",
        error_code="",
        lease=lease,
        leased_until=Now() + ANALYSIS_LEASE,
        attempts=F("attempts") + 1,
        updated_at=timezone.now(),
    )  # fmt: skip
    return Track.objects.get(pk=track_id, lease=lease) if taken else None


def lease_extend(*, track: Track, **changes: Any) -> None:
    """Say that this worker is alive, and note how far it is.

    A database that is away for a moment is no reason to stop listening: the next time it may be there.
    """
    try:
        Track.objects.filter(pk=track.pk, lease=track.lease).update(
            leased_until=Now() + ANALYSIS_LEASE, updated_at=timezone.now(), **changes
        )
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        logger.warning("Track %s: the database did not hear how far it is.", track.pk)
        connection.close()


def lease_end(*, track: Track, **changes: Any) -> bool:
    """The last write of an analysis; False if the lease was lost and nothing was written."""
    written = Track.objects.filter(pk=track.pk, lease=track.lease).update(
        stage="", lease=None, leased_until=None, updated_at=timezone.now(), **changes
    )
    return bool(written)


def lease_fail(*, track: Track) -> bool:
    """Let go of a track that could not be heard for reasons of the server's own; False if the lease was lost.

    The sweep queues it again, within a minute; after the last attempt it fails with this reason.
    """
    let_go = Track.objects.filter(pk=track.pk, lease=track.lease).update(
        leased_until=Now(), stage="", error_code="server_error", updated_at=timezone.now()
    )
    return bool(let_go)


def lease_return(*, track: Track) -> None:
    """Hand a track back unheard, because this worker is told to stop at once. It does not count as an attempt."""
    if lease_end(track=track, status=Track.Status.QUEUED, attempts=F("attempts") - 1):
        track_enqueue(track_id=track.pk)


def tracks_sweep() -> int:
    """Queue again what dead workers left behind, and give up on tracks that killed too many of them.

    Returns how many tracks were moved. Any number of workers may sweep: each track is moved once.
    """
    # A clock that was set back makes leases of ages; cut short, the living extend theirs and the dead do not.
    analysing = Track.objects.filter(status=Track.Status.ANALYSING)
    analysing.filter(leased_until__gt=Now() + ANALYSIS_LEASE).update(leased_until=Now() + ANALYSIS_LEASE)
    return _give_up() + _queue_again()


def _give_up() -> int:
    moved = 0
    hopeless = _expired().filter(attempts__gte=settings.EARMARK_ANALYSIS_ATTEMPTS)
    for track in hopeless:
        code = Case(When(error_code="", then=Value("crashed")), default=F("error_code"))
        if lease_end(track=track, status=Track.Status.FAILED, error_code=code):
            orphaned_files_delete(track=track)
            moved += 1
    return moved


def _queue_again() -> int:
    now = timezone.now()
    left: list[tuple[uuid.UUID, dict[str, Any]]] = [
        (track.pk, {"lease": track.lease}) for track in _expired()
    ]
    if (
        not Track.objects.filter(status=Track.Status.ANALYSING)
        .exclude(pk__in=[pk for pk, _ in left])
        .exists()
    ):
        # Nobody is at work, yet these wait: their tasks were lost between the upload's commit and the queue.
        waiting = Track.objects.filter(status=Track.Status.QUEUED, updated_at__lt=now - LOST_TASK_AFTER)
        left += [
            (track.pk, {"updated_at": track.updated_at}) for track in waiting.order_by("updated_at")[:100]
        ]
    moved = 0
    for track_id, unchanged in left:
        if Track.objects.filter(pk=track_id, **unchanged).update(
            status=Track.Status.QUEUED, stage="", error_code="", lease=None, leased_until=None, updated_at=now
        ):
            track_enqueue(track_id=track_id)
            moved += 1
    return moved


def _expired() -> QuerySet[Track]:
    return Track.objects.filter(status=Track.Status.ANALYSING, leased_until__lte=Now())
