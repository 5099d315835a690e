"""Albums and artists have rows, which follow what tracks name whatever becomes of these names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import Album, Artist, Track, TrackArtist, User
from library.search.filters import track_filterset
from library.services.album_names import MAX_KEY_BYTES, title_key
from tests.albums import ANN, BOB, OTHER_RELEASE, RELEASE, albums, artists, check_rows, make_song

pytestmark = pytest.mark.django_db


def of_release(release: str) -> dict[str, Any]:
    return {"musicbrainz": {"release": [release]}}


# Which tracks are one album

GROUPS: dict[str, tuple[list[dict[str, Any]], int]] = {
    "one artist": ([{"artist": "Ann", "album": "One"}] * 3, 1),
    "spelled differently": (
        [
            {"artist": "Ann", "album": "One"},
            {"artist": "ANN", "album": "ONE"},
            {"artist": "Ann", "album": "one"},
        ],
        1,
    ),
    "with and without accents": ([{"artist": "Ann", "album": "Ame"}, {"artist": "Ann", "album": "Âme"}], 2),
    "composed and decomposed": (
        [{"artist": "Ann", "album": "\u00c2me"}, {"artist": "Ann", "album": "A\u0302me"}],
        1,
    ),
    "signs make names": ([{"artist": "Ann", "album": "C++"}, {"artist": "Ann", "album": "C#"}], 2),
    "two albums of one name": ([{"artist": "Ann", "album": "Live"}, {"artist": "Bob", "album": "Live"}], 2),
    "the article is part of a name": (
        [{"artist": "Beatles", "album": "Help!"}, {"artist": "The Beatles", "album": "Help!"}],
        2,
    ),
    "an album artist": (
        [
            {"artist": "Ann", "album": "One", "album_artist": "Ann"},
            {"artist": "Ann feat. Bob", "album": "One", "album_artist": "Ann"},
        ],
        1,
    ),
    "several artists without an album artist": (
        [{"artist": "Ann", "album": "One"}, {"artist": "Ann feat. Bob", "album": "One"}],
        2,
    ),
    "the first of several artists": (
        [
            {"artist": "Ann", "album": "One"},
            {"artist": "Ann feat. Bob", "artist_names": ["Ann", "Bob"], "album": "One"},
        ],
        1,
    ),
    "a compilation": (
        [{"artist": name, "album": "Hits", "compilation": True} for name in ("Ann", "Bob", "")],
        1,
    ),
    "various artists": (
        [
            {"artist": "Ann", "album": "Hits", "album_artist": "Various Artists"},
            {"artist": "Bob", "album": "Hits", "album_artist": "various artists"},
            {"artist": "Bob", "album": "Hits", "album_artist": "VA"},
            {"artist": "Cid", "album": "Hits", "compilation": True},
        ],
        1,
    ),
    "a compilation of somebody": (
        [
            {"artist": "Ann", "album": "Mix", "album_artist": "DJ Dot", "compilation": True},
            {"artist": "Bob", "album": "Mix", "album_artist": "DJ Dot", "compilation": True},
            {"artist": "Bob", "album": "Mix", "compilation": True},
        ],
        2,
    ),
    "no artist at all": ([{"album": "Found tapes"}] * 2, 1),
    "no album": ([{"artist": "Ann"}, {"artist": "Ann"}], 0),
    "a title that shows nothing": ([{"artist": "Ann", "album": "\u2800"}], 0),
    "one release under two titles": (
        [
            {"artist": "Ann", "album": "One (disc 1)", **of_release(RELEASE)},
            {"artist": "Ann", "album": "One (disc 2)", **of_release(RELEASE)},
        ],
        1,
    ),
    "two releases of one title": (
        [
            {"artist": "Ann", "album": "One", **of_release(RELEASE)},
            {"artist": "Ann", "album": "One", **of_release(OTHER_RELEASE)},
        ],
        2,
    ),
    "a release, and a file that does not say so": (
        [{"artist": "Ann", "album": "One", **of_release(RELEASE)}, {"artist": "ann", "album": "one"}],
        1,
    ),
    "two releases, and a file that says neither": (
        [
            {"artist": "Ann", "album": "One", **of_release(RELEASE)},
            {"artist": "Ann", "album": "One", **of_release(OTHER_RELEASE)},
            {"artist": "Ann", "album": "One"},
        ],
        3,
    ),
    "a release of another artist": (
        [{"artist": "Ann", "album": "One", **of_release(RELEASE)}, {"artist": "Bob", "album": "One"}],
        2,
    ),
    "a release without a title": ([{"artist": "Ann", **of_release(RELEASE)}], 0),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("songs", "count"), GROUPS.values(), ids=GROUPS)
def test_which_tracks_are_one_album(
    alice: User, songs: list[dict[str, Any]], count: int, backwards: bool
) -> None:
    for fields in reversed(songs) if backwards else songs:
        make_song(alice, **fields)
        check_rows(alice)
    assert Album.objects.count() == count


def together(owner: User) -> set[frozenset[str]]:
    """The titles of the tracks of each album."""
    return {
        frozenset(Track.objects.filter(album_entry=album).values_list("title", flat=True))
        for album in Album.objects.filter(owner=owner)
    }


def test_all_at_once_is_the_same(alice: User) -> None:
    ids = [make_song(alice, **fields).pk for songs, _ in GROUPS.values() for fields in songs]
    check_rows(alice)
    one_by_one = together(alice)
    Album.objects.all().delete()
    Artist.objects.all().delete()
    Track.objects.update(album_key="")
    services.albums_recompute(owner=alice, track_ids=ids)
    check_rows(alice)
    assert together(alice) == one_by_one
    assert services.albums_recompute(owner=alice, track_ids=ids) == 0  # nothing is left to do


def test_everybody_has_their_own(alice: User, charlie: User) -> None:
    mine, theirs = (make_song(owner, artist="Ann", album="One") for owner in (alice, charlie))
    assert mine.album_entry_id != theirs.album_entry_id
    services.albums_recompute(owner=charlie, track_ids=[mine.pk])
    mine.refresh_from_db()
    assert mine.album_entry is not None
    assert mine.album_entry.owner == alice
    for owner in (alice, charlie):
        check_rows(owner)


def test_queries_do_not_grow_with_the_tracks(
    alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [
        make_song(alice, artist=f"Artist {n}", album=f"Album {n % 50}", album_artist=f"Artist {n % 50}").pk
        for n in range(150)
    ]
    Album.objects.all().delete()
    Artist.objects.all().delete()
    Track.objects.update(album_key="")
    with django_assert_max_num_queries(30):
        services.albums_recompute(owner=alice, track_ids=ids)
    check_rows(alice)


# What an album says


def test_an_album_in_its_order_across_discs(alice: User) -> None:
    for disc, number in [(2, 1), (1, 2), (1, 1), (1, 10), (2, 2), (1, 3)]:
        make_song(
            alice,
            artist="Ann",
            album="One",
            disc_number=disc,
            track_number=number,
            title=f"{disc}-{number}",
        )
    make_song(alice, artist="Ann", album="One", title="no number", disc_number=2)
    make_song(alice, artist="Bob", album="One", title="another album", track_number=1)
    for ordering in ("album", "-album"):
        found = track_filterset(alice, QueryDict(f"ordering={ordering}")).qs
        titles = [track.title for track in found]
        first, other = titles.index("1-1"), titles.index("another album")
        assert titles[first : first + 7] == ["1-1", "1-2", "1-3", "1-10", "2-1", "2-2", "no number"]
        assert other in (0, 7)


@pytest.mark.parametrize(
    ("years", "year"),
    [
        ([(1970, None), (1970, None), (1971, None)], 1970),
        ([(2009, 1969), (2009, 1969), (2009, 1970)], 1969),
        ([(2009, 1969), (1969, None), (2009, None)], 1969),
        ([(None, None)], None),
        ([(1971, None), (1970, None)], 1970),
    ],
)
def test_the_year_that_most_tracks_name(alice: User, years: list[Any], year: int | None) -> None:
    for one, original in years:
        make_song(alice, artist="Ann", album="One", year=one, original_year=original)
    assert Album.objects.get().year == year


def test_the_spelling_that_most_tracks_have(alice: User) -> None:
    songs = [make_song(alice, artist="ANN", album="ONE") for _ in range(3)]
    assert (Album.objects.get().title, Artist.objects.get().name) == ("ONE", "ANN")
    for song in songs[:2]:
        services.track_edit(track=song, artist="Ann", album="One")
    assert (Album.objects.get().title, Artist.objects.get().name) == ("One", "Ann")
    services.tracks_purge(owner=alice, track_ids=[songs[0].pk, songs[1].pk])
    assert (Album.objects.get().title, Artist.objects.get().name) == ("ONE", "ANN")


def test_of_a_release_most_tracks_say_title_and_artist(alice: User) -> None:
    for title, artist in [("One", "Ann"), ("Uno", "Bob"), ("One", "Ann")]:
        make_song(alice, artist=artist, album=title, **of_release(RELEASE))
    album = Album.objects.get()
    assert (str(album), album.mbid, album.compilation) == ("Ann – One", RELEASE, False)


def test_compilations_have_no_artist(alice: User) -> None:
    for name in ("Ann", "Bob"):
        make_song(alice, artist=name, album="Hits", compilation=True)
    album = Album.objects.get()
    assert (album.artist, album.compilation, artists(alice)) == (None, True, ["Ann", "Bob"])


def test_a_track_has_all_its_artists_in_their_order(alice: User) -> None:
    song = make_song(
        alice, artist="Bob feat. Ann", artist_names=["Bob", "Ann", "bob"], album_artist="Cid", album="One"
    )
    rows = TrackArtist.objects.filter(track=song)
    assert [row.artist.name for row in rows] == ["Bob", "Ann"]
    assert artists(alice) == ["Ann", "Bob", "Cid"]
    services.track_edit(track=song, artist="Ann")
    assert [row.artist.name for row in rows.all()] == ["Ann"]
    assert artists(alice) == ["Ann", "Cid"]


def test_artists_have_the_ids_that_stand_for_each_of_them(alice: User) -> None:
    make_song(alice, artist="Ann & Bob", artist_names=["Ann", "Bob"], musicbrainz={"artists": [ANN, BOB]})
    make_song(
        alice, artist="Cid & Dot", musicbrainz={"artists": [OTHER_RELEASE, RELEASE]}
    )  # one name, two ids
    make_song(alice, artist="Eve", musicbrainz={"artists": [RELEASE]})
    ids = dict(Artist.objects.values_list("name", "mbid"))
    assert ids == {"Ann": ANN, "Bob": BOB, "Cid & Dot": "", "Eve": RELEASE}


def test_keys_fit_into_the_database(alice: User) -> None:
    name = "\u0390" * 255  # one character is three in a key
    song = make_song(alice, artist=name, album=name)
    assert len(title_key(name).encode()) <= MAX_KEY_BYTES
    assert title_key(name) != title_key(name[:-1])
    assert (song.album_entry and song.album_entry.title) == name
    check_rows(alice)


# Rows that stay


def starred(album: Album | None) -> Album:
    assert album is not None
    album.starred_at = timezone.now()
    album.save()
    return album


def test_an_album_that_is_renamed_stays_the_same_row(alice: User) -> None:
    song = make_song(alice, artist="Ann", album="Abey Road")
    album = starred(song.album_entry)
    services.track_edit(track=song, album="Abbey Road")
    assert (song.album_entry_id, albums(alice)) == (album.pk, {"Ann – Abbey Road": [song.title]})
    services.track_edit(track=song, artist="Bob")
    assert song.album_entry_id == album.pk
    services.track_edit(track=song, compilation=True)
    song.refresh_from_db()
    found = Album.objects.get()
    assert (found.pk, found.artist, found.starred_at) == (album.pk, None, album.starred_at)
    assert artists(alice) == ["Bob"]


def test_all_tracks_together_keep_the_row_also_in_several_batches(alice: User) -> None:
    songs = [make_song(alice, artist="Ann", album="One") for _ in range(4)]
    album = starred(songs[0].album_entry)
    Track.objects.update(album="Two")
    services.albums_recompute(owner=alice, track_ids=[song.pk for song in songs])
    assert Album.objects.get() == album
    Track.objects.filter(pk__in=[songs[0].pk, songs[1].pk]).update(album="Three")
    services.albums_recompute(owner=alice, track_ids=[songs[0].pk, songs[1].pk])
    assert Album.objects.count() == 2  # half of it has gone
    Track.objects.update(album="Three")
    services.albums_recompute(owner=alice, track_ids=[song.pk for song in songs])
    found = Album.objects.get()
    assert found.starred_at == album.starred_at  # whoever joins another album leaves it the star
    check_rows(alice)


def test_a_track_that_leaves_takes_nothing_along(alice: User) -> None:
    stays, goes = (make_song(alice, artist="Ann", album="One") for _ in range(2))
    album = starred(stays.album_entry)
    services.track_edit(track=goes, album="Two")
    stays.refresh_from_db()
    assert stays.album_entry_id == album.pk
    assert goes.album_entry is not None
    assert goes.album_entry.starred_at is None


def test_two_albums_that_change_places(alice: User) -> None:
    first, second = (make_song(alice, artist="Ann", album=title) for title in ("One", "Two"))
    rows = (first.album_entry_id, second.album_entry_id)
    Track.objects.filter(pk=first.pk).update(album="Two")
    Track.objects.filter(pk=second.pk).update(album="One")
    services.albums_recompute(owner=alice, track_ids=[first.pk, second.pk])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.album_entry_id, second.album_entry_id) == rows
    check_rows(alice)


def test_an_album_that_moves_on_while_another_takes_its_name(alice: User) -> None:
    first, second, third = (make_song(alice, artist="Ann", album=title) for title in ("One", "Two", "Three"))
    rows = (first.album_entry_id, second.album_entry_id)
    Track.objects.filter(pk=first.pk).update(album="Two")
    Track.objects.filter(pk=second.pk).update(album="Three")
    services.albums_recompute(owner=alice, track_ids=[first.pk, second.pk])
    for song in (first, second, third):
        song.refresh_from_db()
    assert first.album_entry_id == rows[0]
    assert second.album_entry_id == third.album_entry_id
    check_rows(alice)


def test_a_file_that_names_its_release_moves_the_album(alice: User) -> None:
    songs = [make_song(alice, artist="Ann", album="One") for _ in range(3)]
    row = songs[0].album_entry_id
    Track.objects.filter(pk=songs[1].pk).update(musicbrainz={"release": [RELEASE]})
    services.albums_recompute(owner=alice, track_ids=[songs[1].pk])
    check_rows(alice)
    album = Album.objects.get()
    assert (album.pk, album.mbid) == (row, RELEASE)
    services.tracks_purge(owner=alice, track_ids=[songs[1].pk])
    check_rows(alice)
    album = Album.objects.get()
    assert (album.pk, album.mbid, album.title) == (row, "", "One")


def test_an_edited_album_is_no_longer_that_release(alice: User) -> None:
    songs = [make_song(alice, artist="Ann", album="One", **of_release(RELEASE)) for _ in range(2)]
    services.track_edit(track=songs[0], album="Two")
    check_rows(alice)
    assert sorted(albums(alice)) == ["Ann – One", "Ann – Two"]
    services.track_edit(track=songs[0], album="One")  # exactly one release is called so
    assert Album.objects.get().mbid == RELEASE


# The bin, and deletion


def test_albums_stay_while_their_tracks_are_in_the_bin(alice: User) -> None:
    song = make_song(alice, artist="Ann", album="One")
    album = starred(song.album_entry)
    services.track_delete(track=song)
    check_rows(alice)
    assert Album.objects.get() == album
    services.tracks_restore(owner=alice, track_ids=[song.pk])
    song.refresh_from_db()
    assert song.album_entry_id == album.pk
    check_rows(alice)


def test_purged_tracks_take_their_albums_and_artists_with_them(alice: User) -> None:
    first, second = (
        make_song(alice, artist=name, album="One", album_artist="Cid") for name in ("Ann", "Bob")
    )
    services.track_delete(track=first)
    services.tracks_purge(owner=alice, track_ids=[first.pk], from_bin_only=True)
    check_rows(alice)
    assert artists(alice) == ["Bob", "Cid"]
    services.tracks_purge(owner=alice, track_ids=[second.pk])
    assert (albums(alice), artists(alice)) == ({}, [])


def test_what_has_been_in_the_bin_too_long(alice: User) -> None:
    song = make_song(alice, artist="Ann", album="One")
    services.track_delete(track=song)
    Track.all_objects.update(deleted_at=timezone.now() - timedelta(days=400))
    services.bin_expire()
    assert (albums(alice), artists(alice)) == ({}, [])


def test_a_track_restored_after_an_upgrade_gets_its_album(alice: User) -> None:
    song = make_song(alice, artist="Ann", album="One")
    services.track_delete(track=song)
    Track.all_objects.update(album_key="", album_entry=None)
    Album.objects.all().delete()
    TrackArtist.objects.all().delete()
    services.tracks_restore(owner=alice, track_ids=[song.pk])
    check_rows(alice)


def test_a_deleted_account_leaves_nothing(alice: User, charlie: User) -> None:
    for owner in (alice, charlie):
        make_song(owner, artist="Ann", album="One")
    services.user_delete(user=alice)
    assert not User.objects.filter(pk=alice.pk).exists()
    assert list(Album.objects.values_list("owner", flat=True)) == [charlie.pk]
    assert list(Artist.objects.values_list("owner", flat=True)) == [charlie.pk]


def test_lists_do_not_change(alice: User) -> None:
    """The rows are there for albums; whatever lists tracks finds each once."""
    song = make_song(alice, artist="Ann & Bob", artist_names=["Ann", "Bob"], album="One")
    assert list(selectors.tracks_of(alice)) == [song]
