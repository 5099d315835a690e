"""Deleting accounts: closed at once, then emptied in batches, by a worker if there are many tracks.

A closed account cannot be signed in to, has no tokens or player passwords, is shared with nobody, and its address is
free again. Its row says when its deletion last made progress: what a killed process has left, a worker finishes.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import count

from django.db import OperationalError, transaction
from django.utils import timezone

from library.models import ApiToken, PartialUpload, PlayerPassword, Track, User
from library.services.albums import albums_delete
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.bin import tracks_purge
from library.services.covers import owner_covers_delete
from library.services.jobs import job_enqueue
from library.services.uploads import upload_abort

logger = logging.getLogger(__name__)

#: Accounts with more tracks than this are emptied by a worker.
MAX_SYNCHRONOUS_TRACKS = 1000
#: Batches that one task does, so that other tasks get their turn.
BATCHES_PER_TASK = 8
#: A deletion that has not got on for this long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)


def user_delete(*, user: User) -> bool:
    """Close an account and delete it with everything in it, the bin included. Files are deleted in the background.

    Returns whether it is gone already; a worker does the rest if it has very many tracks.
    """
    with transaction.atomic():
        _close(user)
        many = Track.all_objects.filter(owner=user).order_by()[: MAX_SYNCHRONOUS_TRACKS + 1]
        if later := many.count() > MAX_SYNCHRONOUS_TRACKS:
            transaction.on_commit(lambda: job_enqueue("delete_account", user.pk), robust=True)
    if not later:
        _delete(user.pk, batches=None)
    return not later


def user_deletion_continue(*, user_id: int) -> None:
    """Do the next part of a deletion, and enqueue a task for the rest."""
    try:
        if not _delete(user_id, batches=BATCHES_PER_TASK):
            job_enqueue("delete_account", user_id)
    except OperationalError as error:
        # People come first: where they hold the same rows or the whole database, this waits for the sweep.
        logger.info("The deletion of account %s goes on later: %s", user_id, error)


def user_deletions_resume() -> int:
    """Enqueue the deletions of processes that died; returns how many."""
    stalled = User.objects.filter(deletion_progress_at__lt=timezone.now() - STALLED_AFTER)
    ids = list(stalled.values_list("pk", flat=True))
    stalled.filter(pk__in=ids).update(deletion_progress_at=timezone.now())
    for pk in ids:
        job_enqueue("delete_account", pk)
    return len(ids)


def _close(user: User) -> None:
    user.email = f"closed-{user.pk}@account.invalid"
    user.is_active = user.is_staff = user.is_superuser = False
    user.share_with_reviewers = user.allow_training = False
    user.deletion_progress_at = timezone.now()
    user.set_unusable_password()
    user.save()
    ApiToken.objects.filter(owner=user).delete()
    PlayerPassword.objects.filter(owner=user).delete()


def _delete(user_id: int, batches: int | None) -> bool:
    """Delete up to so many batches of a closed account, then the account; returns whether it is gone."""
    user = User.objects.exclude(deletion_progress_at=None).filter(pk=user_id).first()
    if user is None:
        return True
    for upload in PartialUpload.objects.filter(owner=user, finished_at=None):
        upload_abort(upload=upload)
    tracks, pauses = Track.all_objects.filter(owner=user).order_by("pk"), WritePauses()
    for number in count(1):
        tracks_purge(owner=user, track_ids=list(tracks.values_list("pk", flat=True)[:BATCH_SIZE]))
        User.objects.filter(pk=user_id).update(deletion_progress_at=timezone.now())
        pauses.take()
        if not tracks.exists():
            albums_delete(owner=user)
            owner_covers_delete(owner=user)
        with transaction.atomic():
            # Locked, as by an upload that stores a track: none is added after it was seen that there are none left.
            User.objects.select_for_update().get(pk=user_id)
            if not tracks.exists():
                owner_covers_delete(owner=user)  # those of analyses that were under way
                user.delete()
                return True
        if number == batches:
            return False
    raise AssertionError("unreachable")
