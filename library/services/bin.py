"""The bin: where deleted tracks lie until they are put back or deleted for good."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from library.models import Track, User
from library.services.assets import FILES


def tracks_bin(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Put an owner's tracks in the bin; returns those that were not there yet."""
    ids = list(Track.objects.filter(owner=owner, pk__in=list(track_ids)).values_list("pk", flat=True))
    Track.objects.filter(pk__in=ids).update(deleted_at=timezone.now())
    return ids


def tracks_restore(*, owner: User, track_ids: Iterable[UUID]) -> list[UUID]:
    """Put an owner's tracks back into the library; returns those that were in the bin."""
    binned = Track.all_objects.filter(owner=owner, pk__in=list(track_ids)).exclude(deleted_at=None)
    ids = list(binned.values_list("pk", flat=True))
    Track.all_objects.filter(pk__in=ids).update(deleted_at=None, updated_at=timezone.now())
    return ids


def tracks_purge(*, owner: User, track_ids: Iterable[UUID]) -> int:
    """Delete an owner's tracks for good, from the library or the bin; returns how many."""
    from library.tasks import delete_files

    batch = Track.all_objects.filter(owner=owner, pk__in=list(track_ids))
    with transaction.atomic():
        names = [name for row in batch.order_by().values_list(*FILES) for name in row if name]
        count = batch.delete()[1].get(Track._meta.label, 0)
        transaction.on_commit(lambda: delete_files.enqueue(names))
    return count
