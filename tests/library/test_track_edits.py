"""Many tracks are edited at once; albums and artists follow, and one undo restores everything."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.models import Album, Artist, BulkAction, Track, TrackArtist, User
from library.models.tracks import EDITABLE_FIELDS
from library.services import (
    album_snapshots,
    albums,
    batches,
    bulk_action_undoing,
    bulk_actions,
    track_edit_actions,
)
from library.services.analysis import _tags_record
from library.services.bulk_actions import BulkActionOptions, SelectionChangedError
from library.services.file_tags import file_tags_record
from library.services.track_edit_requests import edit_data, filename_data, reset_data
from tests.albums import ANN, OTHER_RELEASE, RELEASE, check_rows, make_song
from tests.albums import albums as albums_of
from tests.albums import artists as artists_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[250, 2], ids=["one batch", "several batches"])
def batch_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With the second, albums are split between batches."""
    for module in (
        *(batches, album_snapshots, albums, bulk_actions, bulk_action_undoing, track_edit_actions),
    ):
        monkeypatch.setattr(module, "BATCH_SIZE", request.param)
    return int(request.param)


def state(owner: User) -> dict[str, Any]:
    """Everything that an undo has to restore."""
    names = (
        *("pk", *EDITABLE_FIELDS, "artist_names", "musicbrainz", "edited"),
        *("search_text", "sort_title", "sort_artist", "sort_album", "album_entry"),
    )
    return {
        "tracks": list(Track.all_objects.filter(owner=owner).order_by("pk").values(*names)),
        "artists": list(Artist.objects.filter(owner=owner).order_by("pk").values()),
        "albums": list(Album.objects.filter(owner=owner).order_by("pk").values()),
        "track_artists": sorted(
            TrackArtist.objects.filter(track__owner=owner).values_list("track", "artist", "position")
        ),
    }


def edit(owner: User, found: dict[str, Any] | None = None, **changes: Any) -> BulkAction:
    tracks = Track.objects.filter(owner=owner, **(found or {}))
    return services.tracks_edit(tracks=tracks, person=owner, changes=changes)


def undo(action: BulkAction) -> int:
    return services.bulk_action_undo(action=action)


def there_and_back(owner: User, found: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Edit and undo; returns what it was in between."""
    before = state(owner)
    action = edit(owner, found, **changes)
    check_rows(owner)
    between = state(owner)
    undo(action)
    check_rows(owner)
    assert state(owner) == before
    return between


def values(between: dict[str, Any], *fields: str) -> set[tuple[Any, ...]]:
    return {tuple(row[field] for field in fields) for row in between["tracks"]}


@pytest.fixture
def library(alice: User, charlie: User) -> User:
    """Albums of two artists, a compilation, a release and single songs; and the same of somebody else."""
    for owner in (alice, charlie):
        for artist, album in (("Ann", "One"), ("Ann", "Two"), ("Bob", "One")):
            for number in (1, 2, 3):
                make_song(owner, artist=artist, album=album, track_number=number, year=1990)
        for artist in ("Ann", "Cid", "Dee"):
            make_song(owner, artist=artist, album="Many", compilation=True, edited=["compilation"])
        make_song(
            owner,
            artist="Ann & Bob",
            artist_names=["Ann", "Bob"],
            album="Duets",
            musicbrainz={"release": [RELEASE], "artists": [ANN, OTHER_RELEASE], "recording": [ANN]},
        )
        make_song(owner, artist="", title="Nothing known")
        Album.objects.filter(owner=owner, title="Two").update(starred_at=timezone.now())
        Artist.objects.filter(owner=owner, name__in=["Bob", "Cid"]).update(starred_at=timezone.now())
    return alice


# What is changed


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "The same"},
        {"artist": "Björk"},
        {"artist": ""},
        {"album": "Everything"},
        {"album": ""},
        {"album_artist": "Various Artists"},
        {"album_artist": "Ann"},
        {"disc_number": 2, "disc_total": 3, "track_number": 4, "track_total": 5},
        {"year": 1977, "original_year": 1969},
        {"year": None},
        {"compilation": True},
        {"compilation": False},
        {"artist": "Ann", "album": "One", "album_artist": "Ann", "compilation": False, "year": None},
    ],
    ids=str,
)
def test_every_field_is_set_on_all_and_comes_back(
    library: User, charlie: User, changes: dict[str, Any], batch_size: int
) -> None:
    theirs = state(charlie)
    between = there_and_back(library, **changes)
    assert values(between, *changes) == {tuple(changes.values())}
    assert state(charlie) == theirs


def test_other_fields_and_other_tracks_stay(library: User) -> None:
    between = there_and_back(library, {"album": "One"}, year=1977)
    assert {row["year"] for row in between["tracks"] if row["album"] == "One"} == {1977}
    assert {row["year"] for row in between["tracks"] if row["album"] == "Two"} == {1990}
    assert {(row["artist"], row["album"]) for row in between["tracks"] if row["year"] == 1977} == {
        ("Ann", "One"),
        ("Bob", "One"),
    }


def test_only_what_differs_counts_as_edited_and_is_done(library: User) -> None:
    action = edit(library, artist="Ann", year=1990)
    assert (action.done, action.skipped) == (8, 6)
    assert Track.objects.get(owner=library, album="Duets").edited == ["artist", "year"]
    assert {*Track.objects.filter(owner=library, album="Two").values_list("edited__0", flat=True)} == {None}
    assert action.summary == "Edited artist, year"


def test_an_edited_artist_is_one_and_has_no_ids_of_others(library: User) -> None:
    edit(library, {"album": "Duets"}, artist="Cid")
    song = Track.objects.get(owner=library, album="Duets")
    assert (song.artist_names, song.musicbrainz) == ([], {"release": [RELEASE], "recording": [ANN]})


def test_a_later_analysis_leaves_it(library: User) -> None:
    edit(library, {"album": "Two"}, artist="Cid")
    song = Track.objects.filter(owner=library, album="Two").first()
    assert song
    assert _tags_record(song, {"artist": "Ann", "album": "Three", "values": {}})
    song.refresh_from_db()
    assert (song.artist, song.album) == ("Cid", "Three")


def test_a_search_finds_the_new_names(library: User) -> None:
    edit(library, {"album": "Two"}, artist="Björk")
    assert {song.sort_artist for song in Track.objects.filter(owner=library, album="Two")} == {"bjork"}
    assert Track.objects.filter(owner=library, search_text__contains="bjork").count() == 3


# Albums


def test_an_album_that_goes_elsewhere_together_stays_the_same_row(library: User, batch_size: int) -> None:
    row = Album.objects.get(owner=library, title="Two")
    between = there_and_back(library, {"album": "Two"}, album="Second", album_artist="Cid")
    (found,) = [album for album in between["albums"] if album["title"] == "Second"]
    assert (found["id"], found["starred_at"]) == (row.pk, row.starred_at)


def test_of_several_albums_that_become_one_the_starred_one_stays(library: User) -> None:
    row = Album.objects.get(owner=library, title="Two")
    between = there_and_back(library, {"album__in": ["One", "Two"]}, album="Both", album_artist="Ann")
    assert [album["id"] for album in between["albums"] if album["title"] == "Both"] == [row.pk]


def test_joining_an_album_leaves_it_the_star_until_it_is_undone(library: User, batch_size: int) -> None:
    between = there_and_back(library, {"album": "Two"}, album="One")
    (joined,) = [
        album for album in between["albums"] if album["title"] == "One" and album["starred_at"] is not None
    ]
    assert "Two" not in {album["title"] for album in between["albums"]}
    assert Album.objects.get(pk=joined["id"]).starred_at is None


def test_tracks_that_leave_an_album_do_not_take_it_along(library: User, batch_size: int) -> None:
    row = Album.objects.get(owner=library, title="Two")
    between = there_and_back(library, {"album": "Two", "track_number__gt": 1}, album="Rest")
    assert row.pk in {album["id"] for album in between["albums"] if album["title"] == "Two"}
    assert {row["album"] for row in between["tracks"] if row["artist"] == "Ann"} >= {"Two", "Rest"}


def test_one_in_the_bin_keeps_the_album(library: User) -> None:
    song = Track.objects.filter(owner=library, album="Two").first()
    assert song
    services.track_delete(track=song)
    between = there_and_back(library, {"album": "Two"}, album="Second")
    assert {album["title"] for album in between["albums"]} >= {"Two", "Second"}


def test_a_starred_artist_who_is_gone_comes_back(library: User, batch_size: int) -> None:
    cid = Artist.objects.get(owner=library, name="Cid")
    between = there_and_back(library, artist="Ann")
    assert cid.pk not in {artist["id"] for artist in between["artists"]}
    assert Artist.objects.get(pk=cid.pk).starred_at == cid.starred_at


# Undo


def test_undo_leaves_what_was_changed_since(library: User) -> None:
    action = edit(library, {"album": "Two"}, artist="Cid", year=2000)
    song, other = Track.objects.filter(owner=library, album="Two")[:2]
    services.track_edit(track=song, artist="Dee")
    services.track_edit(track=other, title="Another")
    undo(action)
    song.refresh_from_db()
    other.refresh_from_db()
    assert (song.artist, song.year, song.edited) == ("Dee", 1990, ["artist"])
    assert (other.artist, other.year, other.edited) == ("Ann", 1990, ["title"])
    check_rows(library)


def test_undo_does_not_give_back_the_ids_of_an_artist_named_since(library: User) -> None:
    action = edit(library, {"album": "Duets"}, artist="Cid", album="Two of us")
    song = Track.objects.get(owner=library, album="Two of us")
    assert song.musicbrainz == {"recording": [ANN]}
    services.track_edit(track=song, artist="Dee")
    undo(action)
    song.refresh_from_db()
    assert (song.artist, song.artist_names, song.album) == ("Dee", [], "Duets")
    assert song.musicbrainz == {"recording": [ANN], "release": [RELEASE]}


def test_undo_reaches_tracks_in_the_bin_and_counts_the_others(library: User) -> None:
    action = edit(library, {"album": "Two"}, artist="Cid")
    song = Track.objects.filter(owner=library, album="Two").first()
    assert song
    services.track_delete(track=song)
    assert undo(action) == 2
    assert Track.all_objects.get(pk=song.pk).artist == "Ann"


def test_one_edit_after_another_undone_in_turn(library: User, batch_size: int) -> None:
    before = state(library)
    first = edit(library, artist="Björk", album="All")
    between = state(library)
    second = edit(library, {"track_number": 1}, album="First", compilation=True)
    undo(second)
    assert state(library) == between
    undo(first)
    assert state(library) == before


# What is refused


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": " "},
        {"artist": "x" * 256},
        {"album": "a\u2800b"},
        {"year": 10000},
        {"track_number": 0},
        {"genre": "jazz"},
        {"rating": 1},
    ],
    ids=str,
)
def test_values_that_will_not_do(library: User, changes: dict[str, Any]) -> None:
    before = state(library)
    with pytest.raises(DomainError) as refusal:
        edit(library, **changes)
    assert refusal.value.code == "bad_value"
    assert state(library) == before
    assert not BulkAction.objects.exists()


def test_another_number_than_was_shown(library: User) -> None:
    tracks = Track.objects.filter(owner=library)
    with pytest.raises(SelectionChangedError):
        services.tracks_edit(
            tracks=tracks, person=library, changes={"year": 1}, options=BulkActionOptions(expected=13)
        )
    assert not BulkAction.objects.exists()


def test_tracks_of_somebody_else_are_left(library: User, charlie: User) -> None:
    theirs = state(charlie)
    services.tracks_edit(
        tracks=Track.objects.all(), person=library, changes={"artist": "Mine", "album": "Mine"}
    )
    assert state(charlie) == theirs
    assert albums_of(library).keys() == {"Mine – Mine", "Mine"}
    assert artists_of(library) == ["Mine"]


def test_the_preview_says_what_is_done(library: User) -> None:
    tracks = Track.objects.filter(owner=library).order_by("pk")
    data = edit_data({"artist": " Ann ", "year": 1990})
    preview = services.track_edits_preview(tracks=tracks, data=data)
    assert (preview.looked_at, preview.changed, preview.more) == (14, 8, 0)
    told = {row.track.pk: row.changes for row in preview.rows}
    before = {track.pk: track for track in tracks}
    edit(library, artist="Ann", year=1990)
    for track in tracks.all():
        was = before[track.pk]
        fields = [field for field in ("artist", "year") if getattr(was, field) != getattr(track, field)]
        assert told.get(track.pk, []) == [
            (field, getattr(was, field), getattr(track, field)) for field in fields
        ]


def test_a_preview_looks_at_the_first_tracks_only(library: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("library.services.track_edit_previews.MOST_LOOKED_AT", 5)
    monkeypatch.setattr("library.services.track_edit_previews.MOST_SHOWN", 3)
    preview = services.track_edits_preview(
        tracks=Track.objects.filter(owner=library), data={"edit": {"year": 1}}
    )
    assert (preview.looked_at, preview.changed, len(preview.rows), preview.more) == (5, 5, 3, 2)


# As the file says


TAGS = {
    "title": "Cinders",
    "artist": "Ann & Bob",
    "artist_names": ["Ann", "Bob"],
    "album": "Duets",
    "album_artist": "Ann",
    "disc_number": 1,
    "disc_total": 2,
    "track_number": 3,
    "track_total": 9,
    "year": 2011,
    "original_year": 1969,
    "compilation": False,
    "musicbrainz": {"release": [RELEASE], "artists": [ANN, OTHER_RELEASE], "recording": [ANN]},
}


def tagged(owner: User, tags: dict[str, Any], **fields: Any) -> Track:
    """A track whose file has these tags."""
    song = make_song(owner, **fields)
    file_tags_record(track=song, tags=tags)
    return song


def reset(owner: User, *fields: str) -> BulkAction:
    return services.tracks_reset(
        tracks=Track.objects.filter(owner=owner), person=owner, fields=fields or EDITABLE_FIELDS
    )


def test_fields_are_set_as_the_file_says_and_come_back(alice: User, batch_size: int) -> None:
    for number in range(3):
        tagged(
            alice, TAGS | {"track_number": number + 1}, artist="Cid", album="Solo", edited=["album", "artist"]
        )
    before = state(alice)
    action = reset(alice)
    check_rows(alice)
    between = state(alice)
    assert action.done == 3
    alike = [field for field in EDITABLE_FIELDS if field != "track_number"]
    assert values(between, *alike) == {tuple(TAGS[field] for field in alike)}
    assert sorted(row["track_number"] for row in between["tracks"]) == [1, 2, 3]
    assert all(row["musicbrainz"] == TAGS["musicbrainz"] for row in between["tracks"])
    assert all(row["artist_names"] == ["Ann", "Bob"] and row["edited"] == [] for row in between["tracks"])
    assert [album["mbid"] for album in between["albums"]] == [RELEASE]
    assert between["albums"][0]["id"] == before["albums"][0]["id"]
    undo(action)
    check_rows(alice)
    assert state(alice) == before


def test_only_these_fields(alice: User) -> None:
    song = tagged(alice, TAGS, title="Mine", artist="Cid", album="Solo", edited=["artist", "title"])
    reset(alice, "artist", "year")
    song.refresh_from_db()
    assert (song.title, song.artist, song.album, song.year) == ("Mine", "Ann & Bob", "Solo", 2011)
    assert song.edited == ["title"]
    assert song.musicbrainz == {"artists": [ANN, OTHER_RELEASE], "recording": [ANN]}


def test_as_one_track_is_reset(alice: User) -> None:
    """The same as `track_reset`, for any fields."""
    fields = {
        "title": "Mine",
        "artist": "Cid",
        "album": "Solo",
        "edited": ["album", "artist", "title", "year"],
    }
    for chosen in (
        ["title"],
        ["artist"],
        ["album", "compilation"],
        ["album_artist", "year"],
        EDITABLE_FIELDS,
    ):
        one, other = (
            tagged(alice, TAGS | {"title": ""}, original_name="Slag.mp3", **fields) for _ in range(2)
        )
        services.track_reset(track=one, fields=chosen)
        services.tracks_reset(tracks=Track.objects.filter(pk=other.pk), person=alice, fields=chosen)
        other.refresh_from_db()
        columns = (*EDITABLE_FIELDS, "artist_names", "musicbrainz", "edited", "search_text", "sort_title")
        assert [getattr(other, name) for name in columns] == [getattr(one, name) for name in columns]


def test_what_only_counts_as_edited_no_longer_does(alice: User) -> None:
    song = tagged(alice, TAGS, **{field: TAGS[field] for field in EDITABLE_FIELDS}, edited=["title"])
    action = reset(alice, "title")
    song.refresh_from_db()
    assert (action.done, song.edited) == (1, [])
    undo(action)
    song.refresh_from_db()
    assert (song.title, song.edited) == ("Cinders", ["title"])


def test_tags_that_were_not_read_yet_leave_the_track(alice: User) -> None:
    make_song(alice, artist="Cid")
    tagged(alice, TAGS, artist="Cid")
    data = reset_data(["artist"])
    preview = services.track_edits_preview(tracks=Track.objects.filter(owner=alice), data=data)
    assert (preview.looked_at, preview.changed, preview.unsaid) == (2, 1, 1)
    action = reset(alice, "artist")
    assert (action.done, action.skipped) == (1, 1)


def test_edited_since_the_reset_stays(alice: User) -> None:
    song = tagged(alice, TAGS, artist="Cid", edited=["artist"])
    action = reset(alice, "artist", "year")
    services.track_edit(track=song, artist="Dee")
    undo(action)
    song.refresh_from_db()
    assert (song.artist, song.artist_names, song.year, song.edited) == ("Dee", [], None, ["artist"])


@pytest.mark.parametrize("fields", [[], ["genre"], ["artist", "genre"]])
def test_fields_that_cannot_be_reset(alice: User, fields: list[str]) -> None:
    with pytest.raises(DomainError) as refusal:
        services.tracks_reset(tracks=Track.objects.all(), person=alice, fields=fields)
    assert refusal.value.code == "bad_value"


# From the file's name


def test_names_of_files_are_taken_over_and_undone(alice: User, batch_size: int) -> None:
    for number, title in enumerate(("Cinders", "Forge", "Anvil"), 1):
        make_song(
            alice, original_name=f"{number:02} - Ann - {title}.mp3", artist="Cid", album="Slag", year=2011
        )
    make_song(alice, title="Other", original_name="Other.mp3", artist="Cid", album="Slag")
    before = state(alice)
    tracks = Track.objects.filter(owner=alice)
    preview = services.track_edits_preview(tracks=tracks, data=filename_data("track-artist-title"))
    assert (preview.changed, preview.unsaid) == (3, 1)
    action = services.tracks_name_by_files(tracks=tracks, person=alice, pattern="track-artist-title")
    assert (action.done, action.skipped) == (3, 1)
    check_rows(alice)
    assert values(state(alice), "track_number", "artist", "title", "album", "year") == {
        (1, "Ann", "Cinders", "Slag", 2011),
        (2, "Ann", "Forge", "Slag", 2011),
        (3, "Ann", "Anvil", "Slag", 2011),
        (None, "Cid", "Other", "Slag", None),
    }
    assert {*tracks.exclude(title="Other").values_list("edited__0", "edited__2")} == {
        ("artist", "track_number")
    }
    undo(action)
    check_rows(alice)
    assert state(alice) == before


def test_a_name_that_a_field_cannot_hold_leaves_the_track(alice: User) -> None:
    song = make_song(alice, title="Mine", original_name="01 Ann\u2800 - Cinders.mp3")
    action = services.tracks_name_by_files(
        tracks=Track.objects.filter(owner=alice), person=alice, pattern="track-artist-title"
    )
    song.refresh_from_db()
    assert (action.done, song.title) == (0, "Mine")


def test_an_unknown_pattern(alice: User) -> None:
    with pytest.raises(DomainError) as refusal:
        services.tracks_name_by_files(tracks=Track.objects.all(), person=alice, pattern="title-title")
    assert refusal.value.code == "bad_value"
