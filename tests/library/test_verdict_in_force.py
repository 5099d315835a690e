"""One rule says which verdict is in force: services, agreement, overview and the review queues follow it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from library import selectors, services
from library.models import Track, User, Verdict
from library.selectors.overview import model_accuracy_of
from library.selectors.verdicts import verdicts_in_force
from tests.factories import UserFactory, make_reviewer

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]


@pytest.fixture
def shared(alice: User, make_track: Make) -> Track:
    """Alice's track, which reviewers may see; the model is not sure of it."""
    services.user_share(user=alice, share=True)
    return make_track(heard={"label": None, "top": "blues", "confidence": 0.3})


def older_verdict(track: Track, person: User, genre: str, *, days: int = 1) -> Verdict:
    """A verdict as an import adds it: its row comes later than others, its date lies before them."""
    verdict = Verdict.objects.create(track=track, person=person, genre=genre, heard="blues", sure=True)
    Verdict.objects.filter(pk=verdict.pk).update(created_at=timezone.now() - timedelta(days=days))
    return verdict


class TestAfterAnImportOfOlderVerdicts:
    """They have higher ids than newer ones, and count no more for that."""

    def test_the_newest_one_is_in_force(self, alice: User, track: Track) -> None:
        newest = services.genre_set(track=track, person=alice, genre="blues")
        older_verdict(track, alice, "jazz")
        assert list(verdicts_in_force(Verdict.objects.all())) == [newest]

    def test_agreement_counts_the_newest(self, bob: User, track: Track, alice: User) -> None:
        services.user_share(user=alice, share=True)
        services.genre_set(track=track, person=alice, genre="blues")
        older_verdict(track, alice, "jazz")
        agreement = selectors.agreement_visible_to(bob).by_genre["blues"]
        assert (agreement.verdict_count, agreement.agreed) == (1, 1)

    def test_the_queue_still_offers_to_undo(self, alice: User, track: Track) -> None:
        newest = services.genre_set(track=track, person=alice, genre="jazz")
        older_verdict(track, alice, "rock")
        assert selectors.undoable_verdict_of(alice) == newest

    def test_undoing_a_bulk_action_counts_it(self, alice: User, track: Track) -> None:
        action = services.genres_set(tracks=Track.objects.filter(pk=track.pk), person=alice, genre="jazz")
        older_verdict(track, alice, "rock")
        assert services.bulk_action_undo(action=action) == 1


class TestAReviewerWhoTakesAVerdictBack:
    def test_another_reviewers_verdict_counts(self, bob: User, shared: Track) -> None:
        carol = make_reviewer(UserFactory())
        services.genre_set(track=shared, person=bob, genre="jazz")
        services.genre_set(track=shared, person=carol, genre="rock")
        services.genre_set(track=shared, person=carol, genre="")
        assert shared.genre == "jazz"

    def test_the_track_is_to_be_reviewed_again(self, bob: User, shared: Track) -> None:
        assert list(selectors.reviewer_queue_of(bob)) == [shared]
        services.genre_set(track=shared, person=bob, genre="jazz")
        assert not selectors.reviewer_queue_of(bob).exists()
        services.genre_set(track=shared, person=bob, genre="")
        assert list(selectors.reviewer_queue_of(bob)) == [shared]

    def test_the_owner_undoes_what_counts(self, alice: User, bob: User, shared: Track) -> None:
        carol = make_reviewer(UserFactory())
        counting = services.genre_set(track=shared, person=bob, genre="jazz")
        services.genre_set(track=shared, person=carol, genre="rock")
        services.genre_set(track=shared, person=carol, genre="")
        assert services.genre_undo(track=shared, person=alice) == counting
        assert shared.genre == ""

    def test_nobody_agrees_or_disagrees(self, bob: User, shared: Track) -> None:
        services.genre_set(track=shared, person=bob, genre="jazz")
        services.genre_set(track=shared, person=bob, genre="")
        assert selectors.agreement_visible_to(bob).by_reviewer == []


def test_an_own_genre_is_no_error_of_the_model(alice: User, bob: User, shared: Track) -> None:
    own = services.own_genre_add(owner=alice, name="Shoegaze")
    services.genre_set(track=shared, person=alice, genre=own.key)
    assert selectors.agreement_visible_to(bob).by_genre["blues"].verdict_count == 0


def test_the_overview_prefers_the_owners_verdict(alice: User, bob: User, shared: Track) -> None:
    services.genre_set(track=shared, person=alice, genre="blues")
    services.genre_set(track=shared, person=bob, genre="rock")
    assert model_accuracy_of(alice).unsure.right == 1


def test_people_whose_accounts_are_gone_count_as_one(alice: User, track: Track) -> None:
    for genre in ("jazz", "rock"):
        services.genre_set(track=track, person=alice, genre=genre)
    Verdict.objects.update(person=None)
    assert [verdict.genre for verdict in verdicts_in_force(Verdict.objects.all())] == ["rock"]
