"""The tracks of a library follow when its owner puts another base model to use, or goes back.

What counts for a track and what its row holds of the other model are exchanged: prediction, moods, embedding and
learning vector. The effective genre is recomputed. Each batch is one short transaction, and what was done is marked in
the rows, so that a process that was killed loses nothing, and each exchange is done once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from library.models import BaseModelChange, BaseModelRow, Embedding, LearningVector, Track, User
from library.selectors.base_models import rows_to_swap
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.effective_genres import effective_genres_refresh
from library.services.jobs import job_enqueue
from library.services.moods import moods_recompute_many

logger = logging.getLogger(__name__)

#: Tracks that are exchanged in one transaction: 250 took 0.4 s of a processor.
BATCH_SIZE = 100
#: Batches that one task does. That takes about a second, for which a new upload may have to wait.
BATCHES_PER_TASK = 4
#: A change that has not got on for so long belongs to a process that died.
STALLED_AFTER = timedelta(minutes=2)


def base_model_rows_apply(*, owner_id: int, batches: int = BATCHES_PER_TASK) -> None:
    """Let tracks follow their owner's decision about a base model, and have a worker do the rest."""
    try:
        if all(base_model_batch_apply(owner_id=owner_id) for _ in range(batches)):
            _enqueue(owner_id)
    except OperationalError as error:
        # People come first: where they hold the same rows or the whole database, this waits for the sweep.
        logger.info("The tracks of account %s follow later: %s", owner_id, error)


def base_model_batch_apply(*, owner_id: int) -> bool:
    """Exchange one batch; False when it was the last one."""
    with transaction.atomic():
        owner = User.objects.select_for_update(no_key=True).filter(pk=owner_id).first()
        if owner is None:
            return False
        due = rows_to_swap(BaseModelChange.objects.filter(owner=owner)).select_related("prediction")
        rows = list(due.defer("prediction__segments").order_by("pk")[:BATCH_SIZE])
        is_last = True
        if rows:
            _exchange(owner, rows)
            changes = {row.change_id for row in rows}
            BaseModelChange.objects.filter(pk__in=changes).update(updated_at=timezone.now())
            if (
                is_last := not due.order_by().exists()
            ):  # before, it would not have heard tracks that have not followed
                concept_pass_request_if_on(owner_id=owner_id)
    return not is_last


def base_models_resume() -> int:
    """Enqueue what was left by processes that died; returns for how many owners."""
    stalled = BaseModelChange.objects.filter(updated_at__lt=timezone.now() - STALLED_AFTER)
    left = rows_to_swap(stalled).order_by()
    owners = list(left.values_list("change__owner", flat=True).distinct())
    BaseModelChange.objects.filter(owner__in=owners).update(updated_at=timezone.now())
    for owner_id in owners:
        _enqueue(owner_id)
    return len(owners)


def _exchange(owner: User, rows: Sequence[BaseModelRow]) -> None:
    """What the tracks of these rows have and what the rows hold."""
    ids = [row.track_id for row in rows]
    # Locked first, in a fixed order.
    locked = Track.all_objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    tracks = {track.pk: track for track in locked}
    embeddings = {each.track_id: each for each in Embedding.objects.filter(track__in=ids)}
    vectors = {each.track_id: each for each in LearningVector.objects.filter(track__in=ids)}
    moods: dict[Track, Mapping[str, float]] = {}
    for row in rows:
        track = tracks[row.track_id]
        new = row.prediction
        moods[track] = new.moods if new else {}
        row.prediction_id, track.prediction_id = track.prediction_id, row.prediction_id
        row.is_swapped = not row.is_swapped
        row.before = track.genre if row.is_swapped else ""
    _embeddings_exchange(owner, rows, embeddings)
    _vectors_exchange(owner, rows, vectors)
    # Updating that many columns in bulk takes several times as long.
    BaseModelRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    BaseModelRow.objects.bulk_create(rows)
    Track.all_objects.bulk_update(tracks.values(), ["prediction"])
    Track.all_objects.filter(pk__in=ids).update(updated_at=timezone.now())
    moods_recompute_many(moods=moods)
    effective_genres_refresh(owner=owner, track_ids=ids)


def _embeddings_exchange(owner: User, rows: Sequence[BaseModelRow], before: Mapping[UUID, Embedding]) -> None:
    """A new vector is always a new row, since selectors notice changes by the date of the latest."""
    new = [
        Embedding(owner=owner, track_id=row.track_id, model=row.embedding_space, vector=row.embedding)
        for row in rows
        if row.embedding
    ]
    for row in rows:
        old = before.get(row.track_id)
        row.embedding_space, row.embedding = (old.model, old.vector) if old else ("", b"")
    Embedding.objects.filter(track__in=[row.track_id for row in rows]).delete()
    Embedding.objects.bulk_create(new)


def _vectors_exchange(
    owner: User, rows: Sequence[BaseModelRow], before: Mapping[UUID, LearningVector]
) -> None:
    new = [
        LearningVector(owner=owner, track_id=row.track_id, space=row.vector_space, vector=row.vector)
        for row in rows
        if row.vector
    ]
    for row in rows:
        old = before.get(row.track_id)
        row.vector_space, row.vector = (old.space, old.vector) if old else ("", b"")
    LearningVector.objects.filter(track__in=[row.track_id for row in rows]).delete()
    LearningVector.objects.bulk_create(new)


def _enqueue(owner_id: int) -> None:
    job_enqueue("apply_base_model", owner_id)
