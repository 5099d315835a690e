"""Workers that read the tags of one album at the same moment make one album of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from library import services
from library.models import Album, Artist, Track, User
from library.services.analysis import _tags_record
from tests.albums import check_rows, make_song
from tests.concurrency import run_concurrently, shared_database

ROUNDS = 5
pytestmark = pytest.mark.django_db(transaction=True)


def test_one_album_however_many_read_it(alice: User, tmp_path: Path) -> None:
    with shared_database(tmp_path):
        for number in range(ROUNDS):
            songs = [make_song(alice) for _ in range(4)]
            tags = {
                "artist": f"Ann {number}",
                "album": "One",
                "artist_names": ["Ann", f"Bob {number}"],
                "values": {},
            }
            answers = run_concurrently(*(partial(_tags_record, song, tags) for song in songs))
            assert answers == [True] * 4
            check_rows(alice)
        assert (Album.objects.count(), Artist.objects.count()) == (1, ROUNDS + 1)


def test_edits_deletions_and_merges_at_once(alice: User, tmp_path: Path) -> None:
    with shared_database(tmp_path):
        for number in range(ROUNDS):
            songs = [
                make_song(alice, artist=f"Ann {n % 3} {number}", album=f"Album {n % 2}") for n in range(8)
            ]
            rows = list(Artist.objects.filter(name__endswith=f" {number}").order_by("name"))
            answers = run_concurrently(
                partial(services.track_edit, track=songs[0], album="Album 1"),
                partial(services.tracks_purge, owner=alice, track_ids=[songs[3].pk, songs[6].pk]),
                partial(services.artists_merge, owner=alice, into=rows[0], artists=rows[1:]),
                partial(services.albums_recompute, owner=alice, track_ids=[song.pk for song in songs]),
            )
            assert not [answer for answer in answers if isinstance(answer, Exception)]
            check_rows(alice)
        assert Track.objects.count() == 6 * ROUNDS
