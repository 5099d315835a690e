"""Pages and API responses are compressed for clients that accept it; files and streams are not."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from library.models import Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
TAKES = {"Accept-Encoding": "gzip, br"}


def test_a_page_is_a_fraction_as_long(alice_client: Client, make_track: MakeTrack) -> None:
    for _ in range(20):
        make_track()
    plain = alice_client.get("/")
    assert "Content-Encoding" not in plain
    packed = alice_client.get("/", headers=TAKES)
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 5
    assert b"</html>" in gzip.decompress(packed.content)


def test_answers_of_the_api(alice_api: Client, make_track: MakeTrack) -> None:
    make_track(title="Blue")
    packed = alice_api.get("/api/v1/tracks/", headers=TAKES)
    assert packed["Content-Encoding"] == "gzip"
    assert b'"title":"Blue"' in gzip.decompress(packed.content)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-999"}])
def test_no_sound(alice_client: Client, track: Track, headers: dict[str, str]) -> None:
    response = alice_client.get(reverse("audio", args=[track.pk]), headers=TAKES | headers)
    assert response.status_code == (206 if headers else 200)
    assert "Content-Encoding" not in response


def test_no_stream(alice_api: Client, alice: User) -> None:
    response = alice_api.get(reverse("v1:export-json"), headers=TAKES)
    assert response.streaming
    assert "Content-Encoding" not in response
