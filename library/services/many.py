"""What is done to many tracks at once and leaves nothing to undo: hear them again, delete them.

Fifty thousand tracks are fifty batches: ids are listed, rows are not, and no track gets a query of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from library.models import Track
from library.services.assets import FILES
from library.services.queue import requeue, track_enqueue

BATCH = 1000


def tracks_analyse_again(*, tracks: QuerySet[Track]) -> int:
    """Queue finished tracks once more; returns how many. A worker writes the tasks, one for each track."""
    from library.tasks import enqueue_tracks

    done = 0
    for some in _batches(tracks):
        with transaction.atomic():
            if ids := requeue(Track.objects.filter(pk__in=some)):
                names = [str(pk) for pk in ids]
                transaction.on_commit(lambda names=names: enqueue_tracks.enqueue(names))  # type: ignore[misc]
        done += len(ids)
    return done


def tracks_enqueue(*, track_ids: Iterable[str]) -> None:
    """Write the tasks of tracks that wait to be heard again: behind those that were just uploaded."""
    with transaction.atomic():
        for track_id in track_ids:
            track_enqueue(track_id=UUID(track_id), later=True)


def tracks_delete(*, tracks: QuerySet[Track]) -> int:
    """Delete tracks with all that is known about them; returns how many. Their files go in the background.

    Each batch is whole in itself: when something breaks it off, what is left is left undamaged.
    """
    from library.tasks import delete_files

    done = 0
    for some in _batches(tracks):
        batch = Track.objects.filter(pk__in=some)
        with transaction.atomic():
            names = [name for row in batch.order_by().values_list(*FILES) for name in row if name]
            done += batch.delete()[1].get(Track._meta.label, 0)
            # Files last: a row without its file would be broken, a file without a row is only litter.
            transaction.on_commit(lambda names=names: delete_files.enqueue(names))  # type: ignore[misc]
    return done


def files_delete(*, names: Iterable[str]) -> None:
    """Delete stored files that no row names any more."""
    for name in names:
        default_storage.delete(name)


def _batches(tracks: QuerySet[Track]) -> Iterable[tuple[UUID, ...]]:
    return itertools.batched(list(tracks.order_by().values_list("pk", flat=True)), BATCH)
