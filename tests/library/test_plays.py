"""Plays of tracks: each is counted once, and none of them is a change of the track."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.models import Play, Track, User
from library.services.plays import CLOCK_SKEW
from tests.concurrency import run_concurrently, shared_database

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
THEN = datetime(2026, 3, 1, 18, 20, 5, tzinfo=UTC)


def counted(track: Track) -> tuple[int, datetime | None]:
    row = Track.all_objects.get(pk=track.pk)
    return row.play_count, row.last_played_at


class TestCounting:
    def test_now(self, alice: User, track: Track) -> None:
        assert counted(track) == (0, None)
        before = timezone.now().replace(microsecond=0)
        play, is_new = services.play_add(track=track)
        assert is_new
        assert before <= play.played_at <= timezone.now()
        assert (play.owner, play.track) == (alice, track)
        assert (track.play_count, track.last_played_at) == counted(track) == (1, play.played_at)

    def test_the_same_second_is_the_same_play(self, track: Track, make_track: MakeTrack) -> None:
        for moment in (THEN, THEN, THEN + timedelta(milliseconds=999)):
            services.play_add(track=track, played_at=moment)
        assert counted(track) == (1, THEN)
        _, is_new = services.play_add(track=track, played_at=THEN)
        assert not is_new
        assert (track.play_count, track.last_played_at) == (1, THEN)
        services.play_add(track=track, played_at=THEN + timedelta(seconds=1))
        other = make_track()
        services.play_add(track=other, played_at=THEN)
        assert counted(track) == (2, THEN + timedelta(seconds=1))
        assert counted(other) == (1, THEN)

    def test_an_earlier_one_that_arrives_later_leaves_the_last_one(self, track: Track) -> None:
        services.play_add(track=track, played_at=THEN)
        services.play_add(track=track, played_at=THEN - timedelta(days=9))
        assert counted(track) == (2, THEN)
        assert list(Play.objects.values_list("played_at", flat=True)) == [THEN, THEN - timedelta(days=9)]

    def test_a_clock_that_is_a_little_ahead(self, track: Track) -> None:
        moment = timezone.now() + CLOCK_SKEW - timedelta(seconds=30)
        services.play_add(track=track, played_at=moment)
        assert counted(track) == (1, moment.replace(microsecond=0))

    @pytest.mark.parametrize(
        "moment",
        [
            timezone.now() + timedelta(days=1),
            datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(9000, 1, 1, tzinfo=UTC),
        ],
        ids=["tomorrow", "the last second of 1999", "1970", "9000"],
    )
    def test_what_cannot_have_been_is_refused(self, moment: datetime, track: Track) -> None:
        with pytest.raises(DomainError) as refused:
            services.play_add(track=track, played_at=moment)
        assert (refused.value.code, refused.value.status) == ("bad_value", 422)
        assert counted(track) == (0, None)
        assert not Play.objects.exists()

    def test_it_is_no_change_of_the_track(self, track: Track) -> None:
        before = Track.objects.filter(pk=track.pk).values().get()
        services.play_add(track=track, played_at=THEN)
        after = Track.objects.filter(pk=track.pk).values().get()
        assert {name for name in before if before[name] != after[name]} == {"play_count", "last_played_at"}

    def test_an_old_copy_of_the_row_changes_nothing_else(self, track: Track) -> None:
        services.track_edit(track=Track.objects.get(), title="New")
        services.play_add(track=track, played_at=THEN)
        assert Track.objects.get().title == "New"


class TestBin:
    def test_a_track_in_it_counts_nothing_and_keeps_its_plays(self, alice: User, track: Track) -> None:
        services.play_add(track=track, played_at=THEN)
        services.track_delete(track=track)
        with pytest.raises(DomainError) as refused:
            services.play_add(track=track, played_at=THEN + timedelta(days=1))
        assert refused.value.code == "not_found"
        assert counted(track) == (1, THEN)
        services.tracks_restore(owner=alice, track_ids=[track.pk])
        services.play_add(track=track, played_at=THEN + timedelta(days=1))
        assert counted(track) == (2, THEN + timedelta(days=1))
        assert Play.objects.count() == 2

    def test_they_go_with_the_track(self, alice: User, make_track: MakeTrack) -> None:
        gone, stays = make_track(), make_track()
        for track in (gone, stays):
            for days in range(3):
                services.play_add(track=track, played_at=THEN + timedelta(days=days))
        services.tracks_purge(owner=alice, track_ids=[gone.pk])
        assert set(Play.objects.values_list("track", flat=True)) == {stays.pk}

    def test_they_go_with_the_account(self, alice: User, charlie: User, make_track: MakeTrack) -> None:
        for owner in (alice, charlie):
            services.play_add(track=make_track(owner=owner))
        services.user_delete(user=alice)
        assert [play.owner for play in Play.objects.all()] == [charlie]


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    @pytest.fixture(autouse=True)
    def shared(self, transactional_db: None, tmp_path: Path) -> Iterator[None]:
        with shared_database(tmp_path):
            yield

    def test_each_is_counted_once(self, track: Track) -> None:
        moments = [THEN + timedelta(minutes=minute) for minute in (0, 0, 1, 2)]
        calls = [
            partial(services.play_add, track=Track.objects.get(), played_at=moment) for moment in moments
        ]
        made = [is_new for _, is_new in run_concurrently(*calls)]
        assert sorted(made) == [False, True, True, True]
        assert counted(track) == (3, THEN + timedelta(minutes=2))
        assert Play.objects.count() == 3

    def test_an_edit_meanwhile_is_kept(self, track: Track) -> None:
        for number in range(5):
            run_concurrently(
                partial(services.play_add, track=track, played_at=THEN + timedelta(days=number)),
                partial(services.track_edit, track=Track.objects.get(), title=f"Title {number}"),
            )
            assert counted(track) == (number + 1, THEN + timedelta(days=number))
            assert Track.objects.get().title == f"Title {number}"
