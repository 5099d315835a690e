"""Stars on tracks, albums and artists, and ratings of tracks: kept, changed once, and undone for many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.models import Album, Artist, BulkAction, Track, User
from tests.album_rows import make_album, make_artist, make_track_on

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.fixture
def album(alice: User) -> Album:
    made = make_album(alice, "Foundry", "The Gravel Kings")
    make_track_on(made, "Slag")
    return made


def star(thing: Track | Album | Artist, starred: bool = True) -> None:
    if isinstance(thing, Track):
        services.track_star(track=thing, starred=starred)
    elif isinstance(thing, Album):
        services.album_star(album=thing, starred=starred)
    else:
        services.artist_star(artist=thing, starred=starred)


def make_old(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(updated_at=LONG_AGO)
    track.refresh_from_db()


@pytest.fixture(params=["track", "album", "artist"])
def thing(request: pytest.FixtureRequest, album: Album) -> Any:
    return {"track": album.tracks.get(), "album": album, "artist": album.artist}[request.param]


class TestStar:
    def test_a_star_comes_and_goes(self, thing: Any) -> None:
        before = timezone.now()
        star(thing)
        assert before <= thing.starred_at <= timezone.now()
        thing.refresh_from_db()
        assert before <= thing.starred_at
        star(thing, False)
        assert thing.starred_at is None
        thing.refresh_from_db()
        assert thing.starred_at is None

    def test_what_has_a_star_keeps_its_date(self, thing: Any) -> None:
        type(thing).objects.filter(pk=thing.pk).update(starred_at=LONG_AGO)
        star(thing)
        assert thing.starred_at == LONG_AGO
        thing.refresh_from_db()
        assert thing.starred_at == LONG_AGO

    def test_what_is_gone_is_refused(self, thing: Any) -> None:
        copy = type(thing).objects.get(pk=thing.pk)
        if isinstance(thing, Artist):
            Album.objects.filter(artist=thing).delete()
        thing.delete()
        with pytest.raises(DomainError, match="no longer exists") as refused:
            star(copy)
        assert refused.value.code == "not_found"

    def test_a_track_in_the_bin_is_refused(self, track: Track) -> None:
        services.track_delete(track=track)
        with pytest.raises(DomainError):
            star(track)
        assert Track.all_objects.get().starred_at is None

    def test_those_who_follow_changes_hear_of_it_once(self, track: Track) -> None:
        make_old(track)
        star(track)
        changed = Track.objects.get().updated_at
        assert changed > LONG_AGO
        assert track.updated_at == changed
        star(track)
        assert Track.objects.get().updated_at == changed


class TestRating:
    def test_it_is_kept_changed_and_removed(self, track: Track) -> None:
        for rating in (1, 5, None):
            make_old(track)
            services.track_rate(track=track, rating=rating)
            assert track.rating == rating
            assert Track.objects.get().rating == rating
            assert Track.objects.get().updated_at > LONG_AGO

    def test_the_same_again_is_no_change(self, track: Track) -> None:
        services.track_rate(track=track, rating=3)
        make_old(track)
        services.track_rate(track=track, rating=3)
        assert Track.objects.get().updated_at == LONG_AGO

    @pytest.mark.parametrize("rating", [0, 6, -1, 10**9])
    def test_others_are_refused(self, rating: int, track: Track) -> None:
        with pytest.raises(DomainError) as refused:
            services.track_rate(track=track, rating=rating)
        assert refused.value.code == "bad_value"
        assert Track.objects.get().rating is None


@pytest.fixture
def three(make_track: MakeTrack) -> list[Track]:
    return [make_track(title=title) for title in "abc"]


def mine(alice: User) -> Any:
    return Track.objects.filter(owner=alice).order_by("title")


def stars(tracks: list[Track]) -> list[bool]:
    for track in tracks:
        track.refresh_from_db(from_queryset=Track.all_objects.all())
    return [track.starred_at is not None for track in tracks]


def ratings(tracks: list[Track]) -> list[int | None]:
    for track in tracks:
        track.refresh_from_db(from_queryset=Track.all_objects.all())
    return [track.rating for track in tracks]


class TestMany:
    def star_all(self, alice: User, starred: bool = True) -> BulkAction:
        return services.tracks_star(tracks=mine(alice), person=alice, starred=starred)

    def rate_all(self, alice: User, rating: int | None) -> BulkAction:
        return services.tracks_rate(tracks=mine(alice), person=alice, rating=rating)

    def test_all_get_a_star_and_lose_it_again_but_for_those_that_had_one(
        self, alice: User, three: list[Track]
    ) -> None:
        Track.objects.filter(pk=three[0].pk).update(starred_at=LONG_AGO)
        action = self.star_all(alice)
        assert (action.kind, action.done, action.skipped) == ("star", 2, 1)
        assert stars(three) == [True, True, True]
        assert three[0].starred_at == LONG_AGO
        assert services.bulk_action_undo(action=action) == 2
        assert stars(three) == [True, False, False]

    def test_a_star_that_was_given_anew_since_stays(self, alice: User, three: list[Track]) -> None:
        action = self.star_all(alice)
        star(three[1], False)
        star(three[1])
        assert services.bulk_action_undo(action=action) == 2
        assert stars(three) == [False, True, False]

    def test_stars_that_were_taken_away_come_back_with_their_dates(
        self, alice: User, three: list[Track]
    ) -> None:
        Track.objects.filter(pk=three[0].pk).update(starred_at=LONG_AGO)
        star(three[1])
        date = three[1].starred_at
        action = self.star_all(alice, False)
        assert (action.kind, action.done, action.skipped) == ("unstar", 2, 1)
        assert stars(three) == [False, False, False]
        star(three[1])
        anew = three[1].starred_at
        assert services.bulk_action_undo(action=action) == 1
        assert stars(three) == [True, True, False]
        assert (three[0].starred_at, three[1].starred_at) == (LONG_AGO, anew)
        assert anew != date

    def test_ratings_come_back_where_they_were_not_changed_since(
        self, alice: User, three: list[Track]
    ) -> None:
        services.track_rate(track=three[0], rating=2)
        services.track_rate(track=three[1], rating=4)
        action = self.rate_all(alice, 4)
        assert (action.kind, action.done, action.skipped) == ("rate", 2, 1)
        assert ratings(three) == [4, 4, 4]
        services.track_rate(track=three[2], rating=1)
        assert services.bulk_action_undo(action=action) == 1
        assert ratings(three) == [2, 4, 1]

    def test_ratings_are_removed_and_come_back(self, alice: User, three: list[Track]) -> None:
        services.track_rate(track=three[0], rating=2)
        action = self.rate_all(alice, None)
        assert (action.done, action.skipped, ratings(three)) == (1, 2, [None] * 3)
        services.bulk_action_undo(action=action)
        assert ratings(three) == [2, None, None]

    def test_those_in_the_bin_are_undone_without_being_counted(self, alice: User, three: list[Track]) -> None:
        starred, rated = self.star_all(alice), self.rate_all(alice, 5)
        services.track_delete(track=three[0])
        assert services.bulk_action_undo(action=rated) == 2
        assert services.bulk_action_undo(action=starred) == 2
        assert (stars(three), ratings(three)) == ([False] * 3, [None] * 3)

    def test_those_who_follow_changes_hear_of_it(self, alice: User, three: list[Track]) -> None:
        for do in (
            lambda: self.star_all(alice),
            lambda: self.rate_all(alice, 3),
            lambda: self.star_all(alice, False),
        ):
            Track.objects.update(updated_at=LONG_AGO)
            action = do()
            assert not Track.objects.filter(updated_at=LONG_AGO).exists()
            Track.objects.update(updated_at=LONG_AGO)
            services.bulk_action_undo(action=action)
            assert not Track.objects.filter(updated_at=LONG_AGO).exists()
            do()

    def test_other_peoples_tracks_are_left_alone(self, charlie: User, three: list[Track]) -> None:
        action = services.tracks_star(tracks=Track.objects.all(), person=charlie, starred=True)
        rated = services.tracks_rate(tracks=Track.objects.all(), person=charlie, rating=1)
        assert (action.done, rated.done) == (0, 0)
        assert (stars(three), ratings(three)) == ([False] * 3, [None] * 3)

    @pytest.mark.parametrize("value", ["", "6", "four", "-1", "²"])
    def test_a_rating_that_is_none_is_refused(self, value: str, alice: User, three: list[Track]) -> None:
        with pytest.raises(DomainError) as refused:
            services.bulk_action_request(person=alice, name="rate", value=value, tracks=mine(alice))
        assert refused.value.code == "bad_value"
        assert not BulkAction.objects.exists()


def test_an_artist_of_the_same_name_in_another_library_keeps_its_star(alice: User, charlie: User) -> None:
    theirs, own = make_artist(charlie, "Ann"), make_artist(alice, "Ann")
    star(theirs)
    star(own)
    star(own, False)
    theirs.refresh_from_db()
    assert theirs.starred_at
