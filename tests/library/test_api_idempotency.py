"""A request that is sent twice is done once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.models import Genre, IdempotencyRecord, Track, User
from library.services.idempotency import REQUEST_LEASE, idempotency_leases_extend
from tests.factories import upload, wav

pytestmark = pytest.mark.django_db
BUILTIN_GENRES = "/api/v1/genres/"
TRACKS = "/api/v1/tracks/"


def add(client: Client, name: str = "Shoegaze", key: str = "one"):
    return client.post(
        BUILTIN_GENRES, {"name": name}, content_type="application/json", headers={"Idempotency-Key": key}
    )


def test_the_second_time_the_same_answer(alice_api: Client) -> None:
    first, second = add(alice_api), add(alice_api)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Genre.objects.count() == 1


def test_refusals_are_stored_too(alice_api: Client) -> None:
    first, second = [add(alice_api, "Jazz") for _ in range(2)]
    assert (first.status_code, second.status_code) == (409, 409)
    assert first["Content-Type"] == second["Content-Type"] == "application/problem+json"
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"


def test_an_upload_keeps_its_location(alice_api: Client) -> None:
    answers = [alice_api.post(TRACKS, {"file": upload()}, headers={"Idempotency-Key": "u"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Track.objects.count() == 1


def test_a_key_is_for_one_request_of_one_person(alice_api: Client, charlie_api: Client) -> None:
    add(alice_api)
    assert add(alice_api, "Dream pop").json()["code"] == "key_reused"
    assert add(charlie_api).status_code == 201


def test_bodies_of_one_length_are_two_requests(alice_api: Client) -> None:
    first = alice_api.post(TRACKS, {"file": upload(wav(1))}, headers={"Idempotency-Key": "u"})
    second = alice_api.post(TRACKS, {"file": upload(wav(2))}, headers={"Idempotency-Key": "u"})
    assert len(wav(1)) == len(wav(2))
    assert (first.status_code, second.status_code) == (202, 422)
    assert second.json()["code"] == "key_reused"
    assert add(alice_api, "Dub", "two").status_code == 201
    assert add(alice_api, "Ska", "two").json()["code"] == "key_reused"


def test_an_upload_in_pieces_is_known_by_its_headers(alice_api: Client) -> None:
    def begin(length: int) -> HttpResponse:
        headers = {"Idempotency-Key": "t", "Tus-Resumable": "1.0.0", "Upload-Length": str(length)}
        return alice_api.post("/api/v1/uploads/", headers=headers)

    assert begin(1000)["Location"] == begin(1000)["Location"]
    assert begin(2000).json()["code"] == "key_reused"


@pytest.mark.parametrize("broken", ["{", '{"nome": "Shoegaze"}'])
def test_a_broken_body_leaves_the_key_free(alice_api: Client, broken: str) -> None:
    response = alice_api.post(
        BUILTIN_GENRES, broken, content_type="application/json", headers={"Idempotency-Key": "one"}
    )
    assert response.status_code == 400
    assert add(alice_api).status_code == 201


def test_the_order_of_fields_makes_no_other_request(alice_api: Client, track: Track) -> None:
    asked = {"act": "tag", "value": "late", "ids": [str(track.pk)]}
    answers = [
        alice_api.post(
            "/api/v1/acts/", body, content_type="application/json", headers={"Idempotency-Key": "one"}
        ).json()
        for body in (asked, dict(reversed(asked.items())))
    ]
    assert answers[0]["id"] == answers[1]["id"]


def test_while_the_first_is_being_answered(alice: User, alice_api: Client) -> None:
    add(alice_api)
    IdempotencyRecord.objects.update(status=None, leased_until=timezone.now() + REQUEST_LEASE)
    response = add(alice_api)
    assert (response.status_code, response.json()["code"]) == (409, "in_progress")


def test_when_its_process_has_died_the_key_is_free_after_a_minute(alice: User, alice_api: Client) -> None:
    services.idempotency_begin(owner=alice, key="one", digest="")
    IdempotencyRecord.objects.update(leased_until=F("leased_until") - REQUEST_LEASE - timedelta(seconds=1))
    assert add(alice_api).status_code == 201


def test_a_long_request_keeps_its_key(alice: User, alice_api: Client) -> None:
    record = services.idempotency_begin(owner=alice, key="one", digest="")
    IdempotencyRecord.objects.update(leased_until=timezone.now())
    idempotency_leases_extend()
    with pytest.raises(DomainError, match="being processed"):
        services.idempotency_begin(owner=alice, key="one", digest="")
    services.idempotency_finish(record=record, status=201, headers={})
    assert services.idempotency_begin(owner=alice, key="one", digest="").status == 201


@pytest.mark.parametrize("key", ["", "x" * 101, "a\x07b"])
def test_invalid_keys(alice_api: Client, key: str) -> None:
    response = add(alice_api, key=key)
    assert (response.status_code, response.json()["code"]) == (400, "bad_key")


def test_a_day_later_it_is_a_new_request(alice_api: Client) -> None:
    add(alice_api)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert add(alice_api).json()["code"] == "taken"


def test_the_worker_deletes_what_is_older(alice_api: Client) -> None:
    add(alice_api)
    assert services.idempotency_expire() == 0
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert services.idempotency_expire() == 1
    assert not IdempotencyRecord.objects.exists()


def test_what_failed_on_our_side_may_be_tried_again(
    alice_api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError

    alice_api.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("library.services.own_genre_add", broken)
        assert add(alice_api).status_code == 500
    assert add(alice_api).status_code == 201
