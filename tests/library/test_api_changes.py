"""The feed of changes: nothing is skipped or repeated, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.api.changes import commit_horizon
from library.models import Track, User
from tests.factories import with_token

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TRACKS = "/api/v1/tracks/"


def set_updated_at(track: Track, seconds: int) -> None:
    Track.objects.filter(pk=track.pk).update(updated_at=LONG_AGO + timedelta(seconds=seconds))


def follow(client: Client, url: str) -> tuple[list[str], str]:
    """Everything there is from an address on, and where to go on next time."""
    ids = []
    while True:
        body = client.get(url).json()
        ids += [row["id"] for row in body["results"]]
        if body["next"] is None:
            return ids, body["resume"]
        url = body["next"]


def start(page_size: int = 50) -> str:
    return f"{TRACKS}changes/?" + urlencode({"updated_since": LONG_AGO.isoformat(), "page_size": page_size})


def test_in_the_order_of_changes_and_resumed(alice_api: Client, make_track: MakeTrack) -> None:
    tracks = [make_track() for _ in range(5)]
    for track, second in zip(tracks, (3, 1, 1, 2, 4), strict=True):
        set_updated_at(track, second)
    ids, resume = follow(alice_api, start(page_size=2))
    assert sorted(ids[:2]) == sorted(str(track.pk) for track in tracks[1:3])
    assert ids[2:] == [str(tracks[index].pk) for index in (3, 0, 4)]
    assert follow(alice_api, resume) == ([], resume)
    set_updated_at(tracks[0], 9)
    assert follow(alice_api, resume)[0] == [str(tracks[0].pk)]


def test_changes_wait_for_older_transactions(alice_api: Client, track: Track) -> None:
    assert follow(alice_api, start())[0] == []
    Track.objects.update(updated_at=commit_horizon() - timedelta(milliseconds=1))
    assert follow(alice_api, start())[0] == [str(track.pk)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    page_size=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from(["page", "change", "add"]), st.integers(0, 9)), max_size=20),
)
def test_no_row_is_skipped_or_repeated_while_others_write(
    alice: User, page_size: int, steps: list[tuple[str, int]]
) -> None:
    """Tracks are added and changed between pages; in the end, the latest version of each track was returned."""
    Track.objects.all().delete()
    tracks = [
        Track.objects.create(owner=alice, sha256=f"{number:064}", size=1, title="") for number in range(6)
    ]
    clock = 0
    for track in tracks:
        set_updated_at(track, clock := clock + 1)
    client, url, told = with_token(alice), start(page_size), []

    def page() -> str:
        body = client.get(url).json()
        told.extend((row["id"], row["updated_at"]) for row in body["results"])
        return str(body["next"] or body["resume"])

    for step, number in steps:
        if step == "page":
            url = page()
            continue
        if step == "add":
            tracks.append(Track.objects.create(owner=alice, sha256=f"{len(tracks):064}", size=1, title=""))
            number = -1
        set_updated_at(tracks[number % len(tracks)], clock := clock + 1)
    for _ in range(len(tracks) + 3):
        url = page()
    assert len(told) == len(set(told))
    final = {str(track.pk): track.updated_at for track in Track.objects.all()}
    assert {pk: datetime.fromisoformat(when) for pk, when in told} == final


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-01"])
def test_an_invalid_time_is_refused(alice_api: Client, since: str) -> None:
    response = alice_api.get(f"{TRACKS}changes/", {"updated_since": since})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/updated_since")
