"""Passes through a whole library that recompute its genres, since the rule of the effective genre has changed.

`genre_recompute_start` in `services.effective_genres` begins one. It goes through the tracks in the order of their ids,
in batches, by tasks of the lowest priority. Its row says how far it is, so that it goes on after its worker was killed;
each batch is done once.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import OperationalError, transaction
from django.utils import timezone

from library.models import GenreRecompute, Track, User
from library.services.batches import BATCH_SIZE, WritePauses
from library.services.effective_genres import effective_genres_refresh
from library.services.jobs import job_enqueue

logger = logging.getLogger(__name__)

#: Batches that one task does. That takes about a second, for which a new upload may have to wait.
BATCHES_PER_TASK = 4
#: A pass that has not got on for this long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)


def genre_recompute_run(*, owner_id: int) -> None:
    """Do the next batches of an owner's pass, and enqueue a task for the rest."""
    pauses = WritePauses()
    try:
        for _ in range(BATCHES_PER_TASK):
            if not _batch_run(owner_id):
                return
            pauses.take()
        _enqueue(owner_id)
    except OperationalError as error:
        # People come first: where they hold the same rows or the whole database, the pass waits for the sweep.
        logger.info("The pass through the genres of account %s goes on later: %s", owner_id, error)


def genre_recomputes_resume() -> int:
    """Enqueue the passes that have stopped, such as by a killed worker; returns how many."""
    stalled = GenreRecompute.objects.filter(finished_at=None, updated_at__lt=timezone.now() - STALLED_AFTER)
    owners = list(stalled.values_list("owner", flat=True))
    stalled.filter(owner__in=owners).update(updated_at=timezone.now())
    for owner_id in owners:
        _enqueue(owner_id)
    return len(owners)


def genre_recompute_dismiss(*, owner: User) -> None:
    """Forget a finished pass: its owner has seen how many genres have changed."""
    GenreRecompute.objects.filter(owner=owner).exclude(finished_at=None).delete()


def _batch_run(owner_id: int) -> bool:
    """Do one batch; False when it was the last one."""
    with transaction.atomic():
        unfinished = GenreRecompute.objects.select_for_update(of=("self",)).filter(finished_at=None)
        row = unfinished.select_related("owner").filter(owner=owner_id).first()
        if row is None:
            return False
        rest = Track.all_objects.filter(owner=owner_id, pk__gt=row.after).order_by("pk")
        ids = list(rest.values_list("pk", flat=True)[:BATCH_SIZE])
        row.changed += effective_genres_refresh(owner=row.owner, track_ids=ids)
        if is_last := len(ids) < BATCH_SIZE:
            row.finished_at = timezone.now()
        else:
            row.after = ids[-1]
        row.save()
        if is_last and not row.changed:
            row.delete()
    return not is_last


def _enqueue(owner_id: int) -> None:
    job_enqueue("recompute_genres", owner_id)
