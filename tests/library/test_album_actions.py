"""Artists and albums are merged, renamed and edited on all their tracks at once, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.models import Album, Artist, BulkAction, Cover, FileTags, Track, TrackArtist, User
from library.services import album_actions, albums, batches, bulk_action_undoing, bulk_actions
from library.services.analysis import _tags_record
from tests.albums import ANN, OTHER_RELEASE, RELEASE, check_rows, make_song
from tests.albums import albums as albums_of
from tests.albums import artists as artists_of

pytestmark = pytest.mark.django_db
Change = Callable[[], BulkAction]


@pytest.fixture(params=[250, 2], ids=["one batch", "several batches"])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With the second, albums are split between batches."""
    for module in (batches, album_actions, albums, bulk_actions, bulk_action_undoing):
        monkeypatch.setattr(module, "BATCH_SIZE", request.param)
    return int(request.param)


def artist(owner: User, name: str) -> Artist:
    return Artist.objects.get(owner=owner, name=name)


def album(owner: User, title: str, **fields: Any) -> Album:
    return Album.objects.get(owner=owner, title=title, **fields)


def state(owner: User) -> dict[str, Any]:
    """Everything that an undo has to restore."""
    names = (
        "pk",
        *album_actions.CHANGED_FIELDS,
        "edited",
        "search_text",
        "sort_artist",
        "sort_album",
        "album_entry",
    )
    return {
        "tracks": list(Track.all_objects.filter(owner=owner).order_by("pk").values(*names)),
        "artists": list(Artist.objects.filter(owner=owner).order_by("pk").values()),
        "albums": list(Album.objects.filter(owner=owner).order_by("pk").values()),
        "track_artists": sorted(
            TrackArtist.objects.filter(track__owner=owner).values_list("track", "artist", "position")
        ),
    }


def there_and_back(owner: User, change: Change) -> dict[str, Any]:
    """Do it and undo it; returns what it was in between."""
    before = state(owner)
    action = change()
    check_rows(owner)
    between = state(owner)
    services.bulk_action_undo(action=action)
    check_rows(owner)
    assert state(owner) == before
    return between


@pytest.fixture
def library(alice: User, charlie: User) -> User:
    """One artist in three spellings, with albums that coincide and some that do not, and somebody else's."""
    for owner in (alice, charlie):
        for name, titles in {
            "Björk": ["Debut", "Post"],
            "Bjork": ["Debut", "Post", "Vespertine"],
            "BJÖRK!": ["Live"],
        }.items():
            for title in titles:
                for number in (1, 2, 3):
                    make_song(owner, artist=name, album=title, track_number=number, year=1990)
    make_song(
        alice,
        artist="Bjork & Ann",
        artist_names=["Bjork", "Ann"],
        musicbrainz={"artists": [ANN, RELEASE], "recording": [RELEASE]},
    )
    make_song(alice, artist="Bob", album="Guests", album_artist="Bjork", edited=["album_artist"])
    services.track_delete(track=make_song(alice, artist="Bjork", album="In the bin"))
    Album.objects.filter(title__in=["Vespertine", "Post"], artist__name="Bjork").update(
        starred_at=timezone.now()
    )
    Artist.objects.filter(name="BJÖRK!").update(starred_at=timezone.now())
    return alice


# Merging artists


def test_one_artist_in_three_spellings(library: User, charlie: User, batch_size: int) -> None:
    into, others = artist(library, "Björk"), [artist(library, name) for name in ("Bjork", "BJÖRK!")]
    rows = {title: album(library, title, artist__name="Bjork").pk for title in ("Vespertine", "In the bin")}
    theirs = state(charlie)
    between = there_and_back(
        library, lambda: services.artists_merge(owner=library, into=into, artists=others)
    )
    assert state(charlie) == theirs
    assert [row["name"] for row in between["artists"] if row["name"] not in ("Ann", "Bob")] == ["Björk"]
    (found,) = [row for row in between["artists"] if row["name"] == "Björk"]
    assert found["id"] == into.pk
    assert found["starred_at"] is not None  # from one of the others
    kept = {row["title"]: row for row in between["albums"]}
    assert sorted(kept) == ["Debut", "Guests", "In the bin", "Live", "Post", "Vespertine"]
    assert {title: kept[title]["id"] for title in rows} == rows
    assert kept["Post"]["starred_at"]
    assert kept["Vespertine"]["starred_at"]
    (guests,) = [row for row in between["tracks"] if row["artist_names"]]
    assert (guests["artist"], guests["artist_names"]) == ("Bjork & Ann", ["Björk", "Ann"])
    assert guests["musicbrainz"] == {"recording": [RELEASE]}
    assert guests["edited"] == ["artist"]


def test_what_was_edited_since_stays(library: User) -> None:
    into, other = artist(library, "Björk"), artist(library, "Bjork")
    song = Track.objects.filter(owner=library, artist="Bjork", album="Vespertine").first()
    assert song is not None
    action = services.artists_merge(owner=library, into=into, artists=[other])
    services.track_edit(track=song, artist="Somebody")
    services.bulk_action_undo(action=action)
    song.refresh_from_db()
    assert (song.artist, song.edited) == ("Somebody", ["artist"])
    check_rows(library)


def test_rows_that_nothing_leads_to_after_an_undo_do_not_come_back(alice: User) -> None:
    first, second = make_song(alice, artist="Ann", album="One"), make_song(alice, artist="Anne", album="Two")
    action = services.artists_merge(owner=alice, into=artist(alice, "Ann"), artists=[artist(alice, "Anne")])
    services.track_edit(track=second, artist="Bob", album="Three")
    services.bulk_action_undo(action=action)
    assert artists_of(alice) == ["Ann", "Bob"]
    assert sorted(albums_of(alice)) == ["Ann – One", "Bob – Three"]
    first.refresh_from_db()
    assert first.artist == "Ann"


def test_an_artist_that_came_back_meanwhile_keeps_its_row(alice: User) -> None:
    make_song(alice, artist="Ann"), make_song(alice, artist="Anne")
    action = services.artists_merge(owner=alice, into=artist(alice, "Ann"), artists=[artist(alice, "Anne")])
    make_song(alice, artist="Anne")
    row = artist(alice, "Anne").pk
    services.bulk_action_undo(action=action)
    check_rows(alice)
    assert artist(alice, "Anne").pk == row


def recomputed(owner: User) -> int:
    """How many rows are not as the tracks' names say."""
    tracks = Track.all_objects.filter(owner=owner)
    return services.albums_recompute(owner=owner, track_ids=list(tracks.values_list("pk", flat=True)))


def test_an_artist_that_loses_an_album_is_spelled_as_its_other_tracks_say(alice: User) -> None:
    make_song(alice, artist="Ann")
    for _ in range(2):
        make_song(alice, artist="Cid", album="One", album_artist="ANN")
    assert artists_of(alice) == ["ANN", "Cid"]
    action = services.album_edit(album=album(alice, "One"), artist="Bob")
    assert artists_of(alice) == ["Ann", "Bob", "Cid"]
    services.bulk_action_undo(action=action)
    assert artists_of(alice) == ["ANN", "Cid"]
    assert recomputed(alice) == 0


def test_the_same_by_an_edit_of_many(alice: User) -> None:
    make_song(alice, artist="Ann")
    songs = [make_song(alice, artist="Cid", album="One", album_artist="ANN") for _ in range(2)]
    action = services.tracks_edit(
        tracks=Track.objects.filter(pk__in=[song.pk for song in songs]),
        person=alice,
        changes={"album_artist": "Bob"},
    )
    assert artists_of(alice) == ["Ann", "Bob", "Cid"]
    services.bulk_action_undo(action=action)
    assert artists_of(alice) == ["ANN", "Cid"]
    assert recomputed(alice) == 0


def test_a_track_that_spells_an_artist_twice_counts_once(alice: User) -> None:
    make_song(alice, artist_names=["bob", "Ann", "BOB"], album="One", album_artist="ANN")
    action = services.artists_merge(owner=alice, into=artist(alice, "bob"), artists=[artist(alice, "ANN")])
    make_song(alice, artist="Bob", album="Two")
    services.bulk_action_undo(action=action)
    assert artists_of(alice) == ["ANN", "Bob"]
    assert recomputed(alice) == 0


@pytest.mark.parametrize("later", [{"musicbrainz": {"release": [RELEASE]}}, {"album": "Three"}], ids=str)
def test_an_album_that_has_become_another_since_stays_that(
    alice: User, later: dict[str, Any], batch_size: int
) -> None:
    first = make_song(alice, artist="Ann", album="One")
    row = album(alice, "One").pk
    action = services.album_edit(album=album(alice, "One"), title="Two")
    songs = [make_song(alice, artist="Ann", album="Two", title=f"{number}") for number in range(4)]
    services.tracks_purge(owner=alice, track_ids=[first.pk])
    Track.all_objects.filter(owner=alice).update(**{"album": "Three"} | later)
    services.albums_recompute(owner=alice, track_ids=[song.pk for song in songs])
    services.bulk_action_undo(action=action)
    check_rows(alice)
    assert albums_of(alice) == {"Ann – Three": ["0", "1", "2", "3"]}
    assert album(alice, "Three").pk == row
    assert recomputed(alice) == 0


def test_a_later_analysis_does_not_unmerge(library: User) -> None:
    into, other = artist(library, "Björk"), artist(library, "Bjork")
    services.artists_merge(owner=library, into=into, artists=[other])
    song = Track.objects.get(owner=library, artist="Bjork & Ann")
    tags = {"artist": "Bjork & Ann", "artist_names": ["Bjork", "Ann"], "values": {}}
    assert _tags_record(song, tags)
    song.refresh_from_db()
    assert song.artist_names == ["Björk", "Ann"]
    assert FileTags.objects.get(track=song).artist_names == ["Bjork", "Ann"]
    check_rows(library)


# Renaming


def test_a_renamed_artist_stays_the_same_row(library: User, batch_size: int) -> None:
    found = artist(library, "Bjork")
    found.starred_at = timezone.now()
    found.save()
    rows = set(Album.objects.filter(artist=found).values_list("pk", flat=True))
    between = there_and_back(
        library, lambda: services.artist_rename(artist=found, name="  Björk   Guðmundsdóttir ")
    )
    (renamed,) = [row for row in between["artists"] if row["name"] == "Björk Guðmundsdóttir"]
    assert (renamed["id"], renamed["starred_at"]) == (found.pk, found.starred_at)
    assert {row["id"] for row in between["albums"] if row["artist_id"] == found.pk} == rows


def test_only_the_spelling_changes(alice: User) -> None:
    songs = [make_song(alice, artist="ANN", album="One") for _ in range(3)]
    between = there_and_back(alice, lambda: services.artist_rename(artist=artist(alice, "ANN"), name="Ann"))
    assert [row["name"] for row in between["artists"]] == ["Ann"]
    assert {row["artist"] for row in between["tracks"]} == {"Ann"}
    assert len(between["tracks"]) == len(songs)


def test_a_name_that_another_has_joins_it(library: User) -> None:
    other = artist(library, "Björk")
    between = there_and_back(
        library, lambda: services.artist_rename(artist=artist(library, "Bjork"), name="björk")
    )
    assert "Bjork" not in {row["name"] for row in between["artists"]}
    assert other.pk in {row["id"] for row in between["artists"]}


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\x00b", "\u2800"])
def test_names_that_will_not_do(alice: User, name: str) -> None:
    make_song(alice, artist="Ann")
    with pytest.raises(DomainError) as refusal:
        services.artist_rename(artist=artist(alice, "Ann"), name=name)
    assert refusal.value.code == "bad_name"


# Albums


def test_merged_albums(alice: User, batch_size: int) -> None:
    for number in (1, 2, 3):
        make_song(alice, artist="Ann", album="Abbey Road", track_number=number)
        make_song(alice, artist="Ann", album="Abey Road", track_number=number + 3)
        make_song(alice, artist="Bob", album="Abbey Road", track_number=number + 6)
    picture = Cover.objects.create(owner=alice, sha256="0" * 64)
    Album.objects.filter(title="Abey Road").update(
        starred_at=timezone.now(), cover=picture, cover_chosen=True
    )
    into = album(alice, "Abbey Road", artist__name="Ann")
    others = list(Album.objects.exclude(pk=into.pk))
    between = there_and_back(alice, lambda: services.albums_merge(owner=alice, into=into, albums=others))
    (found,) = between["albums"]
    assert (found["id"], found["cover_id"], found["cover_chosen"]) == (into.pk, picture.pk, True)
    assert found["starred_at"]
    assert {row["album_artist"] for row in between["tracks"]} == {"", "Ann"}


@pytest.mark.parametrize(
    ("into", "other"),
    [
        ({"musicbrainz": {"release": [RELEASE]}}, {"musicbrainz": {"release": [OTHER_RELEASE]}}),
        ({"musicbrainz": {"release": [RELEASE]}}, {"album": "Uno"}),
        ({}, {"album": "Uno", "musicbrainz": {"release": [RELEASE]}}),
        ({"compilation": True}, {"album": "Uno"}),
        ({"artist": ""}, {"album": "Uno"}),
        ({"album_artist": "Various Artists"}, {"album": "Uno", "album_artist": "Bob"}),
    ],
)
def test_merged_albums_whatever_makes_them_one(alice: User, into: Any, other: Any) -> None:
    songs = [make_song(alice, **{"artist": "Ann", "album": "One"} | fields) for fields in (into, into, other)]
    row, merged = (songs[number].album_entry for number in (0, 2))
    assert row is not None
    assert merged is not None
    between = there_and_back(alice, lambda: services.albums_merge(owner=alice, into=row, albums=[merged]))
    assert [one["id"] for one in between["albums"]] == [row.pk]


def test_a_later_analysis_does_not_take_the_release_back(alice: User) -> None:
    first, second = (
        make_song(alice, artist="Ann", album="One", musicbrainz={"release": [it]})
        for it in (RELEASE, OTHER_RELEASE)
    )
    assert first.album_entry is not None
    assert second.album_entry is not None
    services.albums_merge(owner=alice, into=first.album_entry, albums=[second.album_entry])
    second.refresh_from_db()
    assert _tags_record(second, {"album": "One", "musicbrainz": {"release": [OTHER_RELEASE]}, "values": {}})
    assert Album.objects.get().mbid == RELEASE
    services.track_reset(track=second, fields=["album"])
    assert set(Album.objects.values_list("mbid", flat=True)) == {RELEASE, OTHER_RELEASE}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " Two  more "}, ("Two more", "Ann", 1990, False)),
        ({"artist": "Bob"}, ("One", "Bob", 1990, False)),
        ({"artist": "Various Artists"}, ("One", None, 1990, True)),
        ({"compilation": True}, ("One", None, 1990, True)),
        ({"year": 1969}, ("One", "Ann", 1969, False)),
        ({"year": None}, ("One", "Ann", None, False)),
        ({"title": "Two", "artist": "Bob", "year": 1}, ("Two", "Bob", 1, False)),
    ],
)
def test_an_edited_album(alice: User, changes: dict[str, Any], said: Any, batch_size: int) -> None:
    for number in range(5):
        make_song(alice, artist="Ann", album="One", track_number=number + 1, year=1990)
    row = album(alice, "One")
    row.starred_at = timezone.now()
    row.save()
    between = there_and_back(alice, lambda: services.album_edit(album=row, **changes))
    (found,) = between["albums"]
    assert (found["id"], found["starred_at"]) == (row.pk, row.starred_at)
    names = {one["id"]: one["name"] for one in between["artists"]}
    assert (found["title"], names.get(found["artist_id"]), found["year"], found["compilation"]) == said


def test_an_edited_release_stays_that_release(alice: User) -> None:
    make_song(alice, artist="Ann", album="One", musicbrainz={"release": [RELEASE]})
    between = there_and_back(alice, lambda: services.album_edit(album=album(alice, "One"), title="Two"))
    assert [(row["title"], row["mbid"]) for row in between["albums"]] == [("Two", RELEASE)]


@pytest.mark.parametrize(
    "changes", [{"title": ""}, {"title": "x" * 256}, {"title": "\u2800"}, {"year": 0}, {"artist": "\x00"}]
)
def test_values_that_will_not_do(alice: User, changes: dict[str, Any]) -> None:
    make_song(alice, artist="Ann", album="One")
    with pytest.raises(DomainError) as refusal:
        services.album_edit(album=album(alice, "One"), **changes)
    assert refusal.value.code == "bad_value"


def test_nothing_is_merged_into_itself_or_with_what_is_another_persons(alice: User, charlie: User) -> None:
    mine, theirs = (make_song(owner, artist="Ann", album="One") for owner in (alice, charlie))
    assert mine.album_entry is not None
    assert theirs.album_entry is not None
    for call, code in (
        (
            lambda: services.albums_merge(owner=alice, into=mine.album_entry, albums=[mine.album_entry]),
            "same_album",
        ),
        (
            lambda: services.albums_merge(owner=alice, into=mine.album_entry, albums=[theirs.album_entry]),
            "not_found",
        ),
        (lambda: services.artists_merge(owner=alice, into=artist(alice, "Ann"), artists=[]), "same_artist"),
        (
            lambda: services.artists_merge(
                owner=alice, into=artist(alice, "Ann"), artists=[artist(charlie, "Ann")]
            ),
            "not_found",
        ),
    ):
        with pytest.raises(DomainError) as refusal:
            call()
        assert refusal.value.code == code
    assert BulkAction.objects.count() == 0
