"""Versions of what is learned: nothing changes before its owner accepts it, and each can be gone back to."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.db.models.functions import Now
from django.tasks import default_task_backend
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from library import selectors, services
from library.errors import DomainError
from library.models import LearnedModel, LearnedModelFit, LearnedRow, Track, User
from library.services import learned_fits, learned_models
from tests.factories import run_enqueued_tasks
from tests.learning import make_heard_track, make_misheard_library

pytestmark = pytest.mark.django_db

Status, State, Reason = LearnedModel.Status, LearnedRow.State, LearnedModel.Reason


@pytest.fixture(autouse=True)
def no_tasks() -> Iterator[None]:
    default_task_backend.clear()
    yield
    default_task_backend.clear()


def fit(owner: User) -> LearnedModel:
    services.learned_model_fit_request(owner=owner)
    version = services.learned_model_fit(owner_id=owner.pk)
    assert version is not None
    return version


def genres(tracks: list[Track]) -> list[tuple[str, str]]:
    found = {track.pk: (track.genre, track.genre_source) for track in Track.objects.all()}
    return [found[track.pk] for track in tracks]


def states(version: LearnedModel) -> dict[str, tuple[str, str]]:
    return {str(row.track_id): (row.state, row.counts) for row in version.rows.all()}


@pytest.fixture
def shouts(alice: User) -> list[Track]:
    return make_misheard_library(alice)


class TestLearning:
    def test_a_candidate_changes_nothing(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        assert (version.number, version.status, version.reason) == (1, Status.CANDIDATE, "")
        rows = version.rows.all()
        assert {row.track_id for row in rows} == {track.pk for track in shouts}
        assert {(row.before, row.genre, row.state, row.counts) for row in rows} == {
            ("blues", "rock", "proposed", "")
        }
        assert all(row.probability >= 0.6591 for row in rows)
        assert genres(shouts) == [("blues", "model")] * 5
        assert not selectors.is_learning(alice)

    def test_it_says_what_it_is(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        assert (version.model_name, version.model_version) == ("msd-musicnn-1", "1.4.0")
        assert version.space == "msd-musicnn-1 1.4.0"
        assert (version.figures["answers"], version.figures["artists"]) == (20, 20)
        assert version.figures["gain"] > 0
        assert version.figures["p_value"] < 0.05
        stored = bytes(LearnedModel.objects.get().arrays)
        assert version.sha256 == hashlib.sha256(stored).hexdigest()
        with np.load(io.BytesIO(stored)) as arrays:
            assert arrays["weights"].shape == (128, 10)
            assert arrays["weights"].dtype == np.float64
            assert "rock" in arrays["genres"]
            assert arrays["temperature"] > 0

    def test_the_same_answers_give_the_same(self, alice: User, shouts: list[Track]) -> None:
        first, second = fit(alice), fit(alice)
        assert first.sha256 == second.sha256
        first.refresh_from_db()
        # Only one candidate waits.
        assert (first.status, second.status) == (Status.INACTIVE, Status.CANDIDATE)

    def test_each_row_keeps_the_nearest_answers_that_speak_for_it(
        self, alice: User, shouts: list[Track]
    ) -> None:
        called_rock = Track.objects.filter(owner=alice, owner_genre="rock")
        vectors = {
            str(track.pk): np.frombuffer(track.learning_vector.vector, "<f2").astype(np.float64)
            for track in called_rock.select_related("learning_vector")
        }
        rows = list(fit(alice).rows.all())
        assert len(rows) == 5
        for row in rows:
            own = np.frombuffer(row.track.learning_vector.vector, "<f2").astype(np.float64)
            nearest = sorted(vectors, key=lambda pk: -float(vectors[pk] @ own))
            assert row.nearest == nearest[:3]

    def test_what_is_kept_keeps_its_reason(self, alice: User, shouts: list[Track]) -> None:
        first = fit(alice)
        services.learned_rows_accept(model=first, track_ids=[shouts[0].pk])
        second = fit(alice)
        accepted = second.rows.get(track=shouts[0])
        assert (accepted.before, accepted.state) == ("rock", "accepted")
        assert accepted.nearest == first.rows.get(track=shouts[0]).nearest != []

    def test_artists_without_a_name_are_told_apart_by_album(self, alice: User, shouts: list[Track]) -> None:
        Track.objects.filter(artist__startswith="artist shout").update(artist="", album="One Album")
        assert fit(alice).figures["artists"] == 11

    def test_too_few_answers(self, alice: User) -> None:
        make_misheard_library(alice, answered=9)
        version = fit(alice)
        assert (version.status, version.reason) == (Status.REFUSED, Reason.TOO_FEW_ANSWERS)
        assert selectors.learned_reason_text(version) == "18 answers are too few to learn from."

    def test_answers_that_ask_for_no_change(self, alice: User) -> None:
        for number in range(30):
            track = make_heard_track(alice, f"noise {number}")
            services.genre_set(track=track, person=alice, genre=("blues", "rock")[number % 2])
        version = fit(alice)
        assert version.status == Status.REFUSED
        assert selectors.learned_reason_text(version) == (
            "Your 30 answers ask for no change: the model suits them as it is."
        )

    def test_nothing_left_to_change(self, alice: User) -> None:
        make_misheard_library(alice, open=0)
        version = fit(alice)
        assert (version.status, version.reason) == (Status.REFUSED, Reason.CHANGES_NOTHING)
        assert not version.rows.exists()

    def test_not_better_for_other_artists(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        make_misheard_library(alice)
        # The guard is as strict as nothing can pass.
        monkeypatch.setattr("classifier.learning.guard.SIGNIFICANCE", 0.0)
        version = fit(alice)
        assert (version.status, bytes(version.arrays)) == (Status.REFUSED, b"")
        assert selectors.learned_reason_text(version) == (
            "What it learned from your 20 answers did not hold for artists that were left out."
        )

    def test_a_model_that_cannot_learn(self, alice: User, shouts: list[Track], settings: Settings) -> None:
        settings.EARMARK_MODEL = "mfcc-cnn-1"
        version = fit(alice)
        assert (version.status, version.reason) == (Status.REFUSED, Reason.CANNOT_LEARN)

    def test_vectors_of_another_space_are_not_mixed_in(self, alice: User, shouts: list[Track]) -> None:
        shouts[0].learning_vector.__class__.objects.filter(track=shouts[0]).update(space="another 1")
        assert set(fit(alice).rows.values_list("track", flat=True)) == {track.pk for track in shouts[1:]}

    def test_predictions_of_another_model_are_not_mixed_in(self, alice: User, shouts: list[Track]) -> None:
        assert shouts[0].prediction is not None
        shouts[0].prediction.model_version = "0.9"
        shouts[0].prediction.save()
        assert set(fit(alice).rows.values_list("track", flat=True)) == {track.pk for track in shouts[1:]}

    def test_reviewers_teach_nobody(self, alice: User, bob: User) -> None:
        tracks = make_misheard_library(alice, answered=0, open=25)
        for track in tracks:
            services.genre_set(track=track, person=bob, genre="rock")
        assert fit(alice).figures["answers"] == 0

    def test_tracks_whose_file_is_always_trusted_are_left_alone(
        self, alice: User, shouts: list[Track]
    ) -> None:
        services.user_trust_file_genres(user=alice, trust=User.FileGenreTrust.ALWAYS)
        Track.objects.filter(pk=shouts[0].pk).update(file_genre="Jazz", file_label="jazz")
        assert set(fit(alice).rows.values_list("track", flat=True)) == {track.pk for track in shouts[1:]}

    def test_only_its_owners_tracks(self, alice: User, charlie: User, shouts: list[Track]) -> None:
        make_heard_track(charlie, "shout", 200)
        assert {row.track.owner for row in fit(alice).rows.all()} == {alice}


class TestAccepting:
    def test_all(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        assert services.learned_rows_accept(model=version) == 5
        version.refresh_from_db()
        assert (version.status, version.activated_at is None) == (Status.ACTIVE, False)
        assert genres(shouts) == [("rock", "learned")] * 5
        assert not version.rows.filter(is_due=True).exists()

    def test_some_and_later_the_others(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        assert services.learned_rows_accept(model=version, track_ids=[shouts[0].pk]) == 1
        assert genres(shouts) == [("rock", "learned")] + [("blues", "model")] * 4
        assert services.learned_rows_skip(model=version, track_ids=[shouts[1].pk]) == 1
        assert services.learned_rows_accept(model=version) == 3
        assert genres(shouts)[1] == ("blues", "model")
        # By its id, it is accepted after all.
        assert services.learned_rows_accept(model=version, track_ids=[shouts[1].pk]) == 1
        assert genres(shouts) == [("rock", "learned")] * 5

    def test_one_change(self, alice: User, shouts: list[Track]) -> None:
        Track.objects.filter(pk=shouts[0].pk).update(genre="", genre_source="")
        version = fit(alice)
        assert [
            (row.before, row.genre, row.proposed) for row in selectors.learned_changes_of(alice, version)
        ] == [
            ("blues", "rock", 4),
            ("", "rock", 1),
        ]
        assert services.learned_rows_accept(model=version, change=("blues", "rock")) == 4
        assert services.learned_rows_skip(model=version, change=("", "rock")) == 1
        with pytest.raises(DomainError) as refused:
            services.learned_rows_accept(model=version, change=("blues", "jazz"))
        assert refused.value.code == "nothing_to_accept"

    def test_the_owners_verdict_wins(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        services.genre_set(track=shouts[0], person=alice, genre="jazz")
        assert services.learned_rows_accept(model=version) == 4
        services.genre_set(track=shouts[1], person=alice, genre="metal")
        assert genres(shouts[:3]) == [("jazz", "owner"), ("metal", "owner"), ("rock", "learned")]
        services.genre_undo(track=shouts[1], person=alice)
        assert genres(shouts[:2]) == [("jazz", "owner"), ("rock", "learned")]

    def test_what_is_in_the_bin_is_not_accepted(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        action = services.track_delete(track=shouts[0])
        assert services.learned_rows_accept(model=version) == 4
        services.bulk_action_undo(action=action)
        assert genres(shouts)[0] == ("blues", "model")

    def test_what_is_deleted_for_good_goes(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        services.tracks_purge(owner=alice, track_ids=[shouts[0].pk])
        assert services.learned_rows_accept(model=version) == 4

    def test_skipping_all_puts_the_candidate_aside(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        assert services.learned_rows_skip(model=version) == 5
        version.refresh_from_db()
        assert version.status == Status.INACTIVE
        for attempt in (services.learned_rows_accept, services.learned_rows_skip):
            with pytest.raises(DomainError) as refused:
                attempt(model=version)
            assert refused.value.code == "not_open"

    def test_what_was_skipped_is_not_proposed_again(self, alice: User, shouts: list[Track]) -> None:
        services.learned_rows_skip(model=fit(alice), track_ids=[shouts[0].pk])
        version = fit(alice)
        assert version.rows.get(track=shouts[0]).state == State.SKIPPED
        assert services.learned_rows_accept(model=version) == 4

    def test_large_ones_go_on_in_the_background(
        self,
        alice: User,
        shouts: list[Track],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(learned_models, "BATCH_SIZE", 2)
        version = fit(alice)
        services.learned_rows_accept(model=version)
        assert sum(genre == ("rock", "learned") for genre in genres(shouts)) == 2
        run_enqueued_tasks()
        assert genres(shouts) == [("rock", "learned")] * 5

    def test_what_a_killed_process_left_is_taken_up(
        self, alice: User, shouts: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(learned_models, "BATCH_SIZE", 2)
        services.learned_rows_accept(model=fit(alice))
        default_task_backend.clear()
        assert services.learned_rows_resume() == 0
        monkeypatch.setattr(learned_models, "STALLED_AFTER", -learned_models.STALLED_AFTER)
        assert services.learned_rows_resume() == 1
        run_enqueued_tasks()
        assert genres(shouts) == [("rock", "learned")] * 5
        assert services.learned_rows_resume() == 0


class TestGoingBack:
    def test_rows_are_exactly_as_they_were(self, alice: User, shouts: list[Track]) -> None:
        first = fit(alice)
        services.learned_rows_accept(model=first, track_ids=[track.pk for track in shouts[:2]])
        before, rows = genres(shouts), states(first)
        second = fit(alice)
        services.learned_rows_accept(model=second)
        assert genres(shouts) == [("rock", "learned")] * 5
        first.refresh_from_db()
        assert first.status == Status.INACTIVE
        services.learned_model_activate(model=first)
        assert (genres(shouts), states(first)) == (before, rows)
        assert {model.status for model in (first, second) if not model.refresh_from_db()} == {
            Status.ACTIVE,
            Status.INACTIVE,
        }
        services.learned_model_activate(model=second)
        assert genres(shouts) == [("rock", "learned")] * 5

    def test_a_new_version_keeps_what_was_accepted(self, alice: User, shouts: list[Track]) -> None:
        services.learned_rows_accept(model=fit(alice), track_ids=[track.pk for track in shouts[:2]])
        second = fit(alice)
        assert {row.track_id for row in second.rows.filter(state=State.ACCEPTED)} == {
            track.pk for track in shouts[:2]
        }
        # What it keeps is no change.
        assert selectors.open_rows_of(alice, second).count() == 3
        services.learned_rows_accept(model=second, track_ids=[shouts[2].pk])
        assert genres(shouts) == [("rock", "learned")] * 3 + [("blues", "model")] * 2

    def test_none_is_used(self, alice: User, shouts: list[Track]) -> None:
        version = fit(alice)
        services.learned_rows_accept(model=version)
        services.learned_models_off(owner=alice)
        assert genres(shouts) == [("blues", "model")] * 5
        version.refresh_from_db()
        services.learned_model_activate(model=version)
        assert genres(shouts) == [("rock", "learned")] * 5

    def test_only_to_what_was_in_use(self, alice: User, shouts: list[Track]) -> None:
        with pytest.raises(DomainError) as refused:
            services.learned_model_activate(model=fit(alice))
        assert refused.value.code == "never_in_use"

    def test_a_candidate_does_not_outlive_what_it_was_compared_with(
        self, alice: User, shouts: list[Track]
    ) -> None:
        services.learned_rows_accept(model=fit(alice), track_ids=[shouts[0].pk])
        candidate = fit(alice)
        services.learned_models_off(owner=alice)
        with pytest.raises(DomainError) as refused:
            services.learned_rows_accept(model=candidate)
        assert refused.value.code == "not_open"

    def test_an_older_version_takes_no_more_while_a_newer_one_waits(
        self, alice: User, shouts: list[Track]
    ) -> None:
        first = fit(alice)
        services.learned_rows_accept(model=first, track_ids=[shouts[0].pk])
        fit(alice)
        with pytest.raises(DomainError) as refused:
            services.learned_rows_accept(model=first)
        assert refused.value.code == "not_open"


class TestOneAtATime:
    def test_one_request_waits(
        self, alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert services.learned_model_fit_request(owner=alice)
            assert not services.learned_model_fit_request(owner=alice)
        assert len(default_task_backend.results) == 1
        assert selectors.is_learning(alice)

    def test_one_process_learns(self, alice: User, shouts: list[Track]) -> None:
        services.learned_model_fit_request(owner=alice)
        LearnedModelFit.objects.update(lease=uuid.uuid4())
        assert services.learned_model_fit(owner_id=alice.pk) is None
        assert not LearnedModel.objects.exists()

    def test_one_whose_lease_was_taken_leaves_all_as_it_is(
        self, alice: User, shouts: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows_for = learned_fits.learned_changes.rows_for

        def and_the_lease_is_taken(*args: object) -> list[LearnedRow]:
            LearnedModelFit.objects.update(lease=uuid.uuid4())
            return rows_for(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(learned_fits.learned_changes, "rows_for", and_the_lease_is_taken)
        services.learned_model_fit_request(owner=alice)
        assert services.learned_model_fit(owner_id=alice.pk) is None
        assert not selectors.learned_models_of(alice).exists()

    def test_what_a_killed_process_left_is_removed(self, alice: User, shouts: list[Track]) -> None:
        left = LearnedModel.objects.create(owner=alice, number=1)
        LearnedRow.objects.create(model=left, track=shouts[0], genre="jazz", probability=1)
        services.learned_model_fit_request(owner=alice)
        LearnedModelFit.objects.update(lease=uuid.uuid4(), leased_until=Now() - timedelta(seconds=1))
        assert services.learned_model_fits_resume() == 1
        assert services.learned_model_fits_resume() == 0
        run_enqueued_tasks()
        version = LearnedModel.objects.get()
        assert (version.status, version.rows.filter(genre="jazz").exists()) == (Status.CANDIDATE, False)

    def test_an_owner_who_changes_what_counts_meanwhile(
        self, alice: User, shouts: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services.learned_rows_accept(model=fit(alice), track_ids=[shouts[0].pk])
        rows_for = learned_fits.learned_changes.rows_for

        def and_none_is_used(*args: object) -> list[LearnedRow]:
            found = rows_for(*args)  # type: ignore[arg-type]
            services.learned_models_off(owner=alice)
            return found

        services.learned_model_fit_request(owner=alice)
        monkeypatch.setattr(learned_fits.learned_changes, "rows_for", and_none_is_used)
        assert services.learned_model_fit(owner_id=alice.pk) is None
        # It begins again, and compares with what counts now.
        monkeypatch.setattr(learned_fits.learned_changes, "rows_for", rows_for)
        run_enqueued_tasks()
        version = selectors.learned_models_of(alice).get(status=Status.CANDIDATE)
        assert version.rows.filter(state=State.PROPOSED).count() == 5


class TestByItself:
    """After verdicts, a fit is requested when there is something to learn."""

    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django.db.transaction.on_commit", lambda call, **options: call())

    def answer(self, owner: User, count: int, start: int = 0) -> None:
        for number in range(start, start + count):
            track = make_heard_track(owner, "shout", number)
            services.genre_set(track=track, person=owner, genre="rock")

    def test_from_twenty_answers_on(self, alice: User) -> None:
        self.answer(alice, 19)
        assert not selectors.is_learning(alice)
        self.answer(alice, 1, start=19)
        assert selectors.is_learning(alice)

    def test_again_after_ten_new_ones(self, alice: User) -> None:
        self.answer(alice, 20)
        services.learned_model_fit(owner_id=alice.pk)
        self.answer(alice, 9, start=20)
        assert not selectors.is_learning(alice)
        self.answer(alice, 1, start=29)
        assert selectors.is_learning(alice)

    def test_after_many_at_once(self, alice: User) -> None:
        for number in range(20):
            make_heard_track(alice, "shout", number)
        services.genres_set(tracks=Track.objects.all(), person=alice, genre="rock")
        assert selectors.is_learning(alice)

    def test_other_genres_are_no_answers_about_built_in_ones(self, alice: User) -> None:
        genre = services.own_genre_add(owner=alice, name="Shouting")
        for number in range(21):
            track = make_heard_track(alice, "shout", number)
            services.genre_set(track=track, person=alice, genre=genre.key)
        assert not selectors.is_learning(alice)


def test_what_stays_is_counted(alice: User, shouts: list[Track]) -> None:
    version = fit(alice)
    counts = selectors.unchanged_counts_of(alice, version)
    assert (counts.tracks, counts.with_verdict) == (21, 20)


def test_versions_are_their_owners(alice: User, charlie: User, shouts: list[Track]) -> None:
    version = fit(alice)
    assert list(selectors.learned_models_of(alice)) == [version]
    assert not selectors.learned_models_of(charlie)
    assert not selectors.open_rows_of(charlie, version)
    assert selectors.learned_changes_of(charlie, version) == []


def test_they_go_with_the_account(alice: User, shouts: list[Track]) -> None:
    fit(alice)
    services.learned_model_fit_request(owner=alice)
    services.user_delete(user=alice)
    assert not LearnedModel.objects.exists()
    assert not LearnedModelFit.objects.exists()
