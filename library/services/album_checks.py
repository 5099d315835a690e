"""Finding and mending rows of albums and artists that disagree with the names on tracks."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from library.models import Track, User
from library.services.albums import albums_drop_empty, albums_recompute
from library.services.batches import WritePauses, in_batches
from library.services.edit_conflicts import owner_lock


def albums_check(*, dry_run: bool) -> Iterator[tuple[User, int]]:
    """Recompute all albums and artists, or with `dry_run` see what would change.

    Yields people whose rows disagreed with their tracks, and how many rows. Tracks that the upgrade pass has not
    reached yet are left to it.
    """
    for owner in User.objects.order_by("pk").iterator():
        tracks = Track.all_objects.filter(owner=owner).exclude(album_key="").order_by("sort_album", "pk")
        changed, pauses = 0, WritePauses()
        for batch in in_batches(list(tracks.values_list("pk", flat=True))):
            with transaction.atomic():
                changed += albums_recompute(owner=owner, track_ids=batch)
                transaction.set_rollback(dry_run)
            pauses.take()
        with transaction.atomic():
            if owner_lock(owner=owner):
                changed += albums_drop_empty(owner=owner)
            transaction.set_rollback(dry_run)
        if changed:
            yield owner, changed
