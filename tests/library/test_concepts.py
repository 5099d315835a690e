"""What counts as an example or a refusal of what is taught, and answers with their undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from library import selectors, services
from library.errors import DomainError
from library.models import Answer, Concept, Tag, Tagging, Track, User
from tests.learning import genre_of, make_heard_track, teach_genre, teach_tag

pytestmark = pytest.mark.django_db
Teach = Callable[..., Concept]
both = pytest.mark.parametrize("teach", [teach_genre, teach_tag])


@pytest.fixture
def tracks(alice: User) -> list[Track]:
    return [make_heard_track(alice, "dub", number) for number in range(5)]


def examples(concept: Concept) -> set[Track]:
    return set(selectors.examples_of(concept.owner, concept))


def refusals(concept: Concept) -> set[Track]:
    return set(selectors.refusals_of(concept.owner, concept))


def tag_of(concept: Concept) -> Tag:
    assert concept.tag is not None
    return concept.tag


class TestExamples:
    @both
    def test_they_are_what_has_the_genre_or_tag(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        assert examples(concept) == set(tracks[:3])
        assert selectors.example_counts_of(concept.owner).of(concept) == 3

    def test_they_are_counted_of_some_only(self, tracks: list[Track], alice: User) -> None:
        genre, tag = teach_genre(alice, "Dub", tracks[:2]), teach_tag(alice, "late", tracks[:3])
        for of, counts in (([genre], (2, 0)), ([tag], (0, 3)), ([tag, genre], (2, 3)), ([], (0, 0))):
            found = selectors.example_counts_of(alice, of)
            assert (found.of(genre), found.of(tag)) == counts

    def test_a_reviewers_verdict_teaches_nobody(self, tracks: list[Track], alice: User, bob: User) -> None:
        services.user_share(user=alice, share=True)
        concept = teach_genre(alice, "Dub", tracks[:1])
        for track in tracks:
            services.genre_set(track=track, person=bob, genre=genre_of(concept).key)
        assert examples(concept) == {tracks[0]}
        assert selectors.example_counts_of(alice).of(concept) == 1

    def test_a_verdict_teaches_while_it_is_in_force(self, tracks: list[Track], alice: User) -> None:
        concept = teach_genre(alice, "Dub", tracks[:3])
        services.genre_undo(track=tracks[0], person=alice)
        services.genre_set(track=tracks[1], person=alice, genre="rock")
        assert examples(concept) == {tracks[2]}
        services.genre_undo(track=tracks[1], person=alice)
        assert examples(concept) == {tracks[1], tracks[2]}

    @both
    def test_the_bin_has_none(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.tracks_move_to_bin(owner=concept.owner, track_ids=[tracks[0].pk, tracks[3].pk])
        assert examples(concept) == {tracks[1], tracks[2]}
        assert selectors.example_counts_of(concept.owner).of(concept) == 2
        assert refusals(concept) == set()
        services.tracks_restore(owner=concept.owner, track_ids=[tracks[0].pk, tracks[3].pk])
        assert examples(concept) == set(tracks[:3])
        assert refusals(concept) == {tracks[3]}

    def test_before_a_concept_is_stored_its_examples_are_known(
        self, tracks: list[Track], alice: User
    ) -> None:
        tag = services.track_tag(track=tracks[0], name="late")
        concept = selectors.concept_for(alice, tag)
        assert concept.pk is None
        assert examples(concept) == {tracks[0]}
        assert not selectors.answers_of(alice, concept)
        assert not Concept.objects.exists()


class TestAnswers:
    @both
    def test_a_yes_gives_it(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        assert examples(concept) == set(tracks[:4])
        assert [answer.track for answer in selectors.answers_of(concept.owner, concept)] == [tracks[3]]

    @both
    def test_a_no_refuses(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        assert examples(concept) == set(tracks[:3])
        assert refusals(concept) == {tracks[3]}

    @both
    def test_the_same_answer_twice_counts_once(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        for yes in (False, False, True, True):
            services.concept_answer(concept=concept, track=tracks[3], yes=yes)
        assert Answer.objects.count() == 1
        assert tracks[3].verdicts.count() == (1 if concept.genre else 0)

    @both
    def test_what_has_it_cannot_be_refused(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        with pytest.raises(DomainError, match="Take that away first") as refused:
            services.concept_answer(concept=concept, track=tracks[0], yes=False)
        assert refused.value.code == "is_example"

    def test_of_a_genre_what_was_said_later_counts(self, tracks: list[Track], alice: User) -> None:
        concept = teach_genre(alice, "Dub", tracks[:3])
        yes, no = tracks[3:]
        services.concept_answer(concept=concept, track=yes, yes=True)
        services.concept_answer(concept=concept, track=no, yes=False)
        services.genre_set(track=yes, person=alice, genre="rock")
        services.genre_set(track=no, person=alice, genre=genre_of(concept).key)
        assert examples(concept) == {*tracks[:3], no}
        assert refusals(concept) == {yes}
        services.genre_set(track=yes, person=alice, genre="")
        assert refusals(concept) == set()

    def test_of_a_tag_what_was_done_later_counts(self, tracks: list[Track], alice: User) -> None:
        concept = teach_tag(alice, "Dub", tracks[:3])
        yes, no = tracks[3:]
        services.concept_answer(concept=concept, track=yes, yes=True)
        services.concept_answer(concept=concept, track=no, yes=False)
        services.track_untag(track=yes, tag=tag_of(concept))
        services.track_tag(track=no, name="Dub")
        assert examples(concept) == {*tracks[:3], no}
        assert refusals(concept) == {yes}

    def test_a_refused_tag_is_not_suggested_on_the_tracks_page(self, alice: User) -> None:
        track = make_heard_track(alice, "dub", 9, file_genre="Shoegaze")
        assert "Shoegaze" in selectors.tag_suggestions_for(alice, track)
        concept = teach_tag(alice, "shoegaze", [])
        services.concept_answer(concept=concept, track=track, yes=False)
        assert "Shoegaze" not in selectors.tag_suggestions_for(alice, track)

    def test_a_rejected_tag_is_a_refusal(self, tracks: list[Track], alice: User) -> None:
        concept = teach_tag(alice, "Dub", tracks[:3])
        services.suggestion_reject(track=tracks[3], name="DUB")
        assert refusals(concept) == {tracks[3]}

    @both
    def test_refused_stays_refused_when_something_else_is_undone(
        self, tracks: list[Track], teach: Teach
    ) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        every = selectors.tracks_of(concept.owner)
        if concept.genre:
            action = services.genres_set(tracks=every, person=concept.owner, genre=concept.genre.key)
        else:
            action = services.tracks_tag(tracks=every, person=concept.owner, names=["Dub"])
        assert examples(concept) == set(tracks)
        services.bulk_action_undo(action=action)
        assert refusals(concept) == {tracks[3]}

    @both
    def test_of_others_nothing_is_known(self, tracks: list[Track], charlie: User, teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        theirs = make_heard_track(charlie, "dub", 9)
        with pytest.raises(DomainError) as refused:
            services.concept_answer(concept=concept, track=theirs, yes=True)
        assert refused.value.code == "not_found"
        with pytest.raises(DomainError):
            services.concept_get_or_create(owner=charlie, taught=concept.genre or tag_of(concept))
        assert not selectors.concepts_of(charlie)
        assert not selectors.examples_of(charlie, concept)


class TestUndo:
    @both
    def test_a_yes_is_as_if_it_had_never_been(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        services.answer_undo(concept=concept, track=tracks[3])
        assert examples(concept) == set(tracks[:3])
        assert refusals(concept) == set()
        assert not Answer.objects.exists()

    @both
    def test_a_no_is_taken_back(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.answer_undo(concept=concept, track=tracks[3])
        assert refusals(concept) == set()
        with pytest.raises(DomainError) as refused:
            services.answer_undo(concept=concept, track=tracks[3])
        assert refused.value.code == "nothing_to_undo"

    @both
    def test_what_the_track_had_before_stays(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[0], yes=True)
        services.answer_undo(concept=concept, track=tracks[0])
        assert examples(concept) == set(tracks[:3])

    def test_a_later_verdict_stays(self, tracks: list[Track], alice: User) -> None:
        concept = teach_genre(alice, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        services.genre_set(track=tracks[3], person=alice, genre="rock")
        services.answer_undo(concept=concept, track=tracks[3])
        tracks[3].refresh_from_db()
        assert tracks[3].genre == "rock"

    def test_a_later_tagging_stays(self, tracks: list[Track], alice: User) -> None:
        concept = teach_tag(alice, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        services.track_untag(track=tracks[3], tag=tag_of(concept))
        services.track_tag(track=tracks[3], name="Dub")
        services.answer_undo(concept=concept, track=tracks[3])
        assert Tagging.objects.filter(track=tracks[3]).exists()

    @both
    def test_the_no_before_a_yes_counts_again(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        services.answer_undo(concept=concept, track=tracks[3])
        assert refusals(concept) == {tracks[3]}

    def test_the_rejection_before_a_yes_counts_again(self, tracks: list[Track], alice: User) -> None:
        concept = teach_tag(alice, "Dub", tracks[:3])
        services.suggestion_reject(track=tracks[3], name="Dub")
        services.concept_answer(concept=concept, track=tracks[3], yes=True)
        services.answer_undo(concept=concept, track=tracks[3])
        assert refusals(concept) == {tracks[3]}


class TestGenresAndTagsThatChange:
    @both
    def test_a_deleted_one_is_not_taught_until_it_comes_back(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        if concept.genre:
            action = services.own_genre_delete(genre=concept.genre)
        else:
            action = services.tag_delete(tag=tag_of(concept))
        assert not selectors.concepts_of(concept.owner)
        with pytest.raises(DomainError) as refused:
            services.concept_answer(concept=concept, track=tracks[4], yes=True)
        assert refused.value.code == "not_found"
        services.bulk_action_undo(action=action)
        (again,) = selectors.concepts_of(concept.owner)
        assert again == concept
        assert examples(again) == set(tracks[:3])
        assert refusals(again) == {tracks[3]}

    @both
    def test_merged_into_another_what_was_refused_is_refused_for_that(
        self, tracks: list[Track], teach: Teach
    ) -> None:
        owner = tracks[0].owner
        one, two, three = (teach(owner, name, [track]) for name, track in zip("ABC", tracks, strict=False))
        for concept, track in ((one, tracks[3]), (two, tracks[4])):
            services.concept_answer(concept=concept, track=track, yes=False)
        actions = []
        for concept, into in ((one, two), (two, three)):
            if concept.genre:
                merged = services.own_genre_delete(genre=concept.genre, into=genre_of(into).key)
            else:
                merged = services.tag_merge(tag=tag_of(concept), into=tag_of(into))
            actions.append(merged)
        assert examples(three) == set(tracks[:3])
        assert refusals(three) == set(tracks[3:])
        services.bulk_action_undo(action=actions[1])
        assert refusals(three) == set()
        assert refusals(two) == set(tracks[3:])
        services.bulk_action_undo(action=actions[0])
        assert [examples(concept) for concept in (one, two, three)] == [{track} for track in tracks[:3]]
        assert [refusals(concept) for concept in (one, two)] == [{tracks[3]}, {tracks[4]}]

    def test_renamed_it_is_the_same(self, tracks: list[Track], alice: User) -> None:
        genre, tag = teach_genre(alice, "Dub", tracks[:3]), teach_tag(alice, "late", tracks[:3])
        for concept in (genre, tag):
            services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.suggestion_reject(track=tracks[4], name="late")
        services.own_genre_rename(genre=genre_of(genre), name="Dubbing")
        services.tag_change(tag=tag_of(tag), name="Night")
        for concept in selectors.concepts_of(alice):
            assert examples(concept) == set(tracks[:3])
        assert refusals(genre) == {tracks[3]}
        assert refusals(Concept.objects.get(pk=tag.pk)) == {tracks[3], tracks[4]}

    def test_with_its_account_it_is_gone(self, tracks: list[Track], alice: User) -> None:
        genre, tag = teach_genre(alice, "Dub", tracks[:2]), teach_tag(alice, "late", tracks[:2])
        for concept in (genre, tag):
            services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.tag_delete(tag=tag_of(tag))
        services.user_delete(user=alice)
        assert not Concept.objects.exists()
        assert not Answer.objects.exists()

    @both
    def test_a_track_that_is_gone_has_no_answers(self, tracks: list[Track], teach: Teach) -> None:
        concept = teach(tracks[0].owner, "Dub", tracks[:3])
        services.concept_answer(concept=concept, track=tracks[3], yes=False)
        services.tracks_purge(owner=concept.owner, track_ids=[tracks[3].pk])
        assert not Answer.objects.exists()
