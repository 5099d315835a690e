"""Whatever an owner does with another base model, in any order: verdicts win, and going back restores what counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pytest_django import Settings

from library import services
from library.errors import DomainError
from library.models import (
    BaseModelChange,
    BaseModelRow,
    Embedding,
    LearningVector,
    Mood,
    Track,
    User,
    Verdict,
)
from library.selectors.model_cards import model_manifest, model_name_of
from library.services.base_model_refits import base_model_refit
from tests.base_models import NEWER, make_change, models_dir_with_newer
from tests.factories import UserFactory
from tests.learning import make_heard_track

TRACKS = st.integers(0, 4)
GENRES = st.sampled_from(["rock", "metal", ""])
#: What each model hears in each track: label, and the score of a mood.
HEARD: list[tuple[str | None, float]] = [
    ("blues", 0.9),
    (None, 0.2),
    ("rock", 0.5),
    ("blues", 0.1),
    ("jazz", 0.8),
]
HEARD_BY_NEWER: list[tuple[str | None, float]] = [
    ("jazz", 0.3), ("blues", 0.6), (None, 0.9), ("blues", 0.4), ("jazz", 0.8),
]  # fmt: skip


@pytest.fixture(autouse=True)
def newer(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Another model is installed, which can be taught."""
    settings.EARMARK_MODELS_DIR = models_dir_with_newer(tmp_path / "models")
    yield
    model_manifest.cache_clear()


def heard(number: int, by: list[tuple[str | None, float]]) -> dict[str, Any]:
    label, score = by[number]
    return {"label": label, "top": label or "pop", "moods": {"happy": score}}


class BaseModelMachine(RuleBasedStateMachine):
    """One library, which another model has heard, too."""

    @initialize()
    def library(self) -> None:
        User.objects.all().delete()
        self.alice: User = UserFactory()
        self.usual = model_name_of(self.alice)
        tracks = [
            make_heard_track(self.alice, f"kind{n}", n, heard=heard(n, HEARD)) for n in range(len(HEARD))
        ]
        self.ids = [track.pk for track in tracks]
        numbers = {track.pk: number for number, track in enumerate(tracks)}
        self.change = make_change(self.alice, lambda track: heard(numbers[track.pk], HEARD_BY_NEWER))
        self.in_use = self.usual

    @precondition(lambda self: self.in_use == self.usual)
    @rule()
    def put_it_to_use(self) -> None:
        self.change.refresh_from_db()
        base_model_refit(change=self.change)  # there may be other verdicts
        services.base_model_activate(change=self.change)
        self.in_use = NEWER

    @precondition(lambda self: self.in_use == NEWER)
    @rule()
    def go_back(self) -> None:
        services.base_model_go_back(change=self.change)
        self.in_use = self.usual

    @precondition(lambda self: self.in_use == self.usual)
    @rule()
    def go_back_from_what_is_not_in_use(self) -> None:
        with pytest.raises(DomainError, match="in use"):
            services.base_model_go_back(change=self.change)

    @rule(number=TRACKS, genre=GENRES)
    def give_verdict(self, number: int, genre: str) -> None:
        if track := self.track(number):
            services.genre_set(track=track, person=self.alice, genre=genre)

    @rule(number=TRACKS)
    def undo_verdict(self, number: int) -> None:
        track = self.track(number)
        if track and track.owner_genre:
            services.genre_undo(track=track, person=self.alice)

    @rule(number=TRACKS)
    def move_to_bin_or_restore(self, number: int) -> None:
        move = services.tracks_move_to_bin if self.track(number) else services.tracks_restore
        move(owner=self.alice, track_ids=[self.ids[number]])

    @rule(number=TRACKS)
    def delete_for_good(self, number: int) -> None:
        services.tracks_purge(owner=self.alice, track_ids=[self.ids[number]])

    @invariant()
    def its_owner_has_the_model_in_use(self) -> None:
        self.alice.refresh_from_db()
        assert model_name_of(self.alice) == self.in_use
        status = BaseModelChange.objects.get(pk=self.change.pk).status
        assert (status == BaseModelChange.Status.ACTIVE) == (self.in_use == NEWER)

    @invariant()
    def the_latest_verdict_wins_then_the_model_in_use(self) -> None:
        verdicts: dict[UUID, str] = {}
        for verdict in Verdict.objects.filter(person=self.alice, undone_at=None).order_by("created_at", "id"):
            verdicts[verdict.track_id] = verdict.genre
        by = HEARD_BY_NEWER if self.in_use == NEWER else HEARD
        for track in self.tracks():
            label = by[self.ids.index(track.pk)][0] or ""
            assert track.genre == (verdicts.get(track.pk) or label), track

    @invariant()
    def all_that_counts_is_of_the_model_in_use_and_the_rest_is_kept(self) -> None:
        by, other = (HEARD_BY_NEWER, HEARD) if self.in_use == NEWER else (HEARD, HEARD_BY_NEWER)
        rows = {row.track_id: row for row in BaseModelRow.objects.select_related("prediction")}
        for track in self.tracks():
            number = self.ids.index(track.pk)
            assert track.prediction is not None
            assert track.prediction.model_name == self.in_use
            assert Mood.objects.get(track=track).score == by[number][1]
            kept = rows[track.pk].prediction
            assert kept is not None
            assert kept.model_name != self.in_use
            assert kept.moods == {"happy": other[number][1]}
            assert LearningVector.objects.get(track=track).space.startswith(self.in_use)
            assert all(each.model.startswith(self.in_use) for each in Embedding.objects.filter(track=track))

    def track(self, number: int) -> Track | None:
        return Track.objects.filter(pk=self.ids[number]).first()

    def tracks(self) -> list[Track]:
        return list(Track.all_objects.filter(owner=self.alice).select_related("prediction"))


BaseModelMachine.TestCase.settings = hypothesis_settings(
    max_examples=10, stateful_step_count=20, deadline=None
)


TestBaseModels = pytest.mark.django_db(BaseModelMachine.TestCase)
