"""Plays by the API: counted once however often they are sent, and told on tracks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from library import services
from library.models import Play, Track, User
from tests.library.test_api_changes import follow, start

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
THEN = "2026-03-01T18:20:05Z"


def send(client: Client, track: Track, body: Any = None, **headers: str) -> HttpResponse:
    address = f"/api/v1/tracks/{track.pk}/plays/"
    response: HttpResponse = client.post(
        address, {} if body is None else body, content_type="application/json", headers=headers or None
    )
    return response


def told(client: Client, track: Track) -> tuple[int, str | None]:
    body = client.get(f"/api/v1/tracks/{track.pk}/").json()
    return body["play_count"], body["last_played_at"]


def test_at_a_moment(alice_api: Client, track: Track) -> None:
    response = send(alice_api, track, {"played_at": "2026-03-01T19:20:05.7+01:00"})
    expected = {"played_at": THEN, "play_count": 1, "last_played_at": THEN}
    assert (response.status_code, response.json()) == (201, expected)
    again = send(alice_api, track, {"played_at": THEN})
    assert (again.status_code, again.json()) == (200, expected)
    earlier = send(alice_api, track, {"played_at": "2026-02-01T00:00:00Z"})
    assert (earlier.status_code, earlier.json()) == (
        201, {"played_at": "2026-02-01T00:00:00Z", "play_count": 2, "last_played_at": THEN}
    )  # fmt: skip
    assert told(alice_api, track) == (2, THEN)


@pytest.mark.parametrize("body", [None, {}])
def test_now(body: Any, alice_api: Client, track: Track) -> None:
    before = timezone.now() - timedelta(seconds=1)
    moment = datetime.fromisoformat(send(alice_api, track, body).json()["played_at"])
    assert before <= moment <= timezone.now()
    assert told(alice_api, track)[0] == 1


def test_without_a_body_at_all(alice_api: Client, track: Track) -> None:
    response = alice_api.generic("POST", f"/api/v1/tracks/{track.pk}/plays/")
    assert response.status_code == 201


def test_a_key_makes_it_one_play_too(alice_api: Client, track: Track) -> None:
    answers = [send(alice_api, track, **{"Idempotency-Key": "play-1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Play.objects.count() == 1


@pytest.mark.parametrize(
    ("moment", "status", "code"),
    [
        ("1999-12-31T23:59:59Z", 422, "bad_value"),
        ("2999-01-01T00:00:00Z", 422, "bad_value"),
        ("9999-12-31T23:59:59-12:00", 400, "invalid"),
        ("yesterday", 400, "invalid"),
        ("", 400, "invalid"),
        (None, 400, "invalid"),
        (1772389205, 400, "invalid"),
    ],
)
def test_others_are_refused(moment: Any, status: int, code: str, alice_api: Client, track: Track) -> None:
    response = send(alice_api, track, {"played_at": moment})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert told(alice_api, track) == (0, None)


def test_in_the_bin_there_is_nothing_to_play(alice_api: Client, track: Track) -> None:
    services.track_delete(track=track)
    assert send(alice_api, track).status_code == 404
    assert not Play.objects.exists()


def test_programs_that_follow_changes_hear_nothing_of_it(alice_api: Client, track: Track) -> None:
    Track.objects.update(updated_at=datetime(2021, 1, 1, tzinfo=UTC))
    ids, resume = follow(alice_api, start())
    assert ids == [str(track.pk)]
    send(alice_api, track)
    assert follow(alice_api, resume) == ([], resume)


def test_the_order_and_the_filters(alice_api: Client, alice: User, make_track: MakeTrack) -> None:
    now = timezone.now()
    for title, days in (("often", (40, 41, 42)), ("lately", (3,)), ("never", ())):
        track = make_track(title=title)
        for ago in days:
            services.play_add(track=track, played_at=now - timedelta(days=ago))

    def titles(query: str) -> list[str]:
        return [row["title"] for row in alice_api.get(f"/api/v1/tracks/?{query}").json()["results"]]

    assert titles("ordering=-play_count") == ["often", "lately", "never"]
    assert titles("ordering=-last_played_at") == ["lately", "often", "never"]
    assert titles("ordering=last_played_at") == ["often", "lately", "never"]
    assert titles("played=true&ordering=title") == ["lately", "often"]
    assert titles("played=false") == ["never"]
    assert titles("played_within_days=7") == ["lately"]
