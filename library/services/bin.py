"""The bin: deleted tracks lie in it for some weeks, with their files and all that is known about them.

A `TrackDeletion` tells programs that follow changes. It is written when a track goes to the bin, taken back when the
track is restored, and stays when the track goes for good. Each batch is a short transaction of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.models import Track, TrackDeletion, User
from library.services.analysis_queue import UNFINISHED
from library.services.genres import effective_genres_recompute
from library.services.jobs import job_enqueue
from library.services.track_files import FILE_FIELDS

BATCH = 250
#: How long programs are told of a deletion.
DELETION_RETENTION = timedelta(days=90)


def tracks_move_to_bin(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Put the owner's tracks in the bin; returns the ids of those that were not there before.

    A worker that is analysing one of them loses its lease, so that it stores nothing.
    """
    moved: list[UUID] = []
    for some in _batches(track_ids):
        with transaction.atomic():
            ids = _lock_ids(Track.objects.filter(owner=owner, pk__in=some))
            now = timezone.now()
            tracks = Track.objects.filter(pk__in=ids)
            tracks.filter(status__in=UNFINISHED).update(
                status=Track.Status.QUEUED, stage="", lease=None, leased_until=None
            )
            tracks.update(deleted_at=now)
            TrackDeletion.objects.bulk_create(
                TrackDeletion(owner=owner, track_id=pk, deleted_at=now) for pk in ids
            )
        moved += ids
    return moved


def tracks_restore(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Take the owner's tracks out of the bin; returns the ids of those that were in it.

    They come back with everything known about them. What had not been analysed when it was deleted is queued again.
    """
    restored: list[UUID] = []
    for some in _batches(track_ids):
        with transaction.atomic():
            ids = _lock_ids(Track.all_objects.filter(owner=owner, pk__in=some, deleted_at__isnull=False))
            Track.all_objects.filter(pk__in=ids).update(deleted_at=None)
            TrackDeletion.objects.filter(owner=owner, track_id__in=ids).delete()
            tracks = Track.objects.filter(pk__in=ids)
            # Their genres may have been deleted or undone meanwhile. This also notes that they changed.
            effective_genres_recompute(tracks)
            tracks.filter(status__in=UNFINISHED).update(status=Track.Status.QUEUED, attempts=0)
            waiting = [str(pk) for pk in tracks.filter(status__in=UNFINISHED).values_list("pk", flat=True)]
            if waiting:
                # A queue that is away is no reason to refuse: the sweep finds who waits without a task.
                transaction.on_commit(lambda names=waiting: job_enqueue("enqueue_tracks", names), robust=True)  # type: ignore[misc]
        restored += ids
    return restored


def tracks_purge(*, owner: User, track_ids: Iterable[UUID], from_bin_only: bool = False) -> int:
    """Delete the owner's tracks for good, from the library or from the bin; returns how many.

    With `from_bin_only`, those that somebody puts back meanwhile stay. Files are deleted in the background.
    """
    tracks = Track.all_objects.filter(owner=owner)
    if from_bin_only:
        tracks = tracks.exclude(deleted_at=None)
    return sum(_purge(tracks.filter(pk__in=some)) for some in _batches(track_ids))


def bin_expire() -> int:
    """Delete for good what has been in the bin for longer than `EARMARK_BIN_DAYS`; returns how many."""
    before = timezone.now() - timedelta(days=settings.EARMARK_BIN_DAYS)
    expired = Track.all_objects.filter(deleted_at__lt=before)
    ids = list(expired.order_by().values_list("pk", flat=True))
    # Asked again in each transaction: one may have been restored meanwhile.
    return sum(_purge(expired.filter(pk__in=some)) for some in _batches(ids))


def track_deletions_expire() -> int:
    """Forget deletions that programs have had 90 days to hear of; returns how many."""
    return TrackDeletion.objects.filter(deleted_at__lt=timezone.now() - DELETION_RETENTION).delete()[0]


def bin_purge_fileless() -> int:
    """Delete rows in the bin whose upload is not in the storage, as after restoring a backup; returns how many."""
    binned = Track.all_objects.filter(deleted_at__isnull=False).order_by()
    gone = [
        pk for pk, name in binned.values_list("pk", "original").iterator() if not default_storage.exists(name)
    ]
    return sum(_purge(binned.filter(pk__in=some)) for some in _batches(gone))


def _purge(tracks: QuerySet[Track]) -> int:
    """Delete one batch of rows, and their files once they are gone."""
    with transaction.atomic():
        ids = _lock_ids(tracks)
        rows = Track.all_objects.filter(pk__in=ids).order_by()
        names = [name for row in rows.values_list(*FILE_FIELDS) for name in row if name]
        TrackDeletion.objects.bulk_create(
            TrackDeletion(owner_id=owner_id, track_id=pk)
            for owner_id, pk in rows.filter(deleted_at=None).values_list("owner_id", "pk")
        )
        deleted: int = rows.delete()[1].get(Track._meta.label, 0)
        if names:
            # Files last: a row without its file would be broken, a file without a row is only litter.
            transaction.on_commit(lambda: job_enqueue("delete_files", names))
    return deleted


def _lock_ids(tracks: QuerySet[Track]) -> list[UUID]:
    """Their ids. Nobody else bins, restores or purges them until the transaction ends."""
    return list(tracks.select_for_update().order_by("pk").values_list("pk", flat=True))


def _batches(track_ids: Iterable[UUID]) -> Iterable[tuple[UUID, ...]]:
    return itertools.batched(dict.fromkeys(track_ids), BATCH)
