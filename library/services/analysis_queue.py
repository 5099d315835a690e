"""Which worker analyses which track: the queue, leases, and what happens to the track of a worker that died.

A worker owns a track while it holds the lease. Every write of an analysis depends on that lease, so a worker that was
believed dead and comes back late changes nothing. Leases run by the database's clock, which all workers share.
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

#: A worker that has not extended its lease for this long loses its track to another.
ANALYSIS_LEASE = timedelta(seconds=60)
#: When a track has been queued for this long while no worker is analysing anything, its task counts as lost.
LOST_TASK_AFTER = timedelta(minutes=5)
UNFINISHED = (Track.Status.QUEUED, Track.Status.ANALYSING)

#: Fields of a track that no worker holds, and of one that is back in the queue.
NO_LEASE: dict[str, Any] = {"stage": "", "lease": None, "leased_until": None}
BACK_IN_QUEUE: dict[str, Any] = NO_LEASE | {"status": Track.Status.QUEUED}


def track_enqueue(*, track_id: uuid.UUID, low_priority: bool = False) -> None:
    """Have a worker analyse a track; with `low_priority`, after all fresh uploads."""
    job_enqueue("analyse_track", str(track_id), priority=-10 if low_priority else None)


def track_analyse_again(*, track: Track) -> None:
    """Queue a finished track again. One that is waiting or being analysed is left alone."""
    if tracks_requeue(Track.objects.filter(pk=track.pk)):
        track.refresh_from_db()
        transaction.on_commit(lambda: track_enqueue(track_id=track.pk))


def tracks_requeue(tracks: QuerySet[Track]) -> list[uuid.UUID]:
    """Set finished tracks back to `queued`; returns their ids. The caller enqueues their tasks."""
    finished = tracks.order_by().exclude(status__in=UNFINISHED)
    ids = list(finished.values_list("pk", flat=True))
    finished.filter(pk__in=ids).update(**BACK_IN_QUEUE, error_code="", attempts=0, updated_at=timezone.now())
    return ids


def tracks_analyse_again_apply(action: BulkAction, ids: list[uuid.UUID]) -> dict[uuid.UUID, None]:
    """Queue the finished ones of these tracks again. A worker enqueues their tasks, one per track."""
    queued = tracks_requeue(Track.objects.filter(pk__in=ids))
    if queued:
        names = [str(pk) for pk in queued]
        transaction.on_commit(lambda: job_enqueue("enqueue_tracks", names))
    return dict.fromkeys(queued)


def tracks_enqueue(*, track_ids: Iterable[str]) -> None:
    """Enqueue the tasks of tracks that are to be analysed again, behind fresh uploads."""
    with transaction.atomic():
        for track_id in track_ids:
            track_enqueue(track_id=uuid.UUID(track_id), low_priority=True)


def track_lease(*, track_id: uuid.UUID | str) -> Track | None:
    """Take a track for this worker; None if another has it, or it is finished or deleted."""
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


def lease_extend(*, track: Track, stage: str | None = None) -> None:
    """Show that this worker is alive, and note the stage that its analysis has reached, when given.

    An unavailable database does not stop the analysis: it may be back the next time.
    """
    try:
        _leased(track).update(
            leased_until=Now() + ANALYSIS_LEASE,
            updated_at=timezone.now(),
            **({} if stage is None else {"stage": stage}),
        )
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        logger.warning("Track %s: its lease could not be extended.", track.pk)
        connection.close()


def leased_track_update(*, track: Track, **fields: Any) -> bool:
    """Write fields of a track that is being analysed; False if the lease was lost and nothing was written."""
    return bool(_leased(track).update(**fields, updated_at=timezone.now()))


def lease_end(*, track: Track, **fields: Any) -> bool:
    """Give up the lease with the last write of an analysis; False if it was lost and nothing was written."""
    return leased_track_update(track=track, **NO_LEASE, **fields)


def lease_fail(*, track: Track) -> bool:
    """Let go of a track after an error of the server itself; False if the lease was lost.

    The sweep queues it again within a minute, or marks it failed after the last attempt.
    """
    return leased_track_update(track=track, leased_until=Now(), stage="", error_code="server_error")


def lease_return(*, track: Track) -> None:
    """Queue a track again because this worker must stop at once. That does not count as an attempt."""
    if lease_end(track=track, status=Track.Status.QUEUED, attempts=F("attempts") - 1):
        track_enqueue(track_id=track.pk)


def tracks_sweep() -> int:
    """Queue again what dead workers left behind; mark as failed what has used up its attempts.

    Returns the number of tracks changed. Any number of workers may sweep at once: each track is changed by one.
    """
    # After the database's clock was set back, leases would last for hours. Cut short, they expire in time, unless a
    # worker that is alive extends its own.
    analysing = Track.objects.filter(status=Track.Status.ANALYSING)
    analysing.filter(leased_until__gt=Now() + ANALYSIS_LEASE).update(leased_until=Now() + ANALYSIS_LEASE)
    return _fail_hopeless() + _queue_again()


def _fail_hopeless() -> int:
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
    #: Ids of tracks, each with the fields that must not have changed meanwhile.
    left: list[tuple[uuid.UUID, dict[str, Any]]] = [
        (track.pk, {"lease": track.lease}) for track in _expired()
    ]
    if (
        not Track.objects.filter(status=Track.Status.ANALYSING)
        .exclude(pk__in=[pk for pk, _ in left])
        .exists()
    ):
        # No worker is busy, yet tracks wait: their tasks were lost between the upload's commit and the queue.
        waiting = Track.objects.filter(status=Track.Status.QUEUED, updated_at__lt=now - LOST_TASK_AFTER)
        left += [
            (track.pk, {"updated_at": track.updated_at}) for track in waiting.order_by("updated_at")[:100]
        ]
    moved = 0
    for track_id, unchanged in left:
        tracks = Track.objects.filter(pk=track_id, **unchanged)
        if tracks.update(**BACK_IN_QUEUE, error_code="", updated_at=now):
            track_enqueue(track_id=track_id)
            moved += 1
    return moved


def _leased(track: Track) -> QuerySet[Track]:
    """The track's row, as long as the caller holds its lease."""
    return Track.objects.filter(pk=track.pk, lease=track.lease)


def _expired() -> QuerySet[Track]:
    return Track.objects.filter(status=Track.Status.ANALYSING, leased_until__lte=Now())
