"""The file's tags are stored beside the owner's edits, and fields can be reset to them."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from library import services
from library.errors import DomainError
from library.models import FileTags, Track, User
from library.services import file_tags
from tests import sounds

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db
TAGS = {"title": "Blue Train", "artist": "Nobody", "album": "None", "date": "1957", "genre": "Jazz"}


@pytest.fixture(scope="module")
def mp3() -> bytes:
    return sounds.as_bytes(".mp3", 4, tags=TAGS)


@pytest.fixture
def song(alice: User, mp3: bytes) -> Track:
    """A tagged file, uploaded as `01_blue.mp3` and not analysed."""
    return services.track_add(owner=alice, upload=SimpleUploadedFile("01_blue.mp3", mp3))[0]


def file_tags_of(track: Track) -> tuple[str, str, str, int | None, str]:
    said = FileTags.objects.get(track=track)
    return said.title, said.artist, said.album, said.year, said.genre


# Kept by every analysis


def test_an_analysis_keeps_all_of_it(song: Track) -> None:
    services.track_edit(track=song, title="Mine")
    services.track_analyse(track_id=song.pk)
    song.refresh_from_db()
    assert (song.title, song.artist, song.edited) == ("Mine", "Nobody", ["title"])
    assert file_tags_of(song) == ("Blue Train", "Nobody", "None", 1957, "Jazz")
    assert song.file_tags.values["TIT2"] == ["Blue Train"]


def test_editing_does_not_touch_it(song: Track) -> None:
    services.track_analyse(track_id=song.pk)
    services.track_edit(track=song, title="Mine", artist="", year=2001)
    assert file_tags_of(song) == ("Blue Train", "Nobody", "None", 1957, "Jazz")


def test_the_latest_analysis_counts(track: Track) -> None:
    file_tags.file_tags_record(track=track, tags={"title": "Old", "year": 1957, "values": {"TIT2": ["Old"]}})
    file_tags.file_tags_record(track=track, tags={"artist": "New", "values": {}})
    assert file_tags_of(track) == ("", "New", "", None, "")
    assert FileTags.objects.get().values == {}


def test_what_cannot_be_heard_is_read_all_the_same(alice: User) -> None:
    upload = SimpleUploadedFile("song.mp3", sounds.as_bytes(".mp3", 1, tags=TAGS))
    track, _ = services.track_add(owner=alice, upload=upload)
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()
    assert track.error_code == "too_short"
    assert file_tags_of(track)[0] == "Blue Train"


# Taken back


def test_a_field_goes_back_to_what_the_file_says(song: Track) -> None:
    services.track_analyse(track_id=song.pk)
    services.track_edit(track=song, title="Mine", artist="Me", year=2001)
    services.track_reset(track=song, fields=["title", "year"])
    assert (song.title, song.artist, song.year, song.edited) == ("Blue Train", "Me", 1957, ["artist"])
    assert (song.sort_title, song.search_text[:13]) == ("blue train", "blue train me")
    services.track_reset(track=song, fields=["title"])  # a second time changes nothing
    assert song.title == "Blue Train"


def test_a_file_without_a_title_gives_its_name(make_track: MakeTrack) -> None:
    track = make_track(original_name="03_so_what.wav", artist="Miles")
    file_tags.file_tags_record(track=track, tags={"values": {}})
    services.track_edit(track=track, title="Mine")
    services.track_reset(track=track, fields=["title", "artist"])
    assert (track.title, track.artist, track.edited) == ("03 so what", "", [])


def test_not_before_the_file_was_read(track: Track) -> None:
    with pytest.raises(DomainError) as refusal:
        services.track_reset(track=track, fields=["title"])
    assert refusal.value.code == "not_read"


@pytest.mark.parametrize("field", ["genre", "owner", ""])
def test_only_what_can_be_edited(track: Track, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        services.track_reset(track=track, fields=[field])
    assert refusal.value.code == "bad_value"


def test_on_the_page(alice_client: Client, make_track: MakeTrack) -> None:
    track = make_track(title="Old <b>", artist="Ann", album="First")
    file_tags.file_tags_record(track=track, tags={"title": "Old <b>", "artist": "Ann", "values": {}})
    address = reverse("track-edit", args=[track.pk])
    assert "In the file:" not in alice_client.get(address).content.decode()
    services.track_edit(track=track, title="Mine", album="Last")
    page = alice_client.get(address).content.decode()
    assert "In the file: “<bdi>Old &lt;b&gt;</bdi>”" in page
    assert "In the file: nothing" in page
    assert page.count('name="reset"') == 2

    typed = {
        "initial-title": "Mine",
        "title": "Mine",
        "initial-artist": "Ann",
        "artist": "Typed",
        "year": "x",
    }
    page = alice_client.post(address, typed | {"reset": "title"}).content.decode()
    track.refresh_from_db()
    assert (track.title, track.artist, track.album, track.edited) == ("Old <b>", "Ann", "Last", ["album"])
    assert 'name="title" value="Old <b>"' in " ".join(unescape(page).split())
    assert 'value="Typed"' in page  # what was typed elsewhere is still there
    assert page.count('name="reset"') == 1
    assert alice_client.post(address, {"reset": "genre"}).status_code == 302


def test_by_the_api(alice_api: Client, make_track: MakeTrack) -> None:
    track = make_track(title="Mine", edited=["title"], artist="Ann")
    address = f"/api/v1/tracks/{track.pk}/"
    unread = alice_api.get(f"{address}file-tags/").json()
    assert (unread["title"], unread["values"], unread["read_at"]) == ("", {}, None)
    refused = alice_api.post(f"{address}reset/", {"fields": ["title"]}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_read")

    tags = {"title": "Blue", "genre": "Jazz", "year": 1957, "values": {"TIT2": ["Blue"]}}
    file_tags.file_tags_record(track=track, tags=tags)
    told = alice_api.get(f"{address}file-tags/").json()
    assert told.pop("read_at")
    assert told == {"artist": "", "album": ""} | tags
    back = alice_api.post(f"{address}reset/", {"fields": ["title"]}, content_type="application/json")
    assert (back.status_code, back.json()["title"], back.json()["edited"]) == (200, "Blue", [])
    for wrong in ({"fields": ["genre"]}, {"fields": []}, {}):
        refused = alice_api.post(f"{address}reset/", wrong, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
