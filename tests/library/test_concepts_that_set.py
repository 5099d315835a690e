"""What is taught and switched on sets itself: on the tracks that it is sure of, and on no others."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from library import selectors, services
from library.errors import DomainError
from library.exchange.export_writer import export_as_csv, export_as_json
from library.models import (
    Answer,
    Concept,
    ConceptPass,
    ConceptTrack,
    LearningVector,
    Tagging,
    TagRejection,
    Track,
    User,
)
from library.outgoing.tagged_copies import tags_to_write
from library.selectors.concept_switch import doubtful_concepts_of
from library.services import concept_passes
from tests.factories import run_enqueued_tasks
from tests.learning import (
    answer_all,
    genre_of,
    make_heard_track,
    make_heard_tracks,
    make_misheard_library,
    teach_genre,
    teach_surely,
    teach_tag,
)

pytestmark = pytest.mark.django_db
Teach = Callable[..., Concept]
both = pytest.mark.parametrize("teach", [teach_genre, teach_tag])


def make_open(owner: User, count: int = 2, kind: str = "dub", **fields: Any) -> list[Track]:
    """Tracks of which a concept of that kind is sure, and about which nobody has said anything."""
    return [make_heard_track(owner, kind, 500 + n, likeness=0.97, **fields) for n in range(count)]


def run_pass(owner: User) -> None:
    """What a worker does until no pass waits."""
    while ConceptPass.objects.filter(owner=owner).exists():
        services.concept_pass_run(owner_id=owner.pk)


def set_by(concept: Concept) -> set[Track]:
    return set(selectors.tracks_set_by(concept.owner, concept))


def has_it(concept: Concept, track: Track) -> bool:
    """Whether the track shows the genre or the tag, whoever has set it."""
    track.refresh_from_db()
    if concept.genre:
        return track.genre == concept.genre.key
    return track.tags.filter(pk=concept.tag_id).exists()


class TestOn:
    @both
    def test_it_sets_what_it_is_sure_of(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        tracks = make_open(alice)
        other = make_heard_track(alice, "polka", 1)
        assert not any(has_it(concept, track) for track in tracks)
        services.concept_switch_on(concept=concept, expected=2)
        assert set_by(concept) == set(tracks)
        assert all(has_it(concept, track) for track in tracks)
        assert not has_it(concept, other)
        assert selectors.set_counts_of(alice) == {concept.pk: 2}
        assert not ConceptPass.objects.exists()

    @both
    def test_only_what_changes_counts_as_changed(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        tracks = make_open(alice)
        before = timezone.now()
        services.concept_switch_on(concept=concept)
        assert set(Track.objects.filter(updated_at__gt=before)) == set(tracks)

    def test_the_source_is_learned_and_there_is_no_verdict(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        track.refresh_from_db()
        assert (track.genre, track.genre_source, track.owner_genre) == ("dub", "learned", "")
        assert not track.verdicts.exists()
        assert not track.needs_you

    def test_the_tag_is_marked(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        [tagging] = selectors.taggings_on(track)
        assert (tagging.tag, tagging.concept) == (concept.tag, concept)

    @both
    def test_it_teaches_nothing(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        make_open(alice)
        state = selectors.teaching_state_of(alice, concept)
        services.concept_switch_on(concept=concept)
        assert selectors.examples_of(alice, concept).count() == 33
        assert selectors.example_counts_of(alice).of(concept) == 33
        assert selectors.teaching_state_of(alice, concept) == state

    @both
    def test_a_new_track_is_set_when_it_has_been_heard(self, alice: User, teach: Teach) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach))
        tracks = make_open(alice)
        run_pass(alice)
        assert set_by(concept) == set(tracks)

    @both
    def test_twice_is_once(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        first = services.concept_switch_on(concept=concept).sets_since
        assert services.concept_switch_on(concept=concept, expected=7).sets_since == first
        assert not ConceptPass.objects.exists()

    def test_of_two_genres_the_surer_counts(self, alice: User) -> None:
        dub, ska = (teach_surely(alice, teach_genre, name, kind=name.lower()) for name in ("Dub", "Ska"))
        dubs, skas = make_open(alice), make_open(alice, kind="ska")
        for concept in (dub, ska):
            services.concept_switch_on(concept=concept)
        assert (set_by(dub), set_by(ska)) == (set(dubs), set(skas))
        # As if both were sure of it.
        ConceptTrack.objects.filter(track=skas[0]).update(concept=dub)
        services.effective_genres_recompute(Track.objects.all())
        assert set_by(ska) == {skas[1]}
        services.concept_pass_requests.concept_pass_request(owner_id=alice.pk)
        run_pass(alice)
        assert set_by(ska) == set(skas)

    def test_it_stands_before_the_built_in_genres_that_were_learned(self, alice: User) -> None:
        """And a version does not propose another genre for what a concept sets."""
        shouts = make_misheard_library(alice)
        concept = teach_surely(alice, teach_genre, kind="shout dub")
        [track] = make_open(alice, 1, kind="shout dub")
        services.concept_switch_on(concept=concept)
        services.learned_model_fit_request(owner=alice)
        version = services.learned_model_fit(owner_id=alice.pk)
        assert version is not None
        assert set(version.rows.values_list("track", flat=True)) == {shout.pk for shout in shouts}
        ConceptTrack.objects.create(track=shouts[0], concept=concept, margin=1)
        assert selectors.open_rows_of(alice, version).count() == 4
        services.learned_rows_accept(model=version)
        services.effective_genres_recompute(Track.objects.filter(pk=shouts[0].pk))
        assert has_it(concept, shouts[0])
        assert has_it(concept, track)

    def test_files_that_are_always_trusted_come_first(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        services.user_trust_file_genres(user=alice, trust=User.FileGenreTrust.ALWAYS)
        [track] = make_open(alice, 1)
        make_heard_track(alice, "dub", 900, likeness=0.97, file_genre="Jazz")
        assert selectors.ids_to_set(alice, concept) == [track.pk]
        services.concept_switch_on(concept=concept, expected=1)
        assert set_by(concept) == {track}

    def test_a_reviewers_verdict_comes_first(self, alice: User, bob: User) -> None:
        services.user_share(user=alice, share=True)
        concept = teach_surely(alice, teach_genre)
        first, second = make_open(alice)
        services.genre_set(track=first, person=bob, genre="jazz")
        services.concept_switch_on(concept=concept, expected=1)
        assert set_by(concept) == {second}


class TestNotYet:
    @both
    def test_with_too_few_answers(self, alice: User, teach: Teach) -> None:
        concept = teach(alice, "Dub", make_heard_tracks(alice, "dub", range(3)))
        answer_all(concept, make_heard_tracks(alice, "dub", range(100, 119)), yes=True)
        with pytest.raises(DomainError, match=r"after 25 answers .* So far there are 18") as refused:
            services.concept_switch_on(concept=concept)
        assert refused.value.code == "not_sure_enough"
        concept.refresh_from_db()
        assert concept.sets_since is None

    def test_when_it_is_wrong_too_often(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        # They sound the same, and some are refused.
        answer_all(concept, make_heard_tracks(alice, "dub", range(200, 215)), yes=False)
        with pytest.raises(DomainError) as refused:
            services.concept_switch_on(concept=concept)
        assert refused.value.code == "not_sure_enough"

    def test_examples_that_were_chosen_do_not_tell(self, alice: User) -> None:
        concept = teach_genre(alice, "Dub", make_heard_tracks(alice, "dub", range(3)))
        answer_all(concept, make_heard_tracks(alice, "dub", range(100, 140)), yes=True)
        Answer.objects.update(asked=False)
        with pytest.raises(DomainError, match="So far there are fewer than eight"):
            services.concept_switch_on(concept=concept)

    @both
    def test_when_it_is_about_other_tracks_than_were_shown(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        make_open(alice)
        with pytest.raises(DomainError, match="meant for 1 track, but it is about 2 tracks") as refused:
            services.concept_switch_on(concept=concept, expected=1)
        assert refused.value.code == "selection_changed"
        assert set_by(concept) == set()

    def test_when_the_genre_was_deleted(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        services.own_genre_delete(genre=genre_of(concept))
        with pytest.raises(DomainError) as refused:
            services.concept_switch_on(concept=concept)
        assert refused.value.code == "not_found"


class TestOff:
    @both
    def test_what_it_has_set_goes_and_what_was_confirmed_stays(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        confirmed, other = make_open(alice)
        services.concept_switch_on(concept=concept)
        services.concept_answer(concept=concept, track=confirmed, yes=True)
        services.concept_switch_off(concept=concept)
        assert has_it(concept, confirmed)
        assert not has_it(concept, other)
        assert set_by(concept) == set()
        assert not ConceptTrack.objects.exists()
        assert not Tagging.objects.exclude(concept=None).exists()
        assert selectors.examples_of(alice, concept).count() == 34

    @both
    def test_and_on_again(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        tracks = make_open(alice)
        services.concept_switch_on(concept=concept)
        services.concept_switch_off(concept=concept)
        services.concept_switch_on(concept=concept, expected=2)
        assert set_by(concept) == set(tracks)

    @both
    def test_when_it_was_off_already(self, alice: User, teach: Teach) -> None:
        services.concept_switch_off(concept=teach_surely(alice, teach))
        assert not ConceptPass.objects.exists()

    def test_when_it_is_no_longer_right_often_enough_it_stays_on(self, alice: User) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        assert doubtful_concepts_of(alice) == []
        answer_all(concept, make_heard_tracks(alice, "dub", range(200, 215)), yes=False)
        run_pass(alice)
        concept.refresh_from_db()
        assert concept.sets_since
        assert doubtful_concepts_of(alice) == [concept]


class TestTheOwnerComesFirst:
    @both
    def test_a_no_takes_it_away_for_good(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        refused, other = make_open(alice)
        services.concept_switch_on(concept=concept)
        services.concept_answer(concept=concept, track=refused, yes=False)
        assert not has_it(concept, refused)
        run_pass(alice)
        services.concept_switch_off(concept=concept)
        services.concept_switch_on(concept=concept)
        assert set_by(concept) == {other}
        services.answer_undo(concept=concept, track=refused)
        run_pass(alice)
        assert set_by(concept) == {refused, other}

    @both
    def test_a_yes_makes_it_theirs(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        services.concept_answer(concept=concept, track=track, yes=True)
        run_pass(alice)
        assert has_it(concept, track)
        assert set_by(concept) == set()
        assert track in selectors.examples_of(alice, concept)
        services.answer_undo(concept=concept, track=track)
        assert track not in selectors.examples_of(alice, concept)
        run_pass(alice)
        assert set_by(concept) == {track}

    def test_another_genre_wins(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        services.genre_set(track=track, person=alice, genre="rock")
        assert (track.genre, track.genre_source) == ("rock", "owner")
        run_pass(alice)
        assert not ConceptTrack.objects.exists()
        services.genre_undo(track=track, person=alice)
        run_pass(alice)
        assert set_by(concept) == {track}

    def test_it_can_be_confirmed_as_the_models_genre_can(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        tracks = make_open(alice)
        services.concept_switch_on(concept=concept)
        services.genres_set(
            tracks=Track.objects.filter(pk__in=[t.pk for t in tracks]), person=alice, genre=None
        )
        run_pass(alice)
        assert selectors.examples_of(alice, concept).count() == 35
        assert set_by(concept) == set()

    def test_a_tag_that_is_removed_is_refused(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        one, other = make_open(alice)
        services.concept_switch_on(concept=concept)
        assert concept.tag
        services.track_untag(track=one, tag=concept.tag)
        services.suggestion_reject(track=other, name="DUB")
        for track in (one, other):
            assert not has_it(concept, track)
            assert track in selectors.refusals_of(alice, concept)
        run_pass(alice)
        services.concept_switch_off(concept=concept)
        services.concept_switch_on(concept=concept)
        assert set_by(concept) == set()

    def test_a_tag_that_is_added_is_the_owners(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        one, other = make_open(alice)
        services.concept_switch_on(concept=concept)
        services.track_tag(track=one, name="dub")
        action = services.tracks_tag(tracks=Track.objects.filter(pk=other.pk), person=alice, names=["dub"])
        assert action.done == 1
        services.concept_switch_off(concept=concept)
        assert has_it(concept, one)
        assert has_it(concept, other)
        services.bulk_action_undo(action=action)
        assert not has_it(concept, other)
        assert other not in selectors.refusals_of(alice, concept)

    def test_a_tag_that_many_lose_and_get_back(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [was_set] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        own = selectors.examples_of(alice, concept).first()
        assert own
        assert concept.tag
        both_tracks = Track.objects.filter(pk__in=[was_set.pk, own.pk])
        action = services.tracks_untag(tracks=both_tracks, person=alice, names=[concept.tag.name])
        assert action.done == 2
        run_pass(alice)
        assert not has_it(concept, was_set)
        services.bulk_action_undo(action=action)
        assert not TagRejection.objects.exists()
        run_pass(alice)
        assert set_by(concept) == {was_set}
        assert own in selectors.examples_of(alice, concept)


class TestGenresAndTagsThatGo:
    def test_a_genre_that_is_deleted_and_comes_back(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        action = services.own_genre_delete(genre=genre_of(concept))
        run_pass(alice)
        track.refresh_from_db()
        assert (track.genre, track.genre_source) == ("blues", "model")
        assert not ConceptTrack.objects.exists()
        services.bulk_action_undo(action=action)
        run_pass(alice)
        assert set_by(concept) == {track}

    def test_a_tag_that_is_deleted_and_comes_back(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        assert concept.tag
        action = services.tag_delete(tag=concept.tag)
        run_pass(alice)
        assert not Tagging.objects.exists()
        services.bulk_action_undo(action=action)
        assert track not in selectors.examples_of(alice, concept)
        run_pass(alice)
        assert set_by(concept) == {track}
        assert selectors.examples_of(alice, concept).count() == 33

    def test_only_what_the_owner_tagged_is_merged(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        late = services.tag_add(owner=alice, name="late")
        assert concept.tag
        action = services.tag_merge(tag=concept.tag, into=late)
        run_pass(alice)
        assert late.taggings.count() == 33
        assert not track.tags.exists()
        services.bulk_action_undo(action=action)
        run_pass(alice)
        assert set_by(concept) == {track}
        assert not late.taggings.exists()

    def test_a_tag_that_is_merged_into_one_that_sets_itself(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        late = services.track_tag(track=track, name="late")
        assert concept.tag
        action = services.tag_merge(tag=late, into=concept.tag)
        assert track in selectors.examples_of(alice, concept)
        services.bulk_action_undo(action=action)
        assert track not in selectors.examples_of(alice, concept)
        run_pass(alice)
        assert set_by(concept) == {track}

    @both
    def test_a_track_in_the_bin_keeps_it(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        services.track_delete(track=track)
        run_pass(alice)
        assert set_by(concept) == set()
        services.tracks_restore(owner=alice, track_ids=[track.pk])
        assert set_by(concept) == {track}
        run_pass(alice)
        assert set_by(concept) == {track}

    @both
    def test_a_deleted_account(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        make_open(alice)
        services.concept_switch_on(concept=concept)
        services.user_delete(user=alice)
        assert not ConceptTrack.objects.exists()
        assert not Tagging.objects.exists()


class TestWhatTheModelHearsNoMore:
    @both
    def test_with_a_model_that_cannot_be_taught_it_stays(
        self, alice: User, teach: Teach, settings: Settings
    ) -> None:
        concept = teach_surely(alice, teach)
        one, other = make_open(alice)
        services.concept_switch_on(concept=concept)
        settings.EARMARK_MODEL = "mfcc-cnn-1"
        services.concept_answer(concept=concept, track=other, yes=False)
        run_pass(alice)
        assert set_by(concept) == {one}
        assert doubtful_concepts_of(alice) == []

    @both
    def test_until_another_model_has_heard_it(self, alice: User, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        LearningVector.objects.filter(track=track).update(space="earlier 1", created_at=timezone.now())
        services.concept_pass_requests.concept_pass_request(owner_id=alice.pk)
        run_pass(alice)
        assert set_by(concept) == {track}


class TestPasses:
    def test_batches_are_short_and_a_worker_does_the_rest(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(concept_passes, "BATCH_SIZE", 2)
        concept = teach_surely(alice, teach_genre)
        make_open(alice, 11)
        services.concept_switch_on(concept=concept)
        assert len(set_by(concept)) == 2
        services.concept_pass_run(owner_id=alice.pk)
        assert len(set_by(concept)) == 10
        run_enqueued_tasks()
        assert len(set_by(concept)) == 11
        services.concept_switch_off(concept=concept)
        assert len(ConceptTrack.objects.all()) == 9
        run_pass(alice)
        assert not ConceptTrack.objects.exists()

    def test_what_is_asked_for_during_a_pass_needs_another(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        make_open(alice, 1)
        apply = concept_passes._genres_apply
        later: list[Track] = []

        def and_another_arrives(*args: Any) -> None:
            apply(*args)
            later.extend([] if later else [make_heard_track(alice, "dub", 700, likeness=0.97)])

        monkeypatch.setattr(concept_passes, "_genres_apply", and_another_arrives)
        services.concept_pass_run(owner_id=alice.pk)
        assert set_by(concept).isdisjoint(later)
        assert ConceptPass.objects.get().lease is None
        run_enqueued_tasks()
        assert set_by(concept) > set(later)
        assert not ConceptPass.objects.exists()

    def test_one_process_does_it(self, alice: User) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        make_open(alice)
        ConceptPass.objects.update(lease=uuid.uuid4())
        services.concept_pass_run(owner_id=alice.pk)
        assert set_by(concept) == set()

    def test_one_whose_lease_was_taken_changes_nothing_more(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        make_open(alice)
        due = concept_passes.due_genres_of

        def and_the_lease_is_taken(owner: User) -> Any:
            ConceptPass.objects.update(lease=uuid.uuid4())
            return due(owner)

        monkeypatch.setattr(concept_passes, "due_genres_of", and_the_lease_is_taken)
        services.concept_pass_run(owner_id=alice.pk)
        assert set_by(concept) == set()
        assert ConceptPass.objects.exists()

    def test_what_is_said_during_a_pass_counts(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        refused, other = make_open(alice)
        due = concept_passes.due_genres_of

        def and_a_no_is_said(owner: User) -> Any:
            found = due(owner)
            if not Answer.objects.filter(track=refused).exists():
                services.concept_answer(concept=concept, track=refused, yes=False)
            return found

        monkeypatch.setattr(concept_passes, "due_genres_of", and_a_no_is_said)
        services.concept_pass_run(owner_id=alice.pk)
        assert set_by(concept) == {other}

    def test_what_a_killed_process_left_is_taken_up(self, alice: User) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        tracks = make_open(alice)
        ConceptPass.objects.update(lease=uuid.uuid4())
        assert services.concept_passes_resume() == 0
        ConceptPass.objects.update(leased_until=Now() - timedelta(seconds=1))
        assert services.concept_passes_resume() == 1
        assert services.concept_passes_resume() == 0
        run_enqueued_tasks()
        assert set_by(concept) == set(tracks)

    def test_who_has_nothing_switched_on_needs_none(self, alice: User) -> None:
        concept = teach_surely(alice, teach_genre)
        make_open(alice)
        services.concept_answer(concept=concept, track=make_heard_track(alice, "dub", 800), yes=True)
        assert not ConceptPass.objects.exists()


#: What a pass goes by, and what changes it; `track` is one that was set, `own` an example.
CHANGES: dict[str, Callable[[User, Concept, Track, Track], object]] = {
    "a verdict": lambda a, c, track, own: services.genre_set(track=track, person=a, genre="rock"),
    "a verdict that is undone": lambda a, c, track, own: services.genre_undo(track=own, person=a),
    "verdicts on many": lambda a, c, track, own: services.genres_set(
        tracks=Track.objects.filter(pk=track.pk), person=a, genre="rock"
    ),
    "a no": lambda a, c, track, own: services.concept_answer(concept=c, track=track, yes=False),
    "a yes": lambda a, c, track, own: services.concept_answer(concept=c, track=track, yes=True),
    "an answer that is undone": lambda a, c, track, own: services.answer_undo(concept=c, track=own),
    "a tag": lambda a, c, track, own: services.track_tag(track=track, name="dub"),
    "a tag that is removed": lambda a, c, track, own: services.track_untag(
        track=own, tag=services.tag_add(owner=a, name="dub")
    ),
    "a tag that is refused": lambda a, c, track, own: services.suggestion_reject(track=track, name="dub"),
    "a tag on many": lambda a, c, track, own: services.tracks_tag(
        tracks=Track.objects.filter(pk=track.pk), person=a, names=["dub"]
    ),
    "a tag that many lose": lambda a, c, track, own: services.tracks_untag(
        tracks=Track.objects.filter(pk=track.pk),
        person=a,
        names=[services.tag_add(owner=a, name="dub").name],
    ),
    "a tag that is merged": lambda a, c, track, own: services.tag_merge(
        tag=services.tag_add(owner=a, name="late"), into=services.tag_add(owner=a, name="dub")
    ),
    "a genre that is deleted": lambda a, c, track, own: services.own_genre_delete(
        genre=services.own_genre_add(owner=a, name="Ska")
    ),
    "a track that was heard": lambda a, c, track, own: make_open(a, 1),
    "the bin": lambda a, c, track, own: services.track_delete(track=own),
    "an import": lambda a, c, track, own: services.library_import(
        owner=a, **as_file({"format": "earmark-library", "version": 1})
    ),
}


def as_file(document: dict[str, Any]) -> dict[str, Any]:
    import io

    content = json.dumps(document).encode()
    return {"file": io.BytesIO(content), "size": len(content)}


@pytest.mark.parametrize("change", CHANGES)
def test_a_pass_follows(alice: User, change: str) -> None:
    concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
    [track] = make_open(alice, 1)
    run_pass(alice)
    own = Answer.objects.filter(concept=concept, yes=True)[0].track
    CHANGES[change](alice, concept, track, own)
    assert ConceptPass.objects.filter(owner=alice).exists()


class TestFilesAndDocuments:
    def test_exports_leave_out_what_was_set(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        document = json.loads("".join(export_as_json(alice)))
        tags = {row["sha256"]: row["tags"] for row in document["tracks"]}
        assert tags.pop(track.sha256) == []
        assert sum(row == ["Dub"] for row in tags.values()) == 33
        [line] = [line for line in export_as_csv(alice) if track.sha256 in line]
        assert "Dub" not in line

    def test_copies_have_only_the_owners_tags(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        services.track_tag(track=track, name="late")
        names = selectors.genre_names_of(alice)
        assert tags_to_write(track, names)["tags"] == ["late"]
        [listed] = selectors.tracks_of(alice).filter(pk=track.pk).prefetch_related(selectors.with_taggings())
        assert tags_to_write(listed, names)["tags"] == ["late"]

    @both
    def test_the_switch_comes_with_an_import(self, alice: User, charlie: User, teach: Teach) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach))
        make_open(alice, 1)
        run_pass(alice)
        document = json.loads("".join(export_as_json(alice)))
        for track in Track.objects.filter(owner=alice):
            kind, _, number = track.title.rpartition(" ")
            likeness = 0.97 if int(number) >= 500 else 0.45 if int(number) >= 300 else 0.8
            make_heard_track(charlie, kind, int(number), likeness, sha256=track.sha256)
        services.library_import(owner=charlie, **as_file(document))
        run_pass(charlie)
        theirs = Concept.objects.get(owner=charlie)
        assert theirs.sets_since == concept.sets_since
        assert [track.title for track in set_by(theirs)] == ["dub 500"]
        # What was switched off since stays off.
        services.concept_switch_off(concept=theirs)
        services.library_import(owner=charlie, **as_file(document))
        theirs.refresh_from_db()
        assert theirs.sets_since is None

    def test_a_tag_that_is_imported_is_the_owners(self, alice: User) -> None:
        concept = teach_surely(alice, teach_tag)
        [track] = make_open(alice, 1)
        services.concept_switch_on(concept=concept)
        document = json.loads("".join(export_as_json(alice)))
        [row] = [row for row in document["tracks"] if row["sha256"] == track.sha256]
        row["tags"] = ["Dub"]
        services.library_import(owner=alice, **as_file(document))
        assert track in selectors.examples_of(alice, concept)

    def test_documents_without_switches_can_be_read(self, alice: User) -> None:
        teach_surely(alice, teach_genre)
        document = json.loads("".join(export_as_json(alice)))
        del document["concepts"][0]["sets_since"]
        services.library_import(owner=alice, **as_file(document))
