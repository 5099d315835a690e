"""Programs that follow events hear of what is taught and learned, and of the tracks that this changes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from library import selectors, services
from library.api import events
from library.api.events import EventStream, look
from library.models import LearnedModel, Track, User
from library.services.effective_genres import genre_recompute_start
from library.services.genre_recompute import genre_recompute_run
from tests.learning import genre_of, make_heard_track, make_misheard_library, teach_genre, teach_surely

pytestmark = pytest.mark.django_db


def stream_of(owner: User, since: datetime | None = None) -> EventStream:
    stream = EventStream(owner)
    stream.begin(since)
    return stream


def events_of(stream: EventStream) -> list[tuple[str, dict[str, Any]]]:
    """What it has missed, if anything, and what is new."""
    missed, stream.missed = stream.missed, []
    found = []
    for event in [*missed, *look([stream])[stream]]:
        lines = dict(line.split(": ", 1) for line in event.strip().split("\n"))
        data = json.loads(lines["data"])
        assert lines["id"] == data["updated_at"]
        found.append((lines["event"], data))
    return found


def versions_in(stream: EventStream) -> list[tuple[int, str]]:
    return [(data["number"], data["status"]) for name, data in events_of(stream) if name == "version"]


def fit(owner: User) -> LearnedModel:
    services.learned_model_fit_request(owner=owner)
    version = services.learned_model_fit(owner_id=owner.pk)
    assert version
    return version


def test_a_version_waits_is_accepted_and_gone_back_from(alice: User) -> None:
    tracks = make_misheard_library(alice)
    stream = stream_of(alice)
    first = fit(alice)
    [(name, data)] = events_of(stream)
    assert (name, data.pop("updated_at") is not None) == ("version", True)
    assert data == {"id": first.pk, "number": 1, "status": "candidate"}
    assert events_of(stream) == []

    services.learned_rows_accept(model=first, track_ids=[track.pk for track in tracks[:2]])
    found = events_of(stream)
    assert [(data["number"], data["status"]) for name, data in found if name == "version"] == [(1, "active")]
    changed = {data["id"]: data["genre"] for name, data in found if name == "track"}
    assert changed == {str(track.pk): "rock" for track in tracks[:2]}

    second = fit(alice)
    assert versions_in(stream) == [(2, "candidate")]
    services.learned_rows_accept(model=second)
    assert sorted(versions_in(stream)) == [(1, "inactive"), (2, "active")]
    services.learned_model_activate(model=first)
    assert sorted(versions_in(stream)) == [(1, "active"), (2, "inactive")]
    services.learned_models_off(owner=alice)
    found = events_of(stream)
    assert [data["status"] for name, data in found if name == "version"] == ["inactive"]
    assert {data["id"]: data["genre"] for name, data in found if name == "track"} == {
        str(track.pk): "blues" for track in tracks[:2]
    }


def test_a_candidate_that_does_not_wait_any_longer(alice: User) -> None:
    make_misheard_library(alice)
    fit(alice)
    stream = stream_of(alice)
    second = fit(alice)
    assert sorted(versions_in(stream)) == [(1, "inactive"), (2, "candidate")]
    services.learned_rows_skip(model=second)
    assert versions_in(stream) == [(2, "inactive")]
    fit(alice)
    events_of(stream)
    services.learned_models_off(owner=alice)
    # Nothing is left to propose, so that the third was refused.
    assert selectors.learned_models_of(alice)[0].status == "refused"


def test_one_that_is_being_learned_is_not_told(alice: User) -> None:
    stream = stream_of(alice)
    LearnedModel.objects.create(owner=alice, number=1)
    assert events_of(stream) == []


def test_what_is_taught_and_answered(alice: User) -> None:
    tracks = [make_heard_track(alice, "dub", number) for number in range(4)]
    stream = stream_of(alice)
    concept = teach_genre(alice, "Dub", tracks[:3])
    told = [data for name, data in events_of(stream) if name == "concept"]
    assert [(data["id"], data["kind"], data["name"]) for data in told] == [(concept.pk, "genre", "Dub")]
    services.concept_answer(concept=concept, track=tracks[3], yes=False)
    told = [data for name, data in events_of(stream) if name == "concept"]
    answer = selectors.answers_of(alice, concept).get()
    assert [data["updated_at"] for data in told] == [answer.created_at.isoformat()]
    services.own_genre_delete(genre=genre_of(concept))
    assert [name for name, _ in events_of(stream_of(alice, answer.created_at)) if name == "concept"] == []


def test_what_is_taught_is_switched_on_and_off(alice: User) -> None:
    concept = teach_surely(alice, teach_genre)
    stream = stream_of(alice)
    services.concept_switch_on(concept=concept)
    assert [data["sets_itself"] for name, data in events_of(stream) if name == "concept"] == [True]
    services.concept_switch_off(concept=concept)
    assert [data["sets_itself"] for name, data in events_of(stream) if name == "concept"] == [False]
    services.concept_switch_off(concept=concept)
    assert [data for name, data in events_of(stream) if name == "concept"] == []


def test_a_pass_has_finished(alice: User) -> None:
    track = make_heard_track(alice, "sigh")
    Track.objects.filter(pk=track.pk).update(genre="pop")
    stream = stream_of(alice)
    genre_recompute_start(owner=alice)
    assert events_of(stream) == []
    genre_recompute_run(owner_id=alice.pk)
    found = dict(events_of(stream))
    assert found["genres"]["changed"] == 1
    assert found["track"]["genre"] == "blues"


def test_they_are_told_however_many_tracks_change(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_misheard_library(alice)
    version = fit(alice)
    monkeypatch.setattr(events, "MAX_TRACKS_PER_LOOK", 2)
    stream = stream_of(alice)
    services.learned_rows_accept(model=version)
    assert [name for name, _ in events_of(stream)] == ["track", "track", "version"]


def test_only_the_owners(alice: User, charlie: User) -> None:
    make_misheard_library(alice)
    stream = stream_of(charlie)
    services.learned_rows_accept(model=fit(alice))
    teach_genre(alice, "Dub", [make_heard_track(alice, "dub")])
    assert events_of(stream) == []
