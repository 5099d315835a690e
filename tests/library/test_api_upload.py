"""Uploads through the API: taken once, or refused with a status and a code that stay."""

from __future__ import annotations

import hashlib
from zipfile import ZIP_STORED

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from classifier.errors import MESSAGES
from library.api.errors import AUDIO_STATUS, audio_status
from library.models import Track
from tests.factories import upload, wav
from tests.hostile.archives import packed

pytestmark = pytest.mark.django_db

TRACKS = "/api/v1/tracks/"
ADDRESSES = [TRACKS, "/file-upload"]


def refused(response, status: int, code: str) -> bool:
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert Track.objects.count() == 0
    return True


def test_an_upload_is_accepted_and_queued(
    alice_api: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = alice_api.post(TRACKS, {"file": upload()})
    body = response.json()
    assert response.status_code == 202
    assert response["Location"] == body["url"] == f"http://testserver{TRACKS}{body['id']}/"
    assert (body["status"], body["duplicate"], body["title"]) == ("queued", False, "song")
    assert body["sha256"] == hashlib.sha256(wav()).hexdigest()
    assert alice_api.get(response["Location"]).json()["id"] == body["id"]


def test_the_same_file_again_is_the_same_track(alice_api: Client) -> None:
    first = alice_api.post(TRACKS, {"file": upload()}).json()
    response = alice_api.post(TRACKS, {"file": upload(name="another name.wav")})
    assert (response.status_code, response.json()["id"], response.json()["duplicate"]) == (
        200,
        first["id"],
        True,
    )
    assert response["Location"] == first["url"]
    assert Track.objects.count() == 1


def test_several_files_at_once(alice_api: Client) -> None:
    """In their order: a new one, one that is no audio, one that is here since just now, another new one."""
    notes = SimpleUploadedFile("notes.mp3", b"Dear diary, this is no music. " * 100)
    files = [upload(name="a.wav"), notes, upload(name="again.wav"), upload(wav(1), name="b.wav")]
    response = alice_api.post(TRACKS, {"file": files})
    assert response.status_code == 200
    results = response.json()["results"]
    assert [result["file"] for result in results] == ["a.wav", "notes.mp3", "again.wav", "b.wav"]
    assert [result["error"] and result["error"]["code"] for result in results] == [
        None,
        "not_audio",
        None,
        None,
    ]
    first, refused, again, last = [result["track"] for result in results]
    assert refused is None
    assert (first["duplicate"], again["duplicate"], last["duplicate"]) == (False, True, False)
    assert first["id"] == again["id"]
    assert Track.objects.count() == 2


def test_of_several_files_those_that_are_too_much_lose_no_other(
    alice_api: Client, settings: Settings
) -> None:
    settings.EARMARK_MAX_UPLOAD_BYTES = len(wav())
    settings.EARMARK_QUOTA_BYTES = len(wav()) + 100
    files = [upload(wav() + b"x"), upload(), upload(wav(1))]
    results = alice_api.post(TRACKS, {"file": files}).json()["results"]
    assert [result["error"] and result["error"]["code"] for result in results] == [
        "too_large",
        None,
        "over_quota",
    ]
    assert alice_api.get(results[1]["track"]["url"]).json()["sha256"] == hashlib.sha256(wav()).hexdigest()


def test_more_files_than_a_form_may_have(alice_api: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    response = alice_api.post(TRACKS, {"file": [upload(wav(number)) for number in range(3)]})
    assert refused(response, 400, "parse_error")


def test_two_people_each_have_their_own(alice_api: Client, charlie_api: Client) -> None:
    first = alice_api.post(TRACKS, {"file": upload()}).json()
    response = charlie_api.post(TRACKS, {"file": upload()})
    assert response.status_code == 202
    assert response.json()["id"] != first["id"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("notes.mp3", b"Dear diary, this is no music. " * 100, 415, "not_audio"),
        ("page.wav", b"<!doctype html><script>alert(1)</script>", 415, "not_audio"),
        ("nothing.mp3", b"", 422, "empty"),
    ],
)
def test_what_is_no_audio_is_refused(
    alice_api: Client, address: str, name: str, content: bytes, status: int, code: str
) -> None:
    response = alice_api.post(address, {"file": SimpleUploadedFile(name, content)})
    assert refused(response, status, code)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_archive_is_told_where_it_is_unpacked(alice_api: Client, address: str) -> None:
    content = packed(("one.wav", wav(1)), ("two.wav", wav(2)), method=ZIP_STORED)
    response = alice_api.post(address, {"file": SimpleUploadedFile("songs.mp3", content)})
    assert refused(response, 415, "not_audio")
    assert "/api/v1/uploads/" in response.json()["detail"]
    assert "upload page" in response.json()["detail"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_too_large_is_refused(alice_api: Client, address: str, settings: Settings) -> None:
    settings.EARMARK_MAX_UPLOAD_BYTES = len(wav()) - 1
    assert refused(alice_api.post(address, {"file": upload()}), 413, "too_large")


def test_a_full_library_takes_no_more(alice_api: Client, settings: Settings) -> None:
    settings.EARMARK_QUOTA_BYTES = len(wav()) - 1
    assert refused(alice_api.post(TRACKS, {"file": upload()}), 409, "over_quota")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("data", [{}, {"file": "a string"}, {"music": upload}])
def test_without_a_file_the_field_is_named(alice_api: Client, address: str, data: dict[str, object]) -> None:
    data = {name: value() if callable(value) else value for name, value in data.items()}
    response = alice_api.post(address, data)
    assert refused(response, 400, "invalid")
    (error,) = response.json()["errors"]
    assert error["pointer"] == "/file"


@pytest.mark.parametrize("address", ADDRESSES)
def test_other_bodies_than_forms_are_refused(alice_api: Client, address: str) -> None:
    response = alice_api.post(address, {"file": "song.mp3"}, content_type="application/json")
    assert refused(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_form_that_breaks_off_is_refused(alice_api: Client, address: str) -> None:
    response = alice_api.post(address, b"--x\r\ngarbage", content_type="multipart/form-data")
    assert refused(response, 400, "parse_error")


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_upload_nothing(client: Client, address: str) -> None:
    response = client.post(address, {"file": upload()})
    assert refused(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_every_refusal_of_a_file_has_a_status_that_says_whose_turn_it_is() -> None:
    assert set(AUDIO_STATUS) - {"over_quota"} <= set(MESSAGES)
    assert {audio_status(code) for code in MESSAGES} <= {409, 413, 415, 422, 503, 507}
