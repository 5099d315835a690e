"""Stored files over HTTP, with ranges and ETags, only to their owner."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from library.models import Track

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def url(track: Track) -> str:
    return reverse("audio", args=[track.pk])


@pytest.fixture
def content(track: Track) -> bytes:
    with track.original.open("rb") as file:
        return file.read()


def test_whole(alice_client: Client, url: str, content: bytes) -> None:
    response = alice_client.get(url)
    assert response.status_code == 200
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "audio/wav"
    assert body(response) == content


def test_head_has_the_length_and_no_body(alice_client: Client, url: str, content: bytes) -> None:
    response = alice_client.head(url)
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(content))
    assert body(response) == b""


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        # Safari plays nothing when the whole file is not sent as a part.
        ("bytes=0-", slice(0, None)),
        ("bytes=0-999999999", slice(0, None)),
        ("bytes=0-" + "9" * 5000, slice(0, None)),
        ("bytes=-999999999", slice(0, None)),
    ],
)
def test_part(alice_client: Client, url: str, content: bytes, asked: str, part: slice) -> None:
    response = alice_client.get(url, headers={"Range": asked})
    expected = content[part]
    assert response.status_code == 206
    assert body(response) == expected
    assert response["Content-Length"] == str(len(expected))
    start = range(len(content))[part][0]
    assert response["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(content)}"


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0"])
def test_beyond_the_end_is_416(alice_client: Client, url: str, content: bytes, asked: str) -> None:
    response = alice_client.get(url, headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(content)}"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "range_not_satisfiable"


def test_a_file_that_is_not_the_expected_one_is_412(alice_client: Client, url: str) -> None:
    response = alice_client.get(url, headers={"If-Match": '"another"'})
    assert response.status_code == 412
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "precondition_failed"
    assert alice_client.get(url, headers={"If-Match": alice_client.get(url)["ETag"]}).status_code == 200


def test_an_etag_does_not_reveal_the_stored_name(alice_client: Client, track: Track, url: str) -> None:
    etag = alice_client.get(url)["ETag"]
    assert Path(str(track.original.name)).stem not in etag


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b"])
def test_what_is_no_single_range_gets_the_whole(
    alice_client: Client, url: str, content: bytes, asked: str
) -> None:
    response = alice_client.get(url, headers={"Range": asked})
    assert response.status_code == 200
    assert body(response) == content


def test_a_known_file_is_not_sent_again(alice_client: Client, url: str) -> None:
    etag = alice_client.get(url)["ETag"]
    assert alice_client.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_part_of_another_file_is_answered_with_the_whole(alice_client: Client, url: str) -> None:
    response = alice_client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert response.status_code == 200


def test_the_original_is_a_download_under_its_own_name(
    alice_client: Client, track: Track, content: bytes
) -> None:
    Track.objects.filter(pk=track.pk).update(original_name="Café “live”.wav")
    response = alice_client.get(reverse("original", args=[track.pk]))
    assert response["Content-Disposition"].startswith("attachment")
    assert "Caf%C3%A9" in response["Content-Disposition"]
    assert body(response) == content


def test_uploaded_bytes_never_run_as_a_page(alice_client: Client, url: str) -> None:
    response = alice_client.get(url)
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["audio", "original", "spectrogram", "peaks", "timeline", "track"])
def test_others_get_the_404_of_an_unknown_track(charlie_client: Client, track: Track, name: str) -> None:
    foreign = charlie_client.get(reverse(name, args=[track.pk]))
    unknown = charlie_client.get(reverse(name, args=["00000000-0000-0000-0000-000000000000"]))
    assert foreign.status_code == unknown.status_code == 404
    assert track.title not in foreign.content.decode()


@pytest.mark.parametrize("name", ["audio", "original", "spectrogram", "peaks", "timeline", "track"])
def test_nobody_is_sent_to_sign_in(client: Client, track: Track, name: str) -> None:
    response = client.get(reverse(name, args=[track.pk]))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
