"""The bin, where deleted tracks stay for some weeks with their files and everything known about them.

A `TrackDeletion` tells programs that follow changes about a deletion. It is written when a track goes to the bin,
removed when the track is restored, and kept when the track is deleted for good. Each batch is a short transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.models import Track, TrackDeletion, User
from library.services.albums import albums_forget, albums_recompute
from library.services.analysis_queue import BACK_IN_QUEUE, UNFINISHED
from library.services.batches import WritePauses, in_batches
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.edit_conflicts import owner_lock
from library.services.effective_genres import effective_genres_recompute
from library.services.jobs import job_enqueue
from library.services.track_files import FILE_FIELDS

#: How long programs that follow changes can find out about a deletion.
DELETION_RETENTION = timedelta(days=90)


def tracks_move_to_bin(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Put the owner's tracks in the bin; returns the ids of those that were not in it before.

    A worker that is analysing one of them loses its lease, so it stores nothing.
    """
    moved: list[UUID] = []
    for batch in in_batches(track_ids):
        with transaction.atomic():
            ids = _lock_ids(Track.objects.filter(owner=owner, pk__in=batch))
            now = timezone.now()
            tracks = Track.objects.filter(pk__in=ids)
            tracks.filter(status__in=UNFINISHED).update(**BACK_IN_QUEUE)
            tracks.update(deleted_at=now)
            TrackDeletion.objects.bulk_create(
                TrackDeletion(owner=owner, track_id=pk, deleted_at=now) for pk in ids
            )
            concept_pass_request_if_on(owner_id=owner.pk)
        moved += ids
    return moved


def tracks_restore(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Take the owner's tracks out of the bin; returns the ids of those that were in it.

    They come back with everything known about them. Those that had not been analysed yet are queued again.
    """
    restored: list[UUID] = []
    for batch in in_batches(track_ids):
        with transaction.atomic():
            owner_lock(owner=owner)
            ids = _lock_ids(Track.all_objects.filter(owner=owner, pk__in=batch, deleted_at__isnull=False))
            Track.all_objects.filter(pk__in=ids).update(deleted_at=None)
            TrackDeletion.objects.filter(owner=owner, track_id__in=ids).delete()
            tracks = Track.objects.filter(pk__in=ids)
            # Their genres may have been deleted or undone meanwhile. This also sets `updated_at`.
            effective_genres_recompute(tracks)
            # Their albums and artists have stayed; but an upgrade of the site may have passed them by.
            albums_recompute(owner=owner, track_ids=ids)
            concept_pass_request_if_on(owner_id=owner.pk)
            tracks.filter(status__in=UNFINISHED).update(status=Track.Status.QUEUED, attempts=0)
            waiting = [str(pk) for pk in tracks.filter(status__in=UNFINISHED).values_list("pk", flat=True)]
            if waiting:
                # Works without the job queue, too: the sweep finds tracks that have no task.
                transaction.on_commit(lambda names=waiting: job_enqueue("enqueue_tracks", names), robust=True)  # type: ignore[misc]
        restored += ids
    return restored


def tracks_purge(*, owner: User, track_ids: Iterable[UUID], from_bin_only: bool = False) -> int:
    """Delete the owner's tracks for good, from the library or from the bin; returns how many.

    With `from_bin_only`, tracks that are restored meanwhile stay. Files are deleted in the background.
    """
    tracks = Track.all_objects.filter(owner=owner)
    if from_bin_only:
        tracks = tracks.exclude(deleted_at=None)
    return _purge_in_batches(tracks, track_ids)


def bin_expire() -> int:
    """Delete for good the tracks that have been in the bin for over `EARMARK_BIN_DAYS` days; returns how many."""
    before = timezone.now() - timedelta(days=settings.EARMARK_BIN_DAYS)
    expired = Track.all_objects.filter(deleted_at__lt=before)
    ids = list(expired.order_by().values_list("pk", flat=True))
    # Filtered again in each transaction: a track may have been restored meanwhile.
    return _purge_in_batches(expired, ids)


def track_deletions_expire() -> int:
    """Delete the records of deletions older than 90 days; returns how many."""
    return TrackDeletion.objects.filter(deleted_at__lt=timezone.now() - DELETION_RETENTION).delete()[0]


def bin_purge_fileless() -> int:
    """Delete for good the tracks in the bin whose upload is not in storage, as after restoring a backup.

    Returns how many.
    """
    binned = Track.all_objects.filter(deleted_at__isnull=False).order_by()
    gone = [
        pk for pk, name in binned.values_list("pk", "original").iterator() if not default_storage.exists(name)
    ]
    return _purge_in_batches(binned, gone)


def _purge_in_batches(tracks: QuerySet[Track], track_ids: Iterable[UUID]) -> int:
    """Delete those of these tracks that have one of the ids; returns how many."""
    count, pauses = 0, WritePauses()
    for batch in in_batches(track_ids):
        count += _purge(tracks.filter(pk__in=batch))
        pauses.take()
    return count


def _purge(tracks: QuerySet[Track]) -> int:
    """Delete one batch of rows, and their files once they are gone."""
    with transaction.atomic():
        owner_ids = set(tracks.order_by().values_list("owner", flat=True))
        owners = list(User.objects.filter(pk__in=owner_ids).order_by("pk"))
        for owner in owners:
            owner_lock(owner=owner)
        ids = _lock_ids(tracks)
        for owner in owners:
            if not owner.deletion_progress_at:  # a closed account loses all albums at the end
                albums_forget(owner=owner, track_ids=ids)
        rows = Track.all_objects.filter(pk__in=ids).order_by()
        names = [name for row in rows.values_list(*FILE_FIELDS) for name in row if name]
        TrackDeletion.objects.bulk_create(
            TrackDeletion(owner_id=owner_id, track_id=pk)
            for owner_id, pk in rows.filter(deleted_at=None).values_list("owner_id", "pk")
        )
        deleted: int = rows.delete()[1].get(Track._meta.label, 0)
        if names:
            # Files last: a row without its file is a broken track, a file without a row only wastes space.
            transaction.on_commit(lambda: job_enqueue("delete_files", names))
    return deleted


def _lock_ids(tracks: QuerySet[Track]) -> list[UUID]:
    """The ids of these tracks, whose rows stay locked until the transaction ends."""
    return list(tracks.select_for_update().order_by("pk").values_list("pk", flat=True))
