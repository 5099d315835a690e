"""Versions of what was learned, as a program sees them, accepts them and goes back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import LearnedModel, Track, User
from tests.learning import make_misheard_library

pytestmark = pytest.mark.django_db

VERSIONS = "/api/v1/learning/versions/"


@pytest.fixture
def shouts(alice: User) -> list[Track]:
    """Tracks that are blues to the model and rock to alice, after a version has learned that."""
    tracks = make_misheard_library(alice)
    services.learned_model_fit_request(owner=alice)
    services.learned_model_fit(owner_id=alice.pk)
    return tracks


def post(client: Client, address: str, **fields: Any) -> Any:
    return client.post(VERSIONS + address, fields, content_type="application/json")


def learned_by(client: Client, track: Track) -> Any:
    return client.get(f"/api/v1/tracks/{track.pk}/").json()["learned"]


def source_of(client: Client, track: Track) -> tuple[str, str]:
    found = client.get(f"/api/v1/tracks/{track.pk}/").json()["genre"]
    return found["label"], found["source"]


def test_from_learning_to_going_back(alice_api: Client, shouts: list[Track]) -> None:
    [version] = alice_api.get(VERSIONS).json()["results"]
    assert (version["number"], version["status"], version["answers"]) == (1, "candidate", 20)
    assert version["model"] == {"name": "msd-musicnn-1", "version": "1.4.0"}
    assert version["p_value"] < 0.05
    number = version["id"]

    seen = alice_api.get(f"{VERSIONS}{number}/").json()
    change = {"from": "blues", "to": "rock", "proposed": 5, "accepted": 0, "skipped": 0}
    assert seen == version | {"changes": [change], "unchanged": 21, "with_verdict": 20}

    first, second, *rest = (str(track.pk) for track in shouts)
    assert post(alice_api, f"{number}/skip/", ids=[first]).json() == {"done": 1}
    assert post(alice_api, f"{number}/accept/", ids=[second]).json() == {"done": 1}
    assert post(alice_api, f"{number}/accept/", **{"from": "blues", "to": "rock"}).json() == {
        "done": len(rest)
    }
    assert source_of(alice_api, shouts[0]) == ("blues", "model")
    assert source_of(alice_api, shouts[1]) == ("rock", "learned")

    assert post(alice_api, "off/").status_code == 204
    assert source_of(alice_api, shouts[1]) == ("blues", "model")
    back = post(alice_api, f"{number}/activate/").json()
    assert (back["status"], back["changes"]) == (
        "active",
        [change | {"proposed": 0, "accepted": 4, "skipped": 1}],
    )
    assert source_of(alice_api, shouts[1]) == ("rock", "learned")


def test_a_track_says_what_was_learned(alice: User, alice_api: Client, shouts: list[Track]) -> None:
    first, second = shouts[:2]
    version = selectors.learned_models_of(alice).get()
    # A candidate gives nothing.
    assert [learned_by(alice_api, track) for track in shouts] == [None] * 5
    services.learned_rows_accept(model=version, track_ids=[first.pk])
    probability = version.rows.get(track=first).probability
    learned = {"genre": "rock", "probability": probability, "version": 1, "state": "accepted"}
    assert learned_by(alice_api, first) == learned
    # Nor does what the version in use only proposes.
    assert learned_by(alice_api, second) is None
    # A verdict is what counts, and what was learned is still said.
    services.genre_set(track=first, person=alice, genre="jazz")
    assert source_of(alice_api, first) == ("jazz", "owner")
    assert learned_by(alice_api, first) == learned


def test_what_a_later_version_keeps_is_told_apart(
    alice: User, alice_api: Client, shouts: list[Track]
) -> None:
    kept, proposed_again, new = shouts[:3]
    services.learned_rows_accept(
        model=selectors.learned_models_of(alice).get(), track_ids=[kept.pk, proposed_again.pk]
    )
    services.learned_model_fit_request(owner=alice)
    second = services.learned_model_fit(owner_id=alice.pk)
    assert second
    # As if the second version proposed another genre for what has learned one from the first.
    second.rows.filter(track=proposed_again).update(genre="pop", state="skipped")
    services.learned_rows_accept(model=second, track_ids=[new.pk])
    assert learned_by(alice_api, kept)["state"] == "kept"
    assert learned_by(alice_api, kept)["probability"] > 0.6
    assert learned_by(alice_api, proposed_again) == {
        "genre": "rock",
        "probability": None,
        "version": 2,
        "state": "kept",
    }
    assert learned_by(alice_api, new)["state"] == "accepted"
    assert source_of(alice_api, proposed_again) == ("rock", "learned")
    services.learned_models_off(owner=alice)
    assert [learned_by(alice_api, track) for track in shouts] == [None] * 5


def test_lists_of_tracks_fetch_it_for_all_at_once(
    alice: User,
    alice_api: Client,
    shouts: list[Track],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    services.learned_rows_accept(model=selectors.learned_models_of(alice).get())
    alice_api.get("/api/v1/tracks/")
    # The token with its owner, tracks with predictions, tags, what was learned, artists.
    with django_assert_num_queries(5):
        results = alice_api.get("/api/v1/tracks/").json()["results"]
    genres = {found["id"]: found["learned"] and found["learned"]["genre"] for found in results}
    assert genres == {
        str(track.pk): "rock" if track in shouts else None for track in Track.objects.filter(owner=alice)
    }


@pytest.mark.parametrize("action", ["accept", "skip"])
@pytest.mark.parametrize("choice", [{"all": True}, {"from": "blues", "to": "rock"}, "ids"])
def test_as_many_as_were_expected(
    alice: User, alice_api: Client, shouts: list[Track], action: str, choice: Any
) -> None:
    version = selectors.learned_models_of(alice).get()
    if choice == "ids":
        choice = {"ids": [str(track.pk) for track in shouts]}
    services.genre_set(track=shouts[0], person=alice, genre="jazz")
    refused = post(alice_api, f"{version.pk}/{action}/", expected=5, **choice)
    assert (refused.status_code, refused.json()["code"]) == (409, "selection_changed")
    assert set(version.rows.values_list("state", flat=True)) == {"proposed"}
    assert post(alice_api, f"{version.pk}/{action}/", expected=4, **choice).json() == {"done": 4}


def test_rows_in_pages_and_filtered(alice: User, alice_api: Client, shouts: list[Track]) -> None:
    version = selectors.learned_models_of(alice).get()
    address = f"{VERSIONS}{version.pk}/rows/"
    page = alice_api.get(address + "?page_size=3").json()
    following = alice_api.get(page["next"]).json()
    rows = page["results"] + following["results"]
    assert {row["track"] for row in rows} == {str(track.pk) for track in shouts}
    assert following["next"] is None
    row = next(row for row in rows if row["track"] == str(shouts[0].pk))
    assert row.pop("probability") > 0.6
    nearest = selectors.nearest_answers_of(alice, version.rows.all())[version.rows.get(track=shouts[0]).pk]
    assert row.pop("nearest") == [
        {"id": str(track.pk), "title": track.title, "artist": track.artist} for track in nearest
    ]
    assert len(nearest) == 3
    assert row == {
        "track": str(shouts[0].pk),
        "title": "shout 100",
        "artist": "artist shout 100",
        "from": "blues",
        "to": "rock",
        "state": "proposed",
    }
    services.learned_rows_skip(model=version, track_ids=[shouts[0].pk])
    for query, count in (
        ("state=skipped", 1),
        ("state=proposed", 4),
        ("from=blues&to=rock", 5),
        ("from=unsure", 0),
        ("to=jazz", 0),
    ):
        assert len(alice_api.get(f"{address}?{query}").json()["results"]) == count, query
    assert alice_api.get(f"{address}?state=guessed").status_code == 400


@pytest.mark.parametrize(
    "choice", [{}, {"all": False}, {"from": "blues"}, {"all": True, "ids": ["0" * 32]}, {"ids": []}]
)
def test_a_choice_is_one_of_three(alice: User, alice_api: Client, choice: dict[str, Any]) -> None:
    version = LearnedModel.objects.create(owner=alice, number=1, status=LearnedModel.Status.CANDIDATE)
    assert post(alice_api, f"{version.pk}/accept/", **choice).status_code == 400


def test_it_is_asked_for(alice: User, alice_api: Client) -> None:
    assert post(alice_api, "fit/").status_code == 202
    assert selectors.is_learning(alice)
    assert post(alice_api, "fit/").status_code == 202


def test_one_that_was_refused_says_why(alice: User, alice_api: Client) -> None:
    services.learned_model_fit_request(owner=alice)
    services.learned_model_fit(owner_id=alice.pk)
    [version] = alice_api.get(VERSIONS).json()["results"]
    assert (version["status"], version["reason"], version["model"]) == ("refused", "cannot_learn", None)
    assert version["message"] == "The current model of this site cannot learn."


def test_one_that_is_being_learned_is_not_seen(alice: User, alice_api: Client) -> None:
    version = LearnedModel.objects.create(owner=alice, number=1)
    assert alice_api.get(VERSIONS).json()["results"] == []
    assert alice_api.get(f"{VERSIONS}{version.pk}/").status_code == 404


def test_versions_of_others_look_like_unknown_ones(
    alice: User, charlie_api: Client, shouts: list[Track]
) -> None:
    number = selectors.learned_models_of(alice).get().pk
    assert charlie_api.get(VERSIONS).json()["results"] == []
    for action in ("accept", "skip", "activate"):
        assert post(charlie_api, f"{number}/{action}/", all=True).status_code == 404
