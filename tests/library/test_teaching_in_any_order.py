"""What counts as an example or a refusal stays right whatever is done, in any order, and refused stays refused.

So does what Earmark sets by itself, while that is switched on and off: the owner's verdict wins.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from library import selectors, services
from library.errors import DomainError
from library.models import BulkAction, Concept, ConceptPass, Track, User
from tests.factories import UserFactory
from tests.learning import genre_of, make_heard_track, teach_genre, teach_surely

TRACKS = st.integers(0, 5)
YES_OR_NO = st.booleans()


class TeachingMachine(RuleBasedStateMachine):
    """A model of one own genre: the stack of the owner's verdicts on each track, and the answers about them.

    An answer is whether it is yes, the verdict that it gave (a number, or None), and whether it replaced a no.
    """

    actions = Bundle("actions")
    likeness = 0.8
    #: Examples besides the six tracks.
    more_examples = 0

    def teach(self) -> Concept:
        return teach_genre(self.alice, "Dub", [])

    @initialize()
    def empty(self) -> None:
        User.objects.all().delete()
        self.alice = UserFactory()
        self.tracks = [
            make_heard_track(self.alice, "dub", number, likeness=self.likeness) for number in range(6)
        ]
        self.concept = self.teach()
        self.verdicts: list[list[tuple[str, Any]]] = [[] for _ in self.tracks]
        self.answers: dict[int, tuple[bool, Any, bool]] = {}
        self.binned: set[int] = set()
        self.given = 0

    def top(self, number: int) -> str:
        return self.verdicts[number][-1][0] if self.verdicts[number] else ""

    def is_example(self, number: int) -> bool:
        return self.top(number) == "dub"

    def is_refused(self, number: int) -> bool:
        if number not in self.answers or self.is_example(number):
            return False
        return not self.answers[number][0] or self.top(number) != ""

    @rule(number=TRACKS, yes=YES_OR_NO)
    def answer(self, number: int, yes: bool) -> None:
        track, was_refused, was_example = (
            self.tracks[number],
            self.is_refused(number),
            self.is_example(number),
        )
        if number in self.binned or (was_example and not yes):
            with pytest.raises(DomainError):
                services.concept_answer(concept=self.concept, track=track, yes=yes)
            return
        services.concept_answer(concept=self.concept, track=track, yes=yes)
        known = self.answers.get(number)
        if known and known[0] == yes and was_example == yes:
            return
        gives = None
        if yes and not was_example:
            self.given += 1
            gives = self.given
            self.verdicts[number].append(("dub", gives))
        self.answers[number] = (yes, gives, yes and was_refused)

    @rule(number=TRACKS)
    def undo_answer(self, number: int) -> None:
        if number in self.binned or number not in self.answers:
            with pytest.raises(DomainError):
                services.answer_undo(concept=self.concept, track=self.tracks[number])
            return
        services.answer_undo(concept=self.concept, track=self.tracks[number])
        _, gave, was_no = self.answers.pop(number)
        if gave and self.verdicts[number] and self.verdicts[number][-1][1] == gave:
            self.verdicts[number].pop()
        if was_no:
            self.answers[number] = (False, None, False)

    @rule(number=TRACKS, genre=st.sampled_from(["dub", "rock", ""]))
    def set_genre(self, number: int, genre: str) -> None:
        key = genre_of(self.concept).key if genre == "dub" else genre
        if number not in self.binned:
            services.genre_set(track=self.tracks[number], person=self.alice, genre=key)
            self.verdicts[number].append((genre, None))

    @rule(number=TRACKS)
    def undo_genre(self, number: int) -> None:
        if number not in self.binned and self.verdicts[number]:
            services.genre_undo(track=self.tracks[number], person=self.alice)
            self.verdicts[number].pop()

    @rule(target=actions, genre=st.sampled_from(["dub", "rock"]))
    def set_genre_of_all(self, genre: str) -> BulkAction:
        ours = selectors.tracks_of(self.alice).filter(pk__in=[track.pk for track in self.tracks])
        action = services.genres_set(tracks=ours, person=self.alice, genre=genre)
        for number in set(range(6)) - self.binned:
            if self.top(number) != genre:
                self.verdicts[number].append((genre, action.pk))
        return action

    @rule(action=actions)
    def undo_action(self, action: BulkAction) -> None:
        action.refresh_from_db()
        if action.can_be_undone:
            services.bulk_action_undo(action=action)
            self.verdicts = [[one for one in stack if one[1] != action.pk] for stack in self.verdicts]

    @rule(number=TRACKS)
    def move_to_bin_or_restore(self, number: int) -> None:
        move = services.tracks_restore if number in self.binned else services.tracks_move_to_bin
        move(owner=self.alice, track_ids=[self.tracks[number].pk])
        self.binned ^= {number}

    @invariant()
    def examples_and_refusals_are_what_holds_now(self) -> None:
        live = set(range(6)) - self.binned
        assert self.numbers(selectors.examples_of(self.alice, self.concept)) == {
            number for number in live if self.is_example(number)
        }
        assert self.numbers(selectors.refusals_of(self.alice, self.concept)) == {
            number for number in live if self.is_refused(number)
        }

    @invariant()
    def only_open_tracks_are_suggested(self) -> None:
        live = set(range(6)) - self.binned
        examples = self.more_examples + sum(self.is_example(number) for number in live)
        still_open = {number for number in live if not self.top(number) and not self.is_refused(number)}
        found = [one.track for one in selectors.suggestions_for(self.alice, self.concept, 50)]
        assert self.numbers(found) == (still_open if examples >= 3 else set())

    def numbers(self, tracks: Any) -> set[int]:
        by_id: dict[Any, int] = {track.pk: number for number, track in enumerate(self.tracks)}
        return {by_id[track.pk] for track in tracks if isinstance(track, Track) and track.pk in by_id}


class SettingMachine(TeachingMachine):
    """The same genre in a library where it has been taught so well that it may set itself."""

    likeness = 0.97
    more_examples = 33

    def teach(self) -> Concept:
        self.is_on = False
        return teach_surely(self.alice, teach_genre)

    @rule()
    def switch_on(self) -> None:
        may = self.is_on or selectors.teaching_state_of(self.alice, self.concept).may_set
        if may:
            services.concept_switch_on(concept=self.concept)
            self.is_on = True
        else:
            with pytest.raises(DomainError, match="cannot be switched on yet"):
                services.concept_switch_on(concept=self.concept)

    @rule()
    def switch_off(self) -> None:
        services.concept_switch_off(concept=self.concept)
        self.is_on = False

    @rule()
    def work(self) -> None:
        """What a worker does: then all of which it is sure are set, and only they."""
        while ConceptPass.objects.exists():
            services.concept_pass_run(owner_id=self.alice.pk)
        sure = selectors.learning.sure_margins_of(self.alice, self.concept) or {}
        expected = {number for number, track in enumerate(self.tracks) if track.pk in sure}
        assert self.numbers(selectors.tracks_set_by(self.alice, self.concept)) == (
            expected if self.is_on else set()
        )

    @invariant()
    def the_owner_wins_and_nothing_is_set_that_may_not_be(self) -> None:
        for number in set(range(6)) - self.binned:
            track = Track.objects.get(pk=self.tracks[number].pk)
            if said := self.top(number):
                assert (track.genre, track.genre_source) == (said, "owner")
            elif self.is_refused(number) or not self.is_on:
                assert (track.genre, track.genre_source) == ("blues", "model")
            else:
                assert (track.genre, track.genre_source) in {("dub", "learned"), ("blues", "model")}


for machine in (TeachingMachine, SettingMachine):
    machine.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


TestTeaching = pytest.mark.django_db(TeachingMachine.TestCase)
TestSetting = pytest.mark.django_db(SettingMachine.TestCase)
