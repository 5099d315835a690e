"""Times are shown in the time zone that a person chose; in the server's, if none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from library.http.time_zones import TIME_ZONE_COOKIE, time_zone_names
from library.models import Track

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def added_late(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(created_at=LATE)


def added(client: Client) -> str:
    page = client.get("/").content.decode()
    return page.partition('<time class="row-added text-muted"')[2].partition(">")[2].partition("<")[0]


def choose(client: Client, name: str) -> int:
    return client.post("/account/time-zone/", {"time_zone": name}).status_code


def test_the_servers_until_one_is_chosen(alice_client: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "UTC"
    assert added(alice_client) == "1 Mar 2026"
    assert choose(alice_client, "Pacific/Auckland") == 302
    assert added(alice_client) == "2 Mar 2026"
    cookie = alice_client.cookies[TIME_ZONE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = alice_client.get("/account/").content.decode()
    assert '<option value="Pacific/Auckland" selected>Pacific/Auckland</option>' in page
    assert choose(alice_client, "") == 302
    assert added(alice_client) == "1 Mar 2026"


def test_it_holds_for_dates_in_a_search(alice_client: Client) -> None:
    def found() -> bool:
        return "1 track found" in " ".join(
            alice_client.get("/?added_after=2026-03-02").content.decode().split()
        )

    assert not found()
    choose(alice_client, "Pacific/Auckland")
    assert found()


def test_it_ends_with_the_request(alice_client: Client) -> None:
    choose(alice_client, "Pacific/Auckland")
    added(alice_client)
    assert str(timezone.get_current_timezone()) == str(timezone.get_default_timezone())


def test_the_api_answers_as_before(alice_client: Client, alice_api: Client, track: Track) -> None:
    before = alice_api.get(f"/api/v1/tracks/{track.pk}/").json()["created_at"]
    alice_api.cookies[TIME_ZONE_COOKIE] = "Pacific/Auckland"
    after = alice_api.get(f"/api/v1/tracks/{track.pk}/").json()["created_at"]
    assert after == before


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "UTC+5", "x" * 5000, "\x00"]
)
def test_what_is_no_time_zone_is_refused(name: str, alice_client: Client) -> None:
    response = alice_client.post("/account/time-zone/", {"time_zone": name})
    assert response.status_code in (200, 400)
    assert TIME_ZONE_COOKIE not in alice_client.cookies
    if "\x00" not in name:
        alice_client.cookies[TIME_ZONE_COOKIE] = name
        assert added(alice_client) == "1 Mar 2026"


def test_all_that_can_be_chosen_exist() -> None:
    assert len(time_zone_names()) > 300
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(time_zone_names())
