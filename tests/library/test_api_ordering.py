"""Tracks by the API in every order of the library's page, in pages that neither skip nor repeat."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from library.models import Track, User
from library.search.filter_types import ORDERING_COLUMNS
from library.search.query import parse_search

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
TRACKS = "/api/v1/tracks/"
STARRED = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tracks(make_track: MakeTrack) -> None:
    """With equal and missing values in every column that lists are sorted by."""
    for number in range(12):
        made = make_track(
            title=f"Ø {number % 5}",
            artist=["", "Zappa", "abba"][number % 3],
            album=["", "Blue"][number % 2],
            year=[None, 1959, 1970][number % 3],
            heard={"top": ["jazz", "rock"][number % 2], "confidence": [0.3, 0.1 + 0.2, 0.9][number % 3]},
        )
        starred_at = [None, STARRED, STARRED + timedelta(microseconds=1)][number % 3]
        Track.objects.filter(pk=made.pk).update(
            duration=[None, 1 / 3, 200.0][number % 3],
            starred_at=starred_at,
            rating=[None, 3, 5, 5][number % 4],
            play_count=[0, 2, 2, 70][number % 4],
            last_played_at=[None, STARRED, STARRED + timedelta(seconds=1)][number % 3],
        )
    make_track(status=Track.Status.QUEUED)


def pages(client: Client, address: str) -> list[str]:
    ids: list[str] = []
    following: str | None = address
    while following:
        answer = client.get(following).json()
        ids += [row["id"] for row in answer["results"]]
        following = answer["next"]
    return ids


@pytest.mark.parametrize(
    "name",
    [*ORDERING_COLUMNS, *(f"-{name}" for name in ORDERING_COLUMNS), "-year,title,-duration", "genre,artist"],
)
def test_every_order_is_that_of_the_page(name: str, alice: User, alice_api: Client) -> None:
    listed = [str(pk) for pk in parse_search(alice, f"ordering={name}").qs.values_list("pk", flat=True)]
    assert len(listed) == 13
    for size in (1, 4, 200):
        assert pages(alice_api, f"{TRACKS}?ordering={name}&page_size={size}&fields=id") == listed


@pytest.mark.parametrize("name", ["year", "-year"])
def test_what_has_no_value_comes_last(name: str, alice_api: Client) -> None:
    years = [row["year"] for row in alice_api.get(f"{TRACKS}?ordering={name}").json()["results"]]
    known = [year for year in years if year]
    assert years == known + [None] * (13 - len(known))
    assert known == sorted(known, reverse=name.startswith("-"))


def cursor(client: Client, ordering: str) -> str:
    following = client.get(f"{TRACKS}?page_size=2{ordering}").json()["next"]
    return str(following).partition("cursor=")[2].partition("&")[0]


def test_a_cursor_of_another_order_is_refused(alice_api: Client) -> None:
    orders = ["", "&ordering=title", "&ordering=-title", "&ordering=artist", "&ordering=title,artist"]
    for order, other in [*pairwise(orders), *pairwise(reversed(orders))]:
        response = alice_api.get(f"{TRACKS}?cursor={cursor(alice_api, order)}{other}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), (order, other)


@pytest.mark.parametrize("values", [["a\0b"], [None], [["a"]], [{}], [], ["a", "b"], [10**400]])
def test_a_forged_cursor_is_refused(values: list[Any], alice_api: Client, track: Track) -> None:
    forged = (
        base64.urlsafe_b64encode(json.dumps([*values, str(track.pk), "title"]).encode()).decode().rstrip("=")
    )
    assert alice_api.get(f"{TRACKS}?ordering=title&cursor={forged}").status_code in (200, 404)
    forged = base64.urlsafe_b64encode(json.dumps([*values, "no id", "title"]).encode()).decode().rstrip("=")
    assert alice_api.get(f"{TRACKS}?ordering=title&cursor={forged}").status_code == 404


def test_tracks_that_come_and_go_meanwhile_move_nothing(alice_api: Client, make_track: MakeTrack) -> None:
    first = alice_api.get(f"{TRACKS}?ordering=title&page_size=5&fields=id").json()
    Track.objects.get(pk=first["results"][0]["id"]).delete()
    late = make_track(title="zzz", sha256="1" * 64)
    early = make_track(title="000", sha256="2" * 64)
    rest = pages(alice_api, first["next"])
    assert str(late.pk) in rest
    assert str(early.pk) not in rest
    assert len(rest) == 13 - 5 + 1
