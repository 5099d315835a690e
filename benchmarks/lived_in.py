"""A library as it is lived in: verdicts and their history, playlists, bulk actions, a bin, and plays."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import batched
from typing import Any

from django.utils import timezone

#: Of all tracks: with a verdict of their owner's; of these, given twice, undone, and taken back; with a reviewer's
#: verdict; in the bin.
SAID, SAID_TWICE, UNDONE, TAKEN_BACK, REVIEWED, BINNED = 0.6, 0.15, 0.03, 0.02, 0.02, 0.02
#: Playlists of up to so many tracks, saved searches, and bulk actions, which are about every tenth track.
PLAYLIST_SIZES = (10, 25, 50, 100, 250, 500, 1000)
SEARCHES = ("genre=jazz&mood=happy", "tag=live&not_tag=demo", "q=night&year_min=1990")
BULK_ACTIONS = 10
#: Of all tracks: those that were ever played, in the last so many days. Some are played much more often than others.
PLAYED, PLAYED_DAYS, PLAYS_EACH = 0.7, 1000, 4


def library_live_in(owner: Any, said: float = SAID, seed: int = 8) -> None:
    """Give a library of `library_fill` its history. `said`: the share of tracks with a verdict of their owner's."""
    from library.models import Playlist, PlaylistItem, Track, TrackDeletion, User
    from library.services.effective_genres import effective_genres_recompute

    chance = random.Random(seed)
    reviewer, _ = User.objects.get_or_create(email="has-reviewed@example.org", defaults={"is_staff": True})
    tracks = Track.objects.filter(owner=owner).exclude(prediction=None).select_related("prediction")
    tracks = tracks.defer("prediction__segments", "prediction__probabilities").order_by("pk")
    ids = list(tracks.values_list("pk", flat=True))
    for batch in batched(ids, 2000):
        _verdicts_add(tracks.filter(pk__in=batch), owner, reviewer, said, chance)
        effective_genres_recompute(Track.objects.filter(pk__in=batch))
    _bulk_actions_add(owner, ids, chance)
    for number, size in enumerate(PLAYLIST_SIZES):
        playlist = Playlist.objects.create(owner=owner, name=f"Playlist {number}")
        some = chance.sample(ids, min(size, len(ids)))
        PlaylistItem.objects.bulk_create(
            PlaylistItem(playlist=playlist, track_id=pk, position=position)
            for position, pk in enumerate(some)
        )
    for query in SEARCHES:
        Playlist.objects.create(owner=owner, name=query, smart=True, query=query)
    for batch in batched(chance.sample(ids, int(BINNED * len(ids))), 2000):
        Track.objects.filter(pk__in=batch).update(deleted_at=tracks[0].created_at)
        TrackDeletion.objects.bulk_create(TrackDeletion(owner=owner, track_id=pk) for pk in batch)
    _plays_add(owner, ids, chance)


def _plays_add(owner: Any, ids: list[Any], chance: random.Random) -> None:
    from library.models import Play, Track

    now = timezone.now().replace(microsecond=0)
    for batch in batched(chance.sample(ids, int(PLAYED * len(ids))), 2000):
        tracks, plays = [], []
        for pk in batch:
            count = 1 + int(chance.expovariate(1 / PLAYS_EACH))
            ages = {chance.randrange(PLAYED_DAYS * 24 * 3600) for _ in range(count)}
            plays += [Play(owner=owner, track_id=pk, played_at=now - timedelta(seconds=age)) for age in ages]
            last = now - timedelta(seconds=min(ages))
            tracks.append(Track(pk=pk, play_count=len(ages), last_played_at=last))
        Play.objects.bulk_create(plays, 2000)
        Track.all_objects.bulk_update(tracks, ["play_count", "last_played_at"], 500)


def _verdicts_add(tracks: Any, owner: Any, reviewer: Any, said: float, chance: random.Random) -> None:
    from library.genres import BUILTIN_GENRES
    from library.models import Verdict

    verdicts = []
    for track in tracks:

        def add(person: Any, days: int, genre: str | None = None, track: Any = track, **more: Any) -> None:
            heard = track.prediction.top
            right = heard if chance.random() < 0.8 else chance.choice([*BUILTIN_GENRES])
            verdicts.append(
                Verdict(
                    track=track,
                    person=person,
                    before=track.genre,
                    genre=right if genre is None else genre,
                    heard=heard,
                    sure=bool(track.prediction.label),
                    created_at=track.created_at + timedelta(days=days),
                    **more,
                )
            )

        if chance.random() < REVIEWED:
            add(reviewer, 3)
        if chance.random() < said:
            add(owner, 1)
            if chance.random() < SAID_TWICE:
                add(owner, 2)
            if chance.random() < UNDONE:
                add(owner, 4, undone_at=track.created_at + timedelta(days=5))
            if chance.random() < TAKEN_BACK:
                add(owner, 6, "")
    with own_dates(Verdict):
        Verdict.objects.bulk_create(verdicts, 2000)


@contextmanager
def own_dates(model: Any) -> Iterator[None]:
    """Have rows keep the `created_at` that they are given."""
    field = model._meta.get_field("created_at")
    field.auto_now_add = False
    try:
        yield
    finally:
        field.auto_now_add = True


def _bulk_actions_add(owner: Any, ids: list[Any], chance: random.Random) -> None:
    from library.models import BulkAction, BulkActionTrack

    for number in range(BULK_ACTIONS):
        some = chance.sample(ids, len(ids) // 10)
        action = BulkAction.objects.create(
            person=owner,
            kind=BulkAction.Kind.GENRE,
            summary=f"Set the genre, {number}",
            data={"genre": "jazz"},
            total=len(some),
            done=len(some),
        )
        BulkActionTrack.objects.bulk_create(
            (
                BulkActionTrack(action=action, track_id=pk, state=BulkActionTrack.State.UNDONE, before=None)
                for pk in some
            ),
            2000,
        )
