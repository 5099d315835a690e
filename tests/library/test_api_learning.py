"""Teaching by the API: concepts, examples, suggestions, the next question, answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from library import selectors, services
from library.models import Concept, Genre, Tag, Track, User
from tests.learning import make_heard_track, teach_genre, teach_surely, teach_tag

pytestmark = pytest.mark.django_db
CONCEPTS = "/api/v1/learning/concepts/"


@pytest.fixture
def dubs(alice: User) -> list[Track]:
    return [make_heard_track(alice, "dub", number) for number in range(6)]


def get(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.json()


def post(client: Client, path: str, body: Any, status: int = 200) -> Any:
    response = client.post(path, body, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()


def test_from_nothing_to_suggestions(alice_api: Client, dubs: list[Track]) -> None:
    concept = post(alice_api, CONCEPTS, {"genre": "Dub"}, 201)
    assert concept["standing"] == "Needs 3 examples"
    assert (concept["genre"], concept["tag"], concept["worth"]) == (Genre.objects.get().key, None, None)
    for track in dubs[:3]:
        body = {"track": str(track.pk), "answer": "yes", "asked": False}
        post(alice_api, f"{CONCEPTS}{concept['id']}/answers/", body)
    found = get(alice_api, f"{CONCEPTS}{concept['id']}/suggestions/?count=2")
    assert {row["track"]["id"] for row in found} < {str(track.pk) for track in dubs[3:]}
    assert len(found) == 2
    assert {near["id"] for near in found[0]["nearest"]} == {str(track.pk) for track in dubs[:3]}
    examples = get(alice_api, f"{CONCEPTS}{concept['id']}/examples/?fields=id")["results"]
    assert examples == [{"id": str(track.pk)} for track in reversed(dubs[:3])]
    now = get(alice_api, f"{CONCEPTS}{concept['id']}/")
    assert (now["examples"], now["answers"], now["refusals"]) == (3, 3, 0)
    assert now["standing"] == "Knows 3 examples; suggestions are rough"
    assert get(alice_api, CONCEPTS) == [
        {name: now[name] for name in ("id", "genre", "tag", "name", "examples", "sets_since", "set_count")}
    ]


def test_a_tag(alice_api: Client, alice: User) -> None:
    concept = post(alice_api, CONCEPTS, {"tag": "Late night"}, 201)
    assert concept["tag"] == Tag.objects.get(owner=alice).pk
    assert concept["genre"] is None
    assert post(alice_api, CONCEPTS, {"tag": "LATE NIGHT"}) == concept
    assert Concept.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"genre": "Dub", "tag": "late"}, 400, "invalid"),
        ({"genre": "Rock"}, 422, "builtin_genre"),
        ({"tag": "x" * 41}, 400, "invalid"),
    ],
)
def test_what_cannot_be_taught(alice_api: Client, body: dict[str, str], status: int, code: str) -> None:
    assert post(alice_api, CONCEPTS, body, status)["code"] == code
    assert not Concept.objects.exists()
    assert not Genre.objects.exists()


def test_answers(alice_api: Client, alice: User, dubs: list[Track]) -> None:
    concept = teach_genre(alice, "Dub", dubs[:3])
    answers = f"{CONCEPTS}{concept.pk}/answers/"
    said = post(alice_api, answers, {"track": str(dubs[3].pk), "answer": "no"})
    assert (said["track"], said["answer"], said["asked"]) == (str(dubs[3].pk), "no", True)
    assert get(alice_api, answers)["results"] == [said]
    refused = post(alice_api, answers, {"track": str(dubs[0].pk), "answer": "no"}, 409)
    assert refused["code"] == "is_example"
    assert post(alice_api, answers, {"track": str(dubs[0].pk), "answer": "maybe"}, 400)["code"] == "invalid"
    assert alice_api.delete(f"{answers}{dubs[3].pk}/").status_code == 204
    assert get(alice_api, answers)["results"] == []
    assert alice_api.delete(f"{answers}{dubs[3].pk}/").json()["code"] == "nothing_to_undo"


def test_worth_and_question(alice_api: Client, alice: User, dubs: list[Track]) -> None:
    concept = teach_genre(alice, "Dub", dubs[:3])
    folk = [make_heard_track(alice, "folk", number) for number in range(8)]
    more = [make_heard_track(alice, "dub", 10 + number) for number in range(9)]
    asked = get(alice_api, f"{CONCEPTS}{concept.pk}/question/?fields=id,title")["question"]
    question = selectors.question_for(alice, concept)
    assert question is not None
    assert asked["track"] == {"id": str(question.track.pk), "title": question.track.title}
    for track in (*folk, *more, *dubs[3:]):
        services.concept_answer(concept=concept, track=track, yes=track not in folk)
    worth = get(alice_api, f"{CONCEPTS}{concept.pk}/")["worth"]
    # Of twelve yes, the one with the lowest score is below the threshold that the others set.
    assert (worth["answers"], worth["right"], worth["precision"]) == (11, 11, 1.0)
    assert 0.8 < worth["lower_bound"] < 0.85
    assert get(alice_api, f"{CONCEPTS}{concept.pk}/question/") == {"question": None}


def test_a_track_of_somebody_else_is_unknown(alice_api: Client, alice: User, charlie: User) -> None:
    concept = teach_genre(alice, "Dub", [])
    theirs = make_heard_track(charlie, "dub", 1)
    body = {"track": str(theirs.pk), "answer": "yes"}
    assert post(alice_api, f"{CONCEPTS}{concept.pk}/answers/", body, 404)["code"] == "not_found"


def test_a_model_that_cannot_be_taught(
    alice_api: Client, alice: User, dubs: list[Track], settings: Settings
) -> None:
    concept = teach_genre(alice, "Dub", dubs[:3])
    settings.EARMARK_MODEL = "mfcc-cnn-1"
    response = alice_api.get(f"{CONCEPTS}{concept.pk}/suggestions/")
    assert (response.status_code, response.json()["code"]) == (409, "cannot_be_taught")
    assert get(alice_api, f"{CONCEPTS}{concept.pk}/")["standing"] == "The current model cannot be taught"


class TestTheSwitch:
    def test_of_a_tag(self, alice_api: Client, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        track = make_heard_track(alice, "dub", 500, likeness=0.97)
        switch = f"{CONCEPTS}{concept.pk}/switch/"
        assert get(alice_api, f"{CONCEPTS}{concept.pk}/")["may_set"] is True
        off = {"sets_since": None, "set_count": 0, "may_set": True, "would_set": 1}
        assert get(alice_api, switch) == off
        wrong = alice_api.put(switch, {"expected": 2}, content_type="application/json")
        assert (wrong.status_code, wrong.json()["code"]) == (409, "selection_changed")
        response = alice_api.put(switch, {"expected": 1}, content_type="application/json")
        assert response.status_code == 200
        on = response.json()
        assert on["sets_since"]
        assert (on["set_count"], on["would_set"]) == (1, 0)
        [listed] = get(alice_api, CONCEPTS)
        assert (listed["sets_since"], listed["set_count"]) == (on["sets_since"], 1)
        assert listed["examples"] == 33
        found = get(alice_api, f"/api/v1/tracks/{track.pk}/")
        assert (found["tags"], found["learned_tags"]) == (["Dub"], ["Dub"])
        [found] = get(alice_api, "/api/v1/tracks/?q=dub+500")["results"]
        assert (found["tags"], found["learned_tags"]) == (["Dub"], ["Dub"])
        assert alice_api.delete(switch).status_code == 204
        assert alice_api.delete(switch).status_code == 204
        assert get(alice_api, switch) == off

    def test_of_a_genre(self, alice_api: Client, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        track = make_heard_track(alice, "dub", 500, likeness=0.97)
        response = alice_api.put(f"{CONCEPTS}{concept.pk}/switch/", {}, content_type="application/json")
        assert response.status_code == 200
        [found] = get(alice_api, "/api/v1/tracks/?source=learned")["results"]
        assert (found["id"], found["genre"]["label"]) == (str(track.pk), "dub")
        assert found["learned_tags"] == []

    def test_not_yet(self, alice_api: Client, alice: User, dubs: list[Track]) -> None:
        concept = teach_genre(alice, "Dub", dubs[:3])
        response = alice_api.put(f"{CONCEPTS}{concept.pk}/switch/", {}, content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (409, "not_sure_enough")
        assert get(alice_api, f"{CONCEPTS}{concept.pk}/switch/") == {
            "sets_since": None,
            "set_count": 0,
            "may_set": False,
            "would_set": 0,
        }
