"""A request that is sent twice is done once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from library.models import Genre, KeptAnswer, Track, User
from tests.people import upload

pytestmark = pytest.mark.django_db
GENRES = "/api/v1/genres/"


def add(client: Client, name: str = "Shoegaze", key: str = "one"):
    return client.post(
        GENRES, {"name": name}, content_type="application/json", headers={"Idempotency-Key": key}
    )


def test_the_second_time_the_same_answer(alice_api: Client) -> None:
    first, second = add(alice_api), add(alice_api)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Genre.objects.count() == 1


def test_refusals_are_kept_too(alice_api: Client) -> None:
    assert [add(alice_api, "Jazz").status_code for _ in range(2)] == [409, 409]
    assert KeptAnswer.objects.count() == 1


def test_an_upload_keeps_its_location(alice_api: Client) -> None:
    answers = [
        alice_api.post("/api/v1/tracks/", {"file": upload()}, headers={"Idempotency-Key": "u"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Track.objects.count() == 1


def test_a_key_is_for_one_request_of_one_person(alice_api: Client, charlie_api: Client) -> None:
    add(alice_api)
    assert add(alice_api, "Dream pop").json()["code"] == "key_reused"
    assert add(charlie_api).status_code == 201


def test_while_the_first_is_being_answered(alice: User, alice_api: Client) -> None:
    add(alice_api)
    KeptAnswer.objects.update(status=None)
    response = add(alice_api)
    assert (response.status_code, response.json()["code"]) == (409, "in_progress")


@pytest.mark.parametrize("key", ["", "x" * 101, "a\x07b"])
def test_keys_that_will_not_do(alice_api: Client, key: str) -> None:
    response = add(alice_api, key=key)
    assert (response.status_code, response.json()["code"]) == (400, "bad_key")


def test_a_day_later_it_is_a_new_request(alice_api: Client) -> None:
    add(alice_api)
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert add(alice_api).json()["code"] == "taken"


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
