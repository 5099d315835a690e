"""An uploaded file is stored once, byte for byte, or refused with a reason and not stored."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from classifier.errors import AudioError
from classifier.formats import FORMATS_TEXT, UPLOAD_EXTENSIONS
from library import services
from library.models import PartialUpload, Track, User
from library.services.tracks import clean_file_name, title_from_filename
from tests import sounds

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def wav() -> bytes:
    return sounds.as_bytes(".wav", 3.5)


def upload(content: bytes, name: str = "song.wav") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def stored_files() -> list[Path]:
    return [path for path in Path(default_storage.location).rglob("*") if path.is_file()]


def test_the_original_is_kept_byte_for_byte(alice: User, wav: bytes) -> None:
    track, created = services.track_add(owner=alice, upload=upload(wav))
    assert created
    assert track.original.open("rb").read() == wav
    assert track.sha256 == hashlib.sha256(wav).hexdigest()
    assert (track.kind, track.size, track.status) == ("wav", len(wav), "queued")
    assert track.title == "song"


def test_nothing_of_the_uploaded_name_is_in_the_stored_one(alice: User, wav: bytes) -> None:
    track, _ = services.track_add(owner=alice, upload=upload(wav, "secret plans.wav"))
    assert "secret" not in track.original.name
    assert track.folder in track.original.name


def test_the_same_file_twice_is_one_track(alice: User, wav: bytes) -> None:
    first, _ = services.track_add(owner=alice, upload=upload(wav))
    again, created = services.track_add(owner=alice, upload=upload(wav, "other name.wav"))
    assert again == first
    assert not created
    assert len(stored_files()) == 1


def test_two_owners_of_the_same_file_know_nothing_of_each_other(
    alice: User, charlie: User, wav: bytes
) -> None:
    first, _ = services.track_add(owner=alice, upload=upload(wav))
    other, created = services.track_add(owner=charlie, upload=upload(wav))
    assert created
    assert other.pk != first.pk
    assert other.original.name != first.original.name


def test_the_analysis_is_queued_when_the_row_is_there_for_all(
    alice: User, wav: bytes, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        services.track_add(owner=alice, upload=upload(wav))
    assert len(callbacks) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"not music at all\n" * 99, "not_audio"), (b"%PDF-1.7\n" + b"\0" * 999, "not_audio")],
)
def test_a_refused_file_leaves_nothing(alice: User, content: bytes, code: str) -> None:
    with pytest.raises(AudioError) as refusal:
        services.track_add(owner=alice, upload=upload(content, "song.mp3"))
    assert refusal.value.code == code
    assert not Track.objects.exists()
    assert stored_files() == []


def test_the_quota_holds(alice: User, wav: bytes, settings) -> None:
    settings.EARMARK_QUOTA_BYTES = len(wav) + 10
    services.track_add(owner=alice, upload=upload(wav))
    with pytest.raises(AudioError) as refusal:
        services.track_add(owner=alice, upload=upload(sounds.as_bytes(".wav", 3.5, seed=1)))
    assert refusal.value.code == "over_quota"
    assert Track.objects.count() == 1


def test_beyond_the_limit_bytes_are_not_even_written(alice_client: Client, wav: bytes, settings) -> None:
    settings.EARMARK_MAX_UPLOAD_BYTES = 1000
    response = alice_client.post(
        reverse("upload"), {"file": upload(wav)}, headers={"Accept": "text/vnd.earmark.row"}
    )
    assert "larger than the limit" in response.content.decode()
    assert not Track.objects.exists()
    assert stored_files() == []


def test_one_bad_file_does_not_stop_the_others(alice_client: Client, wav: bytes) -> None:
    files = [upload(b"", "empty.mp3"), upload(wav, "good.wav"), upload(b"text " * 50, "text.mp3")]
    response = alice_client.post(reverse("upload"), {"file": files}, follow=True)
    assert [track.title for track in Track.objects.all()] == ["good"]
    text = response.content.decode()
    assert "empty.mp3" in text
    assert "text.mp3" in text


def test_a_form_without_a_file_says_so(alice_client: Client) -> None:
    response = alice_client.post(reverse("upload"), follow=True)
    assert "No file arrived" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3"),
        ("C:\\Music\\song.mp3", "song.mp3"),
        ("a\x00b\nc\u202e.mp3", "abc.mp3"),
        ("x" * 300 + "🎷.flac", "x" * 250 + ".flac"),
        ("", "untitled"),
        ("...", "untitled"),
        ("Café 🎺.ogg", "Café 🎺.ogg"),
    ],
)
def test_names_are_safe_to_show(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def test_the_name_is_the_title_until_the_file_says_better() -> None:
    assert title_from_filename("03_so_what.mp3") == "03 so what"


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_lists_results_with_a_fixed_number_of_queries(
    alice: User, alice_client: Client, make_track, count: int, django_assert_num_queries
) -> None:
    for number in range(count):
        PartialUpload.objects.create(owner=alice, name=f"{number}.wav", length=9, track=make_track())
    with django_assert_num_queries(8):
        page = alice_client.get(reverse("upload")).content.decode()
    assert page.count('class="upload-row"') == count
    assert page.count("chip-dot") == count + 1  # the player has one of its own


def test_the_page_offers_every_format_that_can_be_uploaded(alice_client: Client) -> None:
    page = alice_client.get(reverse("upload")).content.decode()
    extensions = ",".join((*UPLOAD_EXTENSIONS, ".zip"))
    assert f'accept="audio/*,{extensions}"' in page  # the file picker
    assert f'data-extensions="{extensions}"' in page  # upload.js, for folders
    assert f"{FORMATS_TEXT}: files, whole folders, or a ZIP of them." in page


def test_the_page_is_paged_and_shows_only_ones_own(
    alice: User, alice_client: Client, charlie_client: Client
) -> None:
    PartialUpload.objects.bulk_create(
        PartialUpload(owner=alice, name=f"{number}.wav", length=9) for number in range(51)
    )
    assert "Page 1 of 2" in alice_client.get(reverse("upload")).content.decode()
    assert alice_client.get(reverse("upload"), {"page": 2}).content.decode().count('class="upload-row"') == 1
    assert "0.wav" not in charlie_client.get(reverse("upload")).content.decode()


def test_what_broke_off_says_how_to_go_on(alice: User, alice_client: Client) -> None:
    row = PartialUpload.objects.create(owner=alice, name="long.wav", length=100, offset=40)
    assert "Uploading, 40 %" in alice_client.get(reverse("upload")).content.decode()
    PartialUpload.objects.update(updated_at=row.updated_at - timedelta(minutes=5))
    page = alice_client.get(reverse("upload")).content.decode()
    assert "Interrupted at 40 %. Choose the same file again" in page
    assert "every 2s" not in page
