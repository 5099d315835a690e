"""Which albums and artists there are, and their tracks in order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import Track, User
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on

pytestmark = pytest.mark.django_db


def titles(rows: Iterable[object]) -> list[str]:
    return [row.title for row in rows]  # type: ignore[attr-defined]


def move_to_bin(*tracks: Track) -> None:
    services.tracks_move_to_bin(owner=tracks[0].owner, track_ids=[track.pk for track in tracks])


def test_an_album_in_order_across_discs(alice: User) -> None:
    album = make_album(alice, "The Wall", "Pink Floyd")
    make_track_on(album, "Hey You", disc_number=2, track_number=1)
    make_track_on(album, "Bonus")
    make_track_on(album, "Vera", disc_number=2, track_number=10)
    make_track_on(album, "Mother", track_number=6)
    make_track_on(album, "In the Flesh?", disc_number=1, track_number=1)
    make_track_on(album, "Comfortably Numb", disc_number=2, track_number=9)
    make_track_on(album, "Another", track_number=6)
    assert titles(selectors.tracks_of_album(alice, album)) == [
        *("In the Flesh?", "Another", "Mother", "Bonus"),
        *("Hey You", "Comfortably Numb", "Vera"),
    ]


def test_two_albums_of_one_name(alice: User) -> None:
    one, other = make_album(alice, "Greatest Hits", "Abba"), make_album(alice, "Greatest Hits", "Queen")
    make_track_on(one, "Waterloo")
    make_track_on(other, "Innuendo")
    assert {album.pk for album in selectors.albums_of(alice)} == {one.pk, other.pk}
    assert titles(selectors.tracks_of_album(alice, one)) == ["Waterloo"]


def test_albums_come_by_title_with_artist_and_cover(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for title, artist in (("Zebra", "Ann"), ("élan", "Bea"), ("Apple", "")):
        make_track_on(make_album(alice, title, artist), "Song")
    with django_assert_num_queries(1):
        shown = [(str(album), album.cover) for album in selectors.albums_of(alice)]
    assert shown == [("Apple", None), ("Bea – élan", None), ("Ann – Zebra", None)]


def test_an_album_is_there_while_a_track_is_outside_the_bin(alice: User) -> None:
    album = make_album(alice, "Foundry", "The Gravel Kings")
    tracks = [make_track_on(album, title) for title in ("Slag", "Cinders")]
    move_to_bin(tracks[0])
    assert selectors.album_of(alice, album.pk) == album
    assert titles(selectors.tracks_of_album(alice, album)) == ["Cinders"]
    move_to_bin(tracks[1])
    assert selectors.album_of(alice, album.pk) is None
    assert list(selectors.artists_of(alice)) == []
    services.tracks_restore(owner=alice, track_ids=[tracks[0].pk])
    assert selectors.album_of(alice, album.pk) == album
    assert [artist.name for artist in selectors.artists_of(alice)] == ["The Gravel Kings"]


def test_artists_are_those_of_tracks_and_of_albums(alice: User) -> None:
    make_track_by(alice, "Under Pressure", "Queen", "David Bowie")
    make_track_on(make_album(alice, "Duets", "Tony Bennett"), "Body and Soul", "Amy Winehouse")
    make_artist(alice, "Nobody")
    names = [artist.name for artist in selectors.artists_of(alice)]
    assert names == ["Amy Winehouse", "David Bowie", "Queen", "Tony Bennett"]
    bennett = selectors.artists_of(alice).get(name="Tony Bennett")
    assert titles(selectors.tracks_of_artist(alice, bennett)) == ["Body and Soul"]


def test_an_artists_albums_by_year_and_tracks_album_by_album(alice: User) -> None:
    for title, year in (("Undated", None), ("Second", 1999), ("First", 1990)):
        album = make_album(alice, title, "Ann", year=year)
        for number in (2, 1):
            make_track_on(album, f"{title} {number}", track_number=number)
    make_track_on(make_album(alice, "Festival"), "Live", "Ann")
    make_track_by(alice, "Alone", "Ann")
    make_track_by(alice, "Other", "Bea")
    ann = selectors.artists_of(alice).get(name="Ann")
    assert titles(selectors.albums_of_artist(alice, ann)) == ["First", "Second", "Undated"]
    assert titles(selectors.tracks_of_artist(alice, ann)) == [
        *("First 1", "First 2", "Second 1", "Second 2", "Live", "Undated 1", "Undated 2", "Alone"),
    ]


def test_nobody_sees_those_of_others(alice: User, charlie: User) -> None:
    album = make_album(alice, "Foundry", "The Gravel Kings")
    make_track_on(album, "Slag")
    (artist,) = selectors.artists_of(alice)
    assert selectors.artist_of(alice, artist.pk) == artist
    assert not selectors.albums_of(charlie)
    assert not selectors.artists_of(charlie)
    assert selectors.album_of(charlie, album.pk) is None
    assert selectors.artist_of(charlie, artist.pk) is None
    assert not selectors.tracks_of_album(charlie, album)
    assert not selectors.albums_of_artist(charlie, artist)
    assert not selectors.tracks_of_artist(charlie, artist)
