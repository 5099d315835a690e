"""The import of plays: those that are here already stay, and are not counted twice."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from library.exchange.import_reader import TrackEntry
from library.models import Play, Track, User
from library.models.plays import MAX_PLAYS
from library.services.batches import BATCH_SIZE, WritePauses

#: Plays per transaction. They are short rows, and a track may have very many.
PLAYS_BATCH = 2000


def plays_import(*, owner: User, entries: Iterable[TrackEntry]) -> int:
    """Add the plays that tracks of these files lack; returns how many."""
    count, pauses = 0, WritePauses()
    for batch in itertools.batched(_moments(owner, entries), PLAYS_BATCH):
        wanted: dict[UUID, set[datetime]] = defaultdict(set)
        for track_id, moment in batch:
            wanted[track_id].add(moment.replace(microsecond=0))
        with transaction.atomic():
            count += _add(owner, wanted)
        pauses.take()
    return count


def _moments(owner: User, entries: Iterable[TrackEntry]) -> Iterator[tuple[UUID, datetime]]:
    for batch in itertools.batched((entry for entry in entries if entry.plays), BATCH_SIZE):
        hashes = [entry.sha256 for entry in batch]
        found = Track.objects.filter(owner=owner, sha256__in=hashes).order_by()
        ids = dict(found.values_list("sha256", "pk"))
        for entry in batch:
            if pk := ids.get(entry.sha256):
                yield from ((pk, moment) for moment in entry.plays)


def _add(owner: User, wanted: dict[UUID, set[datetime]]) -> int:
    """Add these plays, and count them on their tracks, which stay locked until the transaction ends."""
    tracks = Track.objects.select_for_update().filter(owner=owner, pk__in=wanted).order_by("pk")
    new: list[Play] = []
    known: dict[UUID, set[datetime]] = defaultdict(set)
    changed = list(tracks.only("pk", "play_count", "last_played_at"))
    there = Play.objects.filter(track__in=changed, played_at__in=set().union(*wanted.values())).order_by()
    for track_id, moment in there.values_list("track", "played_at"):
        known[track_id].add(moment)
    for track in changed:
        room = MAX_PLAYS - track.play_count
        moments = sorted(wanted[track.pk] - known[track.pk], reverse=True)[:room]
        new += [Play(owner=owner, track=track, played_at=moment) for moment in moments]
        track.play_count += len(moments)
        track.last_played_at = max(filter(None, [track.last_played_at, *moments[:1]]), default=None)
    Play.objects.bulk_create(new, BATCH_SIZE)
    # Without `updated_at`: a play is no change of a track.
    Track.objects.bulk_update(changed, ["play_count", "last_played_at"], BATCH_SIZE)
    return len(new)
