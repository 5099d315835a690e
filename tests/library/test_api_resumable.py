"""Resumable uploads with a token: the protocol itself is tested in test_resumable."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from library import services
from library.models import Track, User
from tests.factories import wav

pytestmark = pytest.mark.django_db
UPLOADS = "/api/v1/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}


def test_in_two_pieces(alice: User, alice_api: Client) -> None:
    content = wav()
    begun = alice_api.post(UPLOADS, headers=TUS | {"Upload-Length": str(len(content))})
    assert begun.status_code == 201
    for offset, piece in ((0, content[:1000]), (1000, content[1000:])):
        answer = alice_api.patch(
            begun["Location"],
            piece,
            "application/offset+octet-stream",
            headers=TUS | {"Upload-Offset": str(offset)},
        )
        assert answer.status_code == 204
    track = Track.objects.get(owner=alice)
    assert track.sha256 == hashlib.sha256(content).hexdigest()
    assert (answer["Earmark-State"], answer["Earmark-Track"]) == ("added", f"/api/v1/tracks/{track.pk}/")


def test_only_with_a_token_that_may_write(alice: User, client: Client) -> None:
    _, key = services.token_create(owner=alice, name="reader", may_write=False, may_delete=False)
    reader = Client(headers={"Authorization": f"Bearer {key}"})
    for somebody, status in ((client, 401), (reader, 403)):
        refused = somebody.post(UPLOADS, headers=TUS | {"Upload-Length": "5"})
        assert (refused.status_code, refused["Content-Type"]) == (status, "application/problem+json")


def test_other_peoples_uploads_are_not_found(alice_api: Client, charlie_api: Client) -> None:
    begun = alice_api.post(UPLOADS, headers=TUS | {"Upload-Length": "500"})
    assert charlie_api.head(begun["Location"], headers=TUS).status_code == 404
    assert alice_api.head(begun["Location"], headers=TUS).status_code == 200
