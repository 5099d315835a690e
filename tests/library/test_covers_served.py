"""A cover's pictures over HTTP: for whom, and for how long they may be kept."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from library import services
from library.models import Cover, Track, User
from library.models.albums import COVER_SIZES
from tests.covers import make_cover
from tests.factories import TrackFactory, close_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def cover(alice: User) -> Cover:
    return make_cover(alice)


def address(cover: Cover, size: str = "small") -> str:
    return reverse("cover", args=[cover.pk, size])


@pytest.mark.parametrize("size", COVER_SIZES)
def test_owner_gets_it(cover: Cover, size: str, alice_client: Client) -> None:
    response = alice_client.get(address(cover, size))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert b"".join(response.streaming_content)[8:12] == b"WEBP"
    assert "sandbox" in response["Content-Security-Policy"]


def test_is_kept_by_its_owners_browser_only(cover: Cover, alice_client: Client) -> None:
    first = alice_client.get(address(cover))
    assert first["Cache-Control"] == "private, max-age=31536000, immutable"
    again = alice_client.get(address(cover), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    close_response(first)


def test_unknown_and_foreign_ones_are_not_there(
    cover: Cover, alice_client: Client, charlie_client: Client, client: Client
) -> None:
    assert charlie_client.get(address(cover)).status_code == 404
    assert client.get(address(cover)).status_code == 302
    for unknown in (
        reverse("cover", args=[uuid.uuid4(), "small"]),
        address(cover, "huge"),
        address(cover, "sha256"),
    ):
        assert alice_client.get(unknown).status_code == 404


class TestReviewer:
    def test_does_not_see_what_is_not_shared(self, cover: Cover, alice: User, bob_client: Client) -> None:
        TrackFactory(owner=alice, cover=cover)
        assert bob_client.get(address(cover)).status_code == 404

    def test_sees_the_covers_of_shared_tracks(self, cover: Cover, alice: User, bob_client: Client) -> None:
        services.user_share(user=alice, share=True)
        assert bob_client.get(address(cover)).status_code == 404
        track = TrackFactory(owner=alice, cover=cover)
        response = bob_client.get(address(cover))
        assert response.status_code == 200
        close_response(response)
        services.track_delete(track=track)
        assert Track.all_objects.filter(cover=cover).exists()
        assert bob_client.get(address(cover)).status_code == 404

    def test_sees_his_own(self, bob: User, bob_client: Client) -> None:
        response = bob_client.get(address(make_cover(bob)))
        assert response.status_code == 200
        close_response(response)
