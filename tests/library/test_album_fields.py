"""What files say about albums is kept beside what owners edit, shown, edited, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from mutagen.flac import FLAC

from library import services
from library.errors import DomainError
from library.models import Album, FileTags, Track, User
from library.models.tracks import EDITABLE_FIELDS
from library.services.analysis import _tags_record
from library.services.file_tags import PLACE_FIELDS
from tests import sounds
from tests.albums import ANN, BOB, RELEASE, check_rows

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db
SAID: dict[str, Any] = {
    "album_artist": "Ann & Bob",
    "disc_number": 2,
    "disc_total": 3,
    "track_number": 7,
    "track_total": 12,
    "original_year": 1969,
    "compilation": True,
}
MINE: dict[str, Any] = {
    "album_artist": "Cid",
    "disc_number": 1,
    "disc_total": 1,
    "track_number": 999,
    "track_total": None,
    "original_year": None,
    "compilation": False,
}
TAGS = SAID | {
    "title": "Song",
    "artist": "Ann",
    "album": "One",
    "artist_names": ["Ann", "Bob"],
    "musicbrainz": {
        "recording": [RELEASE],
        "release": [RELEASE],
        "artists": [ANN, BOB],
        "album_artists": [ANN],
    },
    "values": {},
}


def fields(row: Track | FileTags) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PLACE_FIELDS}


@pytest.fixture
def song(track: Track) -> Track:
    """A track whose file says all of it."""
    assert _tags_record(track, TAGS)
    track.refresh_from_db()
    return track


def test_an_uploaded_file_is_on_its_album(alice: User, tmp_path: Path) -> None:
    file = FLAC(sounds.write(tmp_path / "song.flac", 4))
    file["title"], file["artist"], file["artists"], file["album"] = (
        "Song",
        "Ann feat. Bob",
        ["Ann", "Bob"],
        "One",
    )
    file["albumartist"], file["discnumber"], file["tracknumber"] = "Ann & Bob", "2/3", "7/12"
    file["originaldate"], file["compilation"], file["musicbrainz_albumid"] = "1969", "1", RELEASE
    file.save()
    upload = SimpleUploadedFile("song.flac", (tmp_path / "song.flac").read_bytes())
    track, _ = services.track_add(owner=alice, upload=upload)
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()
    assert (fields(track), fields(FileTags.objects.get())) == (SAID, SAID)
    assert track.artist_names == ["Ann", "Bob"]
    assert {"ann", "bob", "one"} <= set(track.search_text.split())
    album = Album.objects.get()
    assert (track.album_entry, str(album), album.mbid, album.year) == (
        album,
        "Ann & Bob – One",
        RELEASE,
        1969,
    )
    check_rows(alice)


def test_only_what_was_not_edited_comes_from_the_file(track: Track) -> None:
    services.track_edit(track=track, **MINE)
    assert _tags_record(track, TAGS)
    track.refresh_from_db()
    edited = {name: value for name, value in MINE.items() if value != PLACE_FIELDS[name]}
    assert (fields(track), track.edited) == (SAID | edited, sorted(edited))
    assert "album_artists" not in track.musicbrainz
    check_rows(track.owner)


def test_a_file_that_says_nothing_any_more(song: Track) -> None:
    assert _tags_record(song, {"title": "Song", "values": {}})
    song.refresh_from_db()
    assert (fields(song), song.artist_names, song.musicbrainz) == (PLACE_FIELDS, [], {})
    check_rows(song.owner)


def test_each_field_goes_back_to_the_file(song: Track) -> None:
    services.track_edit(track=song, artist="Dot", album="Two", **MINE)
    assert (fields(song), song.artist_names) == (MINE, [])
    assert song.musicbrainz == {"recording": [RELEASE]}
    check_rows(song.owner)
    for name in ("artist", "album", *PLACE_FIELDS):
        services.track_reset(track=song, fields=[name])
        check_rows(song.owner)
    assert (fields(song), song.artist, song.album) == (SAID, "Ann", "One")
    assert (song.artist_names, song.musicbrainz, song.edited) == (["Ann", "Bob"], TAGS["musicbrainz"], [])


@pytest.mark.parametrize("name", ["disc_number", "disc_total", "track_number", "track_total"])
@pytest.mark.parametrize("number", [0, -1, 1000, 10**9])
def test_numbers_that_will_not_do(track: Track, name: str, number: int) -> None:
    with pytest.raises(DomainError) as refusal:
        services.track_edit(track=track, **{name: number})
    assert refusal.value.code == "bad_value"


@pytest.mark.parametrize("year", [0, 10_000])
def test_years_that_will_not_do(track: Track, year: int) -> None:
    with pytest.raises(DomainError):
        services.track_edit(track=track, original_year=year)


def test_on_the_page(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    page = alice_client.get(address).content.decode()
    assert all(f'name="{name}"' in page and f'name="initial-{name}"' in page for name in EDITABLE_FIELDS)
    assert '<option value="True" selected' in " ".join(page.split()).replace('" selected', '" selected')
    typed = {"album_artist": "Cid", "disc_number": "1", "track_number": "", "compilation": "False"}
    shown = {f"initial-{name}": str(SAID[name]) for name in typed}
    unchanged = {"title": "Song", "initial-title": "Song"}
    assert alice_client.post(address, typed | shown | unchanged).status_code == 302
    song.refresh_from_db()
    wanted = SAID | {"album_artist": "Cid", "disc_number": 1, "track_number": None, "compilation": False}
    assert fields(song) == wanted
    assert song.edited == ["album_artist", "compilation", "disc_number", "track_number"]
    page = alice_client.get(address).content.decode()
    assert "In the file: yes" in page
    assert "In the file: “<bdi>7</bdi>”" in page

    page = alice_client.post(
        address, unchanged | {"track_number": "1000", "disc_number": "x"}
    ).content.decode()
    assert "less than or equal to 999" in page
    assert "Enter a whole number" in page
    alice_client.post(address, {"reset": "compilation"})
    song.refresh_from_db()
    assert song.compilation is True


def test_two_tabs_that_change_the_flag(alice_client: Client, song: Track) -> None:
    address = reverse("track-edit", args=[song.pk])
    services.track_edit(track=song, compilation=False)
    late = {"title": "Song", "compilation": "True", "initial-compilation": "True"}
    assert alice_client.post(address, late).status_code == 302  # nothing of it was changed in this tab
    song.refresh_from_db()
    assert song.compilation is False


def test_search_finds_every_artist(alice_client: Client, song: Track) -> None:
    assert "Song" in alice_client.get("/?q=bob").content.decode()
