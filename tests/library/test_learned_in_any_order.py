"""Whatever an owner does with what was learned, in any order: verdicts win, and going back restores it exactly."""

from __future__ import annotations

import io
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from library import selectors, services
from library.exchange.export_writer import export_as_json
from library.models import LearnedModel, LearnedRow, Track, User, Verdict
from library.selectors.learned import open_rows_of
from tests.factories import UserFactory
from tests.learning import make_misheard_library

#: Of the tracks that a version can change, and of some that were answered.
TRACKS = st.integers(0, 7)
GENRES = st.sampled_from(["rock", "blues", "dub", ""])
State, Status = LearnedRow.State, LearnedModel.Status
Counting = dict[UUID, str]


class LearnedMachine(RuleBasedStateMachine):
    """One library, of which half of the tracks that the model hears as blues are rock to their owner."""

    @initialize()
    def misheard_library(self) -> None:
        User.objects.all().delete()
        self.alice: User = UserFactory()
        shouts = make_misheard_library(self.alice)
        answered = Track.objects.filter(owner=self.alice).exclude(owner_genre="").order_by("title")[:3]
        self.ids = [track.pk for track in (*shouts, *answered)]
        self.dub = services.own_genre_add(owner=self.alice, name="Dub").key
        self.backup = self.export()
        #: What counted in each version when it was last in use, and what the owner has skipped.
        self.left: dict[int, Counting] = {}
        self.skipped: set[tuple[UUID, str]] = set()
        self.fit()

    # What the owner does with versions.

    @rule()
    def fit(self) -> None:
        counting = self.counting(self.in_use())
        services.learned_model_fit_request(owner=self.alice)
        version = services.learned_model_fit(owner_id=self.alice.pk)
        assert version is not None
        assert version.status in (Status.CANDIDATE, Status.REFUSED)
        proposed = version.rows.filter(state=State.PROPOSED).values_list("track", "genre")
        assert not self.skipped & set(proposed), "what was skipped is proposed again"
        if version.status == Status.CANDIDATE:
            assert self.counting(version) == counting, "it forgets what counts now"

    @precondition(lambda self: self.proposed())
    @rule(all_of_them=st.booleans(), place=st.integers(0, 9), learn_again=st.booleans())
    def accept(self, all_of_them: bool, place: int, learn_again: bool) -> None:
        version, chosen = self.chosen(all_of_them, place)
        before = self.in_use()
        count = services.learned_rows_accept(model=version, track_ids=chosen, expected=len(chosen))
        assert count == len(chosen)
        self.leave(before)
        self.left.pop(version.number, None)
        assert chosen <= set(self.counting(self.in_use()))
        if learn_again:
            self.fit()

    @precondition(lambda self: self.proposed())
    @rule(all_of_them=st.booleans(), place=st.integers(0, 9), learn_again=st.booleans())
    def skip(self, all_of_them: bool, place: int, learn_again: bool) -> None:
        version, chosen = self.chosen(all_of_them, place)
        effective = self.effective()
        assert services.learned_rows_skip(model=version, track_ids=chosen) == len(chosen)
        rows = version.rows.filter(track__in=chosen, state=State.SKIPPED)
        self.skipped |= set(rows.values_list("track", "genre"))
        assert self.effective() == effective
        if learn_again:
            self.fit()

    @precondition(lambda self: self.left)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.left)))
        version = LearnedModel.objects.get(owner=self.alice, number=number)
        before = self.in_use()
        services.learned_model_activate(model=version)
        self.leave(before)
        alive = set(Track.all_objects.values_list("pk", flat=True))
        expected = {pk: genre for pk, genre in self.left.pop(number).items() if pk in alive}
        assert self.counting(self.in_use()) == expected

    @rule()
    def use_none(self) -> None:
        before = self.in_use()
        services.learned_models_off(owner=self.alice)
        self.leave(before)

    # What the owner does with tracks and genres.

    @rule(number=TRACKS, genre=GENRES)
    def give_verdict(self, number: int, genre: str) -> None:
        track = self.track(number)
        if track and (genre != "dub" or self.has_dub()):
            services.genre_set(track=track, person=self.alice, genre=self.dub if genre == "dub" else genre)

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

    @precondition(lambda self: self.has_dub())
    @rule()
    def delete_own_genre(self) -> None:
        services.own_genre_delete(genre=selectors.own_genres_of(self.alice).get(key=self.dub))

    @rule()
    def import_an_earlier_export(self) -> None:
        counting = self.counting(self.in_use())
        services.library_import(owner=self.alice, file=io.BytesIO(self.backup), size=len(self.backup))
        assert self.counting(self.in_use()) == counting

    # What always holds.

    @invariant()
    def the_latest_verdict_wins_then_what_was_learned_then_the_model(self) -> None:
        verdicts: dict[UUID, str] = {}
        for verdict in Verdict.objects.filter(person=self.alice, undone_at=None).order_by("created_at", "id"):
            verdicts[verdict.track_id] = verdict.genre
        learned = self.counting(self.in_use())
        for track in Track.all_objects.filter(owner=self.alice).select_related("prediction"):
            heard = track.prediction.label if track.prediction else ""
            expected = verdicts.get(track.pk) or learned.get(track.pk) or heard
            assert track.genre == expected, track

    @invariant()
    def one_is_in_use_and_one_waits_at_most(self) -> None:
        statuses = list(LearnedModel.objects.filter(owner=self.alice).values_list("status", flat=True))
        assert statuses.count(Status.ACTIVE) <= 1
        assert statuses.count(Status.CANDIDATE) <= 1
        assert statuses.count(Status.FITTING) == 0
        assert not LearnedRow.objects.filter(model__owner=self.alice, is_due=True).exists()

    @invariant()
    def a_version_that_is_not_in_use_stays_as_it_was(self) -> None:
        counting: dict[int, Counting] = defaultdict(dict)
        for number, track, genre in LearnedRow.objects.exclude(counts="").values_list(
            "model__number", "track", "counts"
        ):
            counting[number][track] = genre
        alive = set(Track.all_objects.values_list("pk", flat=True))
        for number, left in self.left.items():
            assert counting[number] == {pk: genre for pk, genre in left.items() if pk in alive}

    # Helpers

    def export(self) -> bytes:
        return "".join(export_as_json(self.alice)).encode()

    def track(self, number: int) -> Track | None:
        return Track.objects.filter(pk=self.ids[number]).first()

    def has_dub(self) -> bool:
        return selectors.own_genres_of(self.alice).filter(key=self.dub).exists()

    def in_use(self) -> LearnedModel | None:
        return LearnedModel.objects.filter(owner=self.alice, status=Status.ACTIVE).first()

    def leave(self, version: LearnedModel | None) -> None:
        """Keep what counted in a version, if it is in use no longer."""
        if version and version != self.in_use():
            self.left[version.number] = self.counting(version)

    @staticmethod
    def counting(version: LearnedModel | None) -> Counting:
        rows = version.rows.exclude(counts="") if version else LearnedRow.objects.none()
        return dict(rows.values_list("track", "counts"))

    def effective(self) -> dict[UUID, Any]:
        return {track.pk: (track.genre, track.genre_source) for track in Track.all_objects.all()}

    def proposed(self) -> list[tuple[LearnedModel, UUID]]:
        """What the owner can accept or skip: of the version that is open."""
        for version in selectors.learned_models_of(self.alice):
            if selectors.learned_model_is_open(self.alice, version):
                rows = open_rows_of(self.alice, version).filter(state=State.PROPOSED)
                return [(version, pk) for pk in rows.order_by("track__title").values_list("track", flat=True)]
        return []

    def chosen(self, all_of_them: bool, place: int) -> tuple[LearnedModel, set[UUID]]:
        proposed = self.proposed()
        version = proposed[0][0]
        tracks = [track for _, track in proposed]
        return version, set(tracks if all_of_them else [tracks[place % len(tracks)]])


# Learning takes some of its steps a second: a failure is reported as it was found, since shrinking it takes minutes.
LearnedMachine.TestCase.settings = settings(
    max_examples=6, stateful_step_count=25, deadline=None, phases=[Phase.reuse, Phase.generate]
)


TestLearned = pytest.mark.django_db(LearnedMachine.TestCase)
