"""Playlists by the API: made, filled, ordered, read in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library.models import Playlist, Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
PLAYLISTS = "/api/v1/playlists/"


def send(client: Client, method: str, address: str, **body: Any) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


def titles(client: Client, playlist: str) -> str:
    """The tracks of a playlist, in pages of two."""
    found, address = "", f"{PLAYLISTS}{playlist}/items/?page_size=2"
    while address:
        page = client.get(address).json()
        found += "".join(row["track"]["title"] for row in page["results"])
        address = page["next"]
    return found


@pytest.fixture
def late(alice_api: Client) -> str:
    made = send(alice_api, "post", PLAYLISTS, name=" Late  night ")
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["smart"], made.json()["query"]) == ("Late night", False, "")
    return str(made.json()["id"])


def test_filled_ordered_and_undone(alice_api: Client, late: str, make_track: MakeTrack) -> None:
    ids = {title: str(make_track(title=title).pk) for title in "abcd"}
    items = f"{PLAYLISTS}{late}/items/"
    first = send(alice_api, "post", items, tracks=[ids["c"], ids["a"]]).json()
    assert (first["done"], first["skipped"]) == (2, 0)
    second = send(alice_api, "post", items, tracks=[ids[title] for title in "dcb"]).json()
    assert (second["done"], second["skipped"]) == (2, 1)
    assert titles(alice_api, late) == "cadb"

    last = alice_api.get(items).json()["results"][-1]["id"]
    assert send(alice_api, "patch", f"{items}{last}/", position=0).status_code == 204
    assert titles(alice_api, late) == "bcad"
    assert alice_api.delete(f"{items}{last}/").status_code == 204
    assert titles(alice_api, late) == "cad"
    assert alice_api.post(f"/api/v1/acts/{second['id']}/undo/").json()["done"] == 1
    assert titles(alice_api, late) == "ca"


def test_a_saved_search(alice_api: Client, make_track: MakeTrack) -> None:
    for title in "acb":
        make_track(title=title, heard={"top": "jazz"})
    make_track(title="x", heard={"top": "pop"})
    made = send(alice_api, "post", PLAYLISTS, name="Jazz", query="ordering=-title&genre=jazz").json()
    assert made["smart"]
    assert titles(alice_api, made["id"]) == "cba"
    row = alice_api.get(f"{PLAYLISTS}{made['id']}/items/").json()["results"][0]
    assert row["id"] is None
    refused = send(alice_api, "post", f"{PLAYLISTS}{made['id']}/items/", tracks=[row["track"]["id"]])
    assert (refused.status_code, refused.json()["code"]) == (409, "saved_search")


def test_renamed_and_deleted(alice_api: Client, late: str, track: Track) -> None:
    assert send(alice_api, "patch", f"{PLAYLISTS}{late}/", name="Early").json()["name"] == "Early"
    assert send(alice_api, "patch", f"{PLAYLISTS}{late}/", name=" ").status_code == 400
    assert [row["name"] for row in alice_api.get(PLAYLISTS).json()["results"]] == ["Early"]
    assert alice_api.delete(f"{PLAYLISTS}{late}/").status_code == 204
    assert not Playlist.objects.exists()
    assert Track.objects.exists()


def test_other_peoples_tracks_are_not_added(charlie_api: Client, charlie: User, track: Track) -> None:
    theirs = Playlist.objects.create(owner=charlie, name="Theirs")
    done = send(charlie_api, "post", f"{PLAYLISTS}{theirs.pk}/items/", tracks=[str(track.pk)]).json()
    assert done["done"] == 0
    assert not theirs.items.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_as_many_queries_for_one_as_for_many(
    alice_api: Client,
    late: str,
    make_track: MakeTrack,
    django_assert_num_queries: DjangoAssertNumQueries,
    number: int,
) -> None:
    ids = [str(make_track().pk) for _ in range(number)]
    send(alice_api, "post", f"{PLAYLISTS}{late}/items/", tracks=ids)
    with django_assert_num_queries(
        7
    ):  # token, playlist, items, tracks, their artists and tags, what was learned
        alice_api.get(f"{PLAYLISTS}{late}/items/")
