"""Genre, tags and edits through the API: the same services as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
V1 = "/api/v1"


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    response = getattr(client, method)(V1 + path, body, content_type="application/json")
    return response.status_code, response.json() if response.content else None


def test_set_confirm_undo_history(alice_api: Client, track: Track) -> None:
    genre = f"/tracks/{track.pk}/genre/"
    assert send(alice_api, "get", genre)[1]["source"] == "model"
    status, said = send(alice_api, "put", genre, {"genre": "jazz"})
    assert (status, said["label"], said["source"], said["owner"], said["model"]) == (
        200,
        "jazz",
        "owner",
        "jazz",
        "blues",
    )
    assert send(alice_api, "put", genre, {"genre": "blues"})[1]["owner"] == "blues"
    assert send(alice_api, "post", genre + "undo/")[1]["owner"] == "jazz"
    assert send(alice_api, "put", genre, {"genre": None})[1]["source"] == "model"
    assert send(alice_api, "post", genre + "confirm/")[1]["owner"] == "blues"

    history = send(alice_api, "get", genre + "history/")[1]
    assert [(row["by"], row["before"], row["genre"], row["undone_at"] is None) for row in history] == [
        ("you", "blues", "blues", True),
        ("you", "jazz", None, True),
        ("you", "jazz", "blues", False),
        ("you", "blues", "jazz", True),
    ]


def test_refusals_have_codes(alice_api: Client, make_track: MakeTrack) -> None:
    genre = f"/tracks/{make_track(status='failed').pk}/genre/"
    confirmed = make_track()
    services.genre_confirm(track=confirmed, person=confirmed.owner)
    unsure = f"/tracks/{make_track(heard={'label': None}).pk}/genre/"
    for method, path, body, expected in [
        ("put", genre, {"genre": "polka"}, (422, "unknown_genre")),
        ("put", genre, {}, (400, "invalid")),
        ("post", genre + "confirm/", None, (409, "nothing_heard")),
        ("post", unsure + "confirm/", None, (409, "not_sure")),
        ("post", f"/tracks/{confirmed.pk}/genre/confirm/", None, (409, "has_verdict")),
        ("post", genre + "undo/", None, (409, "nothing_to_undo")),
        ("post", "/genres/", {"name": "Jazz"}, (409, "taken")),
        ("post", "/genres/", {"name": "!"}, (422, "bad_name")),
        ("post", "/tags/", {"name": ""}, (400, "invalid")),
    ]:
        status, problem = send(alice_api, method, path, body)
        assert (status, problem["code"]) == expected


def test_wrong_fields_are_pointed_at(alice_api: Client, track: Track) -> None:
    _, problem = send(alice_api, "patch", f"/tracks/{track.pk}/", {"title": "", "year": 0})
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/title", "blank"),
        ("/year", "min_value"),
    ]
    _, problem = send(alice_api, "post", "/tracks/check/", {"sha256": ["0" * 64, "xyz"]})
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/sha256/1", "invalid")]
    status, problem = send(alice_api, "put", f"/tracks/{track.pk}/genre/", ["jazz"])
    assert (status, [error["pointer"] for error in problem["errors"]]) == (400, [""])


def test_edit(alice_api: Client, track: Track) -> None:
    status, body = send(alice_api, "patch", f"/tracks/{track.pk}/", {"title": "Ænima", "year": 1996})
    assert (status, body["title"], body["year"], body["edited"]) == (200, "Ænima", 1996, ["title", "year"])


def test_which_files_are_here(alice_api: Client, charlie_api: Client, track: Track) -> None:
    body = {"sha256": [track.sha256, "0" * 64]}
    assert send(alice_api, "post", "/tracks/check/", body)[1] == {
        "here": {track.sha256: str(track.pk)},
        "missing": ["0" * 64],
    }
    assert send(charlie_api, "post", "/tracks/check/", body)[1]["here"] == {}


def test_tags(alice_api: Client, track: Track) -> None:
    status, body = send(alice_api, "post", f"/tracks/{track.pk}/tags/", {"name": "live"})
    assert (status, body["tags"]) == (200, ["live"])
    (tag,) = send(alice_api, "get", "/tags/")[1]
    assert (tag["name"], tag["tracks"]) == ("live", 1)
    assert send(alice_api, "post", "/tags/", {"name": "LIVE"})[0] == 200
    assert send(alice_api, "patch", f"/tags/{tag['id']}/", {"name": "concert", "hue": 3})[1]["hue"] == 3
    other = send(alice_api, "post", "/tags/", {"name": "on stage"})[1]
    assert send(alice_api, "delete", f"/tags/{tag['id']}/?into={other['id']}")[0] == 204
    assert send(alice_api, "get", f"/tracks/{track.pk}/")[1]["tags"] == ["on stage"]
    assert send(alice_api, "delete", f"/tracks/{track.pk}/tags/{other['id']}/")[0] == 204
    assert send(alice_api, "get", f"/tracks/{track.pk}/")[1]["tags"] == []


def test_own_genres(alice_api: Client, track: Track) -> None:
    status, made = send(alice_api, "post", "/genres/", {"name": "Shoegaze"})
    key = made["key"]
    assert (status, made) == (201, {"key": key, "name": "Shoegaze", "own": True, "tracks": 0})
    send(alice_api, "put", f"/tracks/{track.pk}/genre/", {"genre": key})
    assert send(alice_api, "patch", f"/genres/{key}/", {"name": "Dream pop"})[1]["tracks"] == 1
    assert len(send(alice_api, "get", "/genres/")[1]) == 11
    status, action = send(alice_api, "delete", f"/genres/{key}/?into=rock")
    assert (status, action["done"], action["skipped"]) == (200, 1, 0)
    assert send(alice_api, "get", f"/tracks/{track.pk}/genre/")[1]["label"] == "rock"
    assert send(alice_api, "delete", "/genres/jazz/")[0] == 404


def test_an_empty_merge_target_is_refused(alice_api: Client, track: Track) -> None:
    """A script whose variable is empty must not delete what was to be merged."""
    genre = send(alice_api, "post", "/genres/", {"name": "Shoegaze"})[1]
    tag = send(alice_api, "post", "/tags/", {"name": "live"})[1]
    for address in (f"/genres/{genre['key']}/", f"/tags/{tag['id']}/"):
        status, problem = send(alice_api, "delete", f"{address}?into=")
        assert (status, problem["errors"][0]["pointer"]) == (400, "/into")
    assert len(send(alice_api, "get", "/genres/")[1]) == 11
    assert len(send(alice_api, "get", "/tags/")[1]) == 1


def test_the_account(alice: User, alice_api: Client, track: Track) -> None:
    account = send(alice_api, "get", "/account/")[1]
    assert account["email"] == alice.email
    assert account["scopes"] == ["read", "write", "delete"]
    in_the_bin = {"bin_tracks": 0, "bin_bytes": 0}
    assert account["usage"] == {"tracks": 1, "bytes": track.size, "seconds": 6.0, "needs_you": 0} | in_the_bin


def test_tokens_are_listed_without_their_keys(alice: User, alice_api: Client) -> None:
    _, key = services.token_create(owner=alice, name="backup", may_write=False, may_delete=False)
    rows = send(alice_api, "get", "/account/tokens/")[1]
    assert {row["name"]: row["scopes"] for row in rows}["backup"] == ["read"]
    assert key not in str(rows)


def test_models_have_their_figures(alice_api: Client) -> None:
    cards = {card["name"]: card for card in send(alice_api, "get", "/models/")[1]}
    assert {"mfcc-cnn-1", "msd-musicnn-1"} <= set(cards)
    assert [name for name, card in cards.items() if card["current"]] == ["msd-musicnn-1"]
    assert 0.5 < cards["msd-musicnn-1"]["metrics"]["accuracy"] < 1


def test_only_the_requested_fields(alice_api: Client, track: Track) -> None:
    assert send(alice_api, "get", "/tracks/?fields=id,title")[1]["results"] == [
        {"id": str(track.pk), "title": track.title}
    ]
    assert set(send(alice_api, "get", f"/tracks/{track.pk}/?fields=genre,nonsense")[1]) == {"genre"}


@pytest.mark.parametrize("path", ["/tags/", "/genres/", "/account/tokens/"])
def test_lists_cost_as_many_queries_whatever_their_length(
    alice: User, alice_api: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(alice_api, "get", path)  # notes the use of the token
    for length in (1, 5):
        for number in range(length):
            services.tag_add(owner=alice, name=f"tag {number}")
            services.token_create(owner=alice, name=f"token {number}")
        with django_assert_num_queries(3 if path == "/genres/" else 2):
            send(alice_api, "get", path)
