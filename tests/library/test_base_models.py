"""A new base model changes nothing before its owner puts it to use, and going back restores everything exactly."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.tasks import default_task_backend
from django.utils import timezone
from pytest_django import Settings

from library import services
from library.errors import DomainError
from library.models import (
    BaseModelChange,
    BaseModelRow,
    Concept,
    ConceptPass,
    ConceptTrack,
    Embedding,
    LearnedModel,
    LearnedModelFit,
    LearningVector,
    Mood,
    Prediction,
    Track,
    User,
)
from library.selectors.base_models import (
    base_model_counts_of,
    changed_rows_of,
    genre_changes_of,
    tracks_to_follow,
    waiting_base_model_of,
)
from library.selectors.model_cards import installed_models, learning_space, model_name_of
from library.services import base_model_swaps
from library.services.base_model_refits import base_model_refit
from tests import sounds
from tests.base_models import NEWER, make_change, models_dir_with_newer
from tests.factories import run_enqueued_tasks
from tests.learning import make_heard_track, make_misheard_library

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db
Status = BaseModelChange.Status
#: What of a track depends on the base model; the date of change does not go back.
DERIVED = (
    "prediction", "owner_genre", "genre", "genre_source", "confidence", "needs_you", "review_rank", "mood_lines",
    "file_label", "status",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_tasks() -> Iterator[None]:
    default_task_backend.clear()
    yield
    default_task_backend.clear()


@pytest.fixture(autouse=True)
def newer(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Another model is installed, which can be taught."""
    from library.selectors.model_cards import model_manifest

    settings.EARMARK_MODELS_DIR = models_dir_with_newer(tmp_path / "models")
    yield
    model_manifest.cache_clear()


def everything_derived() -> list[list[Any]]:
    """What counts of every track, in the library and in the bin."""
    return [
        list(Track.all_objects.order_by("pk").values("pk", *DERIVED)),
        list(Mood.objects.order_by("track", "name").values("owner", "track", "name", "score")),
        sorted((e.track_id, e.owner_id, e.model, bytes(e.vector)) for e in Embedding.objects.all()),
        sorted((v.track_id, v.owner_id, v.space, bytes(v.vector)) for v in LearningVector.objects.all()),
        list(LearnedModel.objects.filter(status="active").values("pk", "sha256")),
        list(User.objects.order_by("pk").values("pk", "base_model")),
    ]


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as error:
        call()
    return error.value.code


def jazz(track: Track) -> dict[str, Any]:
    return {"top": "jazz", "moods": {"happy": 0.9}}


@pytest.fixture
def library(alice: User, make_track: MakeTrack) -> list[Track]:
    """One of each: by the model, not sure, from the file, by verdict, in the bin."""
    heard = {"moods": {"sad": 0.8, "party": 0.1}}
    tracks = [
        make_heard_track(alice, "sure", heard=heard, embedding=[0.6, 0.8]),
        make_heard_track(alice, "unsure", heard={"label": None}),
        make_heard_track(alice, "file", heard={"label": None}, file_genre="Rock"),
        make_heard_track(alice, "said"),
        make_heard_track(alice, "binned"),
        make_track(title="bare"),
    ]
    services.genre_set(track=tracks[3], person=alice, genre="metal")
    services.track_delete(track=tracks[4])
    default_task_backend.clear()
    return tracks


class TestReanalysing:
    """By the real model `mfcc-cnn-1`, which makes no learning vectors."""

    @pytest.fixture
    def song(self, alice: User) -> Track:
        file = SimpleUploadedFile("song.mp3", sounds.as_bytes(".mp3", 4))
        track, _ = services.track_add(owner=alice, upload=file)
        services.track_analyse(track_id=track.pk)
        default_task_backend.clear()
        return Track.objects.get()

    def test_nothing_that_counts_is_touched(self, alice: User, song: Track) -> None:
        before = everything_derived(), list(Track.objects.values())
        done = services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        assert (everything_derived(), list(Track.objects.values())) == before
        assert (done.heard, done.failed, done.left) == (1, 0, 0)
        row = BaseModelRow.objects.get()
        assert row.prediction is not None
        assert (row.track, row.is_swapped, row.error_code) == (song, False, "")
        assert (row.prediction.model_name, row.prediction.model_version) == ("mfcc-cnn-1", "1.0.0")
        assert (row.embedding_space, row.vector_space) == ("mfcc-cnn-1 1.0.0", "")
        assert (len(row.embedding), bytes(row.vector)) == (4 * 128, b"")
        assert waiting_base_model_of(alice) == done.change

    def test_it_is_what_an_analysis_by_that_model_leaves(self, alice: User, song: Track) -> None:
        services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        services.base_model_activate(change=BaseModelChange.objects.get())
        swapped = everything_derived()
        services.track_analyse_again(track=song)
        services.track_analyse(track_id=song.pk)
        assert everything_derived() == swapped
        assert Prediction.objects.count() == 2

    def test_what_was_heard_is_not_heard_again(self, alice: User, song: Track) -> None:
        services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        made = Prediction.objects.latest("id").created_at
        done = services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        assert (done.heard, done.left) == (0, 0)
        assert Prediction.objects.latest("id").created_at == made

    def test_up_to_a_limit_and_on_from_there(self, alice: User, song: Track, make_track: MakeTrack) -> None:
        short = make_track()  # a quarter of a second; the newest comes first
        first = services.library_reanalyse(owner=alice, model="mfcc-cnn-1", limit=1)
        assert (first.heard, first.failed, first.left) == (0, 1, 1)
        assert waiting_base_model_of(alice) is None
        second = services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        # What it could not hear is tried again, and does not stand in the way.
        assert (second.heard, second.failed, second.left) == (1, 1, 0)
        assert BaseModelRow.objects.get(track=short).error_code == "too_short"
        assert waiting_base_model_of(alice) == second.change

    def test_a_missing_file(self, alice: User, song: Track, make_track: MakeTrack) -> None:
        gone = make_track()
        gone.original.storage.delete(str(gone.original.name))
        assert services.library_reanalyse(owner=alice, model="mfcc-cnn-1").failed == 1
        assert BaseModelRow.objects.get(track=gone).error_code == "file_missing"

    def test_the_bin_comes_along(self, alice: User, song: Track) -> None:
        services.track_delete(track=song)
        make_heard_track(alice, "short")
        services.library_reanalyse(owner=alice, model="mfcc-cnn-1")
        assert BaseModelRow.objects.filter(track=song.pk, error_code="").exists()

    def test_nothing_to_do(self, alice: User, song: Track) -> None:
        assert services.library_reanalyse(owner=alice, model="msd-musicnn-1").change is None
        assert not BaseModelChange.objects.exists()

    def test_a_model_that_is_not_there(self, alice: User) -> None:
        assert refused(lambda: services.library_reanalyse(owner=alice, model="none")) == "unknown_model"

    def test_by_command(self, alice: User, charlie: User, song: Track) -> None:
        out = StringIO()
        call_command("reanalyse", "--model", "mfcc-cnn-1", stdout=out)
        assert (
            "alice@example.org: 1 heard. mfcc-cnn-1 1.0.0 waits for its owner at /models/" in out.getvalue()
        )
        assert "charlie@example.org: nothing to do." in out.getvalue()
        call_command("reanalyse", "--model", "mfcc-cnn-1", "--owner", "charlie@example.org", stdout=out)
        with pytest.raises(CommandError, match="Nobody has an account"):
            call_command("reanalyse", "--model", "mfcc-cnn-1", "--owner", "nobody@example.org")
        with pytest.raises(CommandError, match="no model"):
            call_command("reanalyse", "--model", "none")

    def test_a_program_that_calls_the_command_keeps_its_priority(self) -> None:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        call_command("reanalyse", "--model", "mfcc-cnn-1", stdout=StringIO())
        assert os.getpriority(os.PRIO_PROCESS, 0) == before


class TestWhatWouldChange:
    def test_by_change(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        changes = {(each.before, each.genre): each.tracks for each in genre_changes_of(alice, change)}
        assert changes == {("blues", "jazz"): 2, ("", "jazz"): 1, ("rock", "jazz"): 1}
        counts = base_model_counts_of(alice, change)
        assert (counts.tracks, counts.heard, counts.lacking, counts.failed, counts.with_verdict) == (
            5,
            5,
            0,
            0,
            1,
        )

    @pytest.mark.parametrize("trust", User.FileGenreTrust.values)
    def test_it_is_what_happens(self, alice: User, library: list[Track], trust: str) -> None:
        services.user_trust_file_genres(user=alice, trust=User.FileGenreTrust(trust))
        run_enqueued_tasks()
        Track.objects.filter(title="unsure 0").update(file_genre="Pop", file_label="pop")
        services.effective_genres_recompute(Track.objects.all())
        labels = {"sure": "jazz", "said": "pop", "bare": "metal"}

        def predict(track: Track) -> dict[str, Any]:
            label = labels.get(track.title.split()[0])
            return {"top": label or "disco", "label": label}

        change = make_change(alice, predict)
        genres = dict(Track.objects.values_list("pk", "genre"))
        told = {row.track_id: row.genre_after for row in changed_rows_of(alice, change)}
        services.base_model_activate(change=change, expected=len(told))
        assert dict(Track.objects.values_list("pk", "genre")) == genres | told
        change.refresh_from_db()
        assert {row.track_id: row.genre_after for row in changed_rows_of(alice, change)} == told

    def test_of_whom(self, alice: User, charlie: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        assert not changed_rows_of(charlie, change)
        assert waiting_base_model_of(charlie) is None


class TestActivating:
    def test_all_that_depends_on_it_changes(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        assert services.base_model_activate(change=change) == 4
        alice.refresh_from_db()
        assert model_name_of(alice) == NEWER
        tracks = {track.title: track for track in Track.all_objects.all()}
        assert {track.prediction.model_name for track in tracks.values() if track.prediction} == {NEWER}
        assert (tracks["sure 0"].genre, tracks["sure 0"].mood_lines) == ("jazz", "\nhappy\n")
        # The owner's verdict wins, always.
        assert (tracks["said 0"].genre, tracks["said 0"].genre_source) == ("metal", "owner")
        assert tracks["binned 0"].genre == "jazz"
        space = f"{NEWER} 2.0.0"
        assert set(LearningVector.objects.values_list("space", flat=True)) == {space}
        assert set(Embedding.objects.values_list("model", flat=True)) == {space}
        assert Mood.objects.filter(name="happy").count() == 6
        assert not tracks_to_follow(alice, change)

    def test_going_back_restores_everything(self, alice: User, library: list[Track]) -> None:
        before = everything_derived()
        change = make_change(alice, jazz)
        services.base_model_activate(change=change)
        after = everything_derived()
        services.base_model_go_back(change=change)
        assert everything_derived() == before
        services.base_model_activate(change=change)
        assert everything_derived() == after

    def test_what_a_concept_sets_stays_until_it_is_decided_anew(
        self, alice: User, library: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        genre = services.own_genre_add(owner=alice, name="Dub")
        concept = services.concept_get_or_create(owner=alice, taught=genre)
        Concept.objects.update(sets_since=timezone.now())
        ConceptTrack.objects.create(concept=concept, track=library[0], margin=0.1)
        services.effective_genres_recompute(Track.objects.all())
        change = make_change(alice, jazz)
        assert library[0].pk not in {row.track_id for row in changed_rows_of(alice, change)}
        monkeypatch.setattr(base_model_swaps, "BATCH_SIZE", 3)
        services.base_model_activate(change=change)
        assert not ConceptPass.objects.exists()
        assert not base_model_swaps.base_model_batch_apply(owner_id=alice.pk)
        assert ConceptPass.objects.exists()
        assert Track.objects.get(pk=library[0].pk).genre == genre.key

    def test_clients_see_it(self, alice: User, library: list[Track]) -> None:
        before = dict(Track.objects.values_list("pk", "updated_at"))
        services.base_model_activate(change=make_change(alice, jazz))
        assert all(track.updated_at > before[track.pk] for track in Track.objects.all())

    def test_only_its_owners_tracks(self, alice: User, charlie: User, library: list[Track]) -> None:
        other = make_heard_track(charlie, "other")
        services.base_model_activate(change=make_change(alice, jazz))
        other.refresh_from_db()
        assert other.genre == "blues"
        charlie.refresh_from_db()
        assert model_name_of(charlie) == "msd-musicnn-1"

    def test_not_before_it_has_heard_all(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        make_heard_track(alice, "new")
        with pytest.raises(DomainError, match="has not heard 1 track yet") as error:
            services.base_model_activate(change=change)
        assert error.value.code == "base_model_incomplete"
        assert f"manage.py reanalyse --model {NEWER} --owner alice@example.org" in error.value.message
        assert Track.objects.filter(genre="jazz").count() == 0

    def test_what_it_could_not_hear_stays(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        change.rows.filter(track=library[0]).update(error_code="corrupt", prediction=None)
        before = Track.objects.values().get(pk=library[0].pk)
        assert base_model_counts_of(alice, change).failed == 1
        assert services.base_model_activate(change=change) == 3
        assert Track.objects.values().get(pk=library[0].pk) == before

    def test_only_what_was_shown(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        services.genre_set(track=library[0], person=alice, genre="pop")
        assert refused(lambda: services.base_model_activate(change=change, expected=4)) == "selection_changed"
        assert services.base_model_activate(change=change, expected=3) == 3

    def test_twice_and_going_back_from_what_is_not_in_use(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        assert refused(lambda: services.base_model_go_back(change=change)) == "base_model_not_in_use"
        services.base_model_activate(change=change)
        assert refused(lambda: services.base_model_activate(change=change)) == "base_model_in_use"

    def test_one_after_the_other(
        self, alice: User, library: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = make_change(alice, jazz), make_change(alice, lambda _: {"top": "pop"}, "mfcc-cnn-1")
        start = everything_derived()
        monkeypatch.setattr(base_model_swaps, "BATCH_SIZE", 2)
        services.base_model_activate(change=first)
        assert tracks_to_follow(alice, first) > 0
        assert refused(lambda: services.base_model_activate(change=second)) == "base_model_busy"
        run_enqueued_tasks()
        run_enqueued_tasks()
        with_first = everything_derived()
        services.base_model_activate(change=second)
        run_enqueued_tasks()
        run_enqueued_tasks()
        assert refused(lambda: services.base_model_go_back(change=first)) == "base_model_not_in_use"
        services.base_model_go_back(change=second)
        run_enqueued_tasks()
        run_enqueued_tasks()
        assert everything_derived() == with_first
        services.base_model_go_back(change=first)
        run_enqueued_tasks()
        run_enqueued_tasks()
        assert everything_derived() == start

    def test_going_back_half_way(
        self, alice: User, library: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = everything_derived()
        change = make_change(alice, jazz)
        monkeypatch.setattr(base_model_swaps, "BATCH_SIZE", 2)
        services.base_model_activate(change=change)
        default_task_backend.clear()
        services.base_model_go_back(change=change)
        run_enqueued_tasks()
        run_enqueued_tasks()
        assert everything_derived() == before

    def test_what_a_killed_process_left_is_taken_up(
        self, alice: User, library: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change = make_change(alice, jazz)
        monkeypatch.setattr(base_model_swaps, "BATCH_SIZE", 2)
        services.base_model_activate(change=change)
        default_task_backend.clear()
        assert services.base_models_resume() == 0
        monkeypatch.setattr(base_model_swaps, "STALLED_AFTER", -base_model_swaps.STALLED_AFTER)
        assert services.base_models_resume() == 1
        run_enqueued_tasks()
        run_enqueued_tasks()
        assert not tracks_to_follow(alice, change)
        assert services.base_models_resume() == 0

    def test_a_track_without_a_prediction(self, alice: User, library: list[Track]) -> None:
        Prediction.objects.filter(track=library[0]).delete()
        services.effective_genres_recompute(Track.objects.all())
        before = everything_derived()
        change = make_change(alice, jazz)
        services.base_model_activate(change=change)
        assert Track.objects.get(pk=library[0].pk).genre == "jazz"
        services.base_model_go_back(change=change)
        Mood.objects.filter(track=library[0]).delete()  # left of a prediction that is gone
        assert [row for row in everything_derived()[0] if row["pk"] != library[0].pk] == [
            row for row in before[0] if row["pk"] != library[0].pk
        ]

    def test_what_is_deleted_for_good_goes(self, alice: User, library: list[Track]) -> None:
        change = make_change(alice, jazz)
        services.tracks_purge(owner=alice, track_ids=[library[0].pk])
        assert services.base_model_activate(change=change) == 3
        services.base_model_go_back(change=change)
        services.user_delete(user=alice)
        assert not BaseModelChange.objects.exists()


class TestWhatWasLearned:
    """A version in use is fitted again on the new model, and comes and goes together with it."""

    @pytest.fixture
    def shouts(self, alice: User) -> list[Track]:
        """Tracks of which Earmark has learned that they are rock, and the owner has accepted it of three."""
        tracks = make_misheard_library(alice)
        services.learned_model_fit_request(owner=alice)
        version = services.learned_model_fit(owner_id=alice.pk)
        assert version is not None
        services.learned_rows_accept(model=version, track_ids=[track.pk for track in tracks[:3]])
        default_task_backend.clear()
        return tracks

    def genres(self, tracks: list[Track]) -> list[tuple[str, str]]:
        found = {track.pk: (track.genre, track.genre_source) for track in Track.objects.all()}
        return [found[track.pk] for track in tracks]

    def test_it_comes_along(self, alice: User, shouts: list[Track]) -> None:
        before = everything_derived()
        first = LearnedModel.objects.get(status="active")
        change = make_change(alice, lambda _: {"top": "jazz"})
        fitted = change.learned
        assert fitted is not None
        assert (fitted.status, fitted.model_name, fitted.space) == ("waiting", NEWER, f"{NEWER} 2.0.0")
        assert everything_derived() == before
        told = {row.track_id: row.genre_after for row in changed_rows_of(alice, change)}
        # What was accepted before counts again; what was not is proposed.
        assert [told.get(track.pk) for track in shouts] == [None] * 3 + ["jazz"] * 2
        services.base_model_activate(change=change)
        assert self.genres(shouts) == [("rock", "learned")] * 3 + [("jazz", "model")] * 2
        assert LearnedModel.objects.get(status="active") == fitted
        assert fitted.rows.filter(state="proposed", track__in=shouts[3:]).count() == 2
        services.base_model_go_back(change=change)
        assert everything_derived() == before
        assert LearnedModel.objects.get(status="active") == first

    def test_it_goes_when_it_does_not_hold(
        self, alice: User, shouts: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = everything_derived()
        with monkeypatch.context() as strict:
            # The guard is as strict as nothing can pass.
            strict.setattr("classifier.learning.guard.SIGNIFICANCE", 0.0)
            change = make_change(alice, lambda _: {"top": "jazz"})
        assert (change.learned, change.figures["reason"]) == (None, "not_better")
        assert changed_rows_of(alice, change).filter(track__in=shouts).count() == 5
        services.base_model_activate(change=change)
        assert self.genres(shouts) == [("jazz", "model")] * 5
        assert not LearnedModel.objects.filter(status__in=["active", "waiting"]).exists()
        services.base_model_go_back(change=change)
        assert everything_derived() == before

    def test_a_model_that_cannot_be_taught(self, alice: User, shouts: list[Track]) -> None:
        change = make_change(alice, lambda _: {"top": "jazz"}, "mfcc-cnn-1")
        assert change.figures["reason"] == "cannot_learn"

    def test_what_was_accepted_since_is_fitted_first(self, alice: User, shouts: list[Track]) -> None:
        change = make_change(alice, lambda _: {"top": "jazz"})
        services.learned_rows_accept(model=LearnedModel.objects.get(status="active"))
        assert refused(lambda: services.base_model_activate(change=change)) == "base_model_outdated"
        run_enqueued_tasks()
        assert LearnedModel.objects.filter(status="waiting").count() == 1
        change.refresh_from_db()
        services.base_model_activate(change=change)
        assert self.genres(shouts) == [("rock", "learned")] * 5

    def test_a_candidate_does_not_outlive_the_model(self, alice: User, shouts: list[Track]) -> None:
        change = make_change(alice, lambda _: {"top": "jazz"})
        services.learned_model_fit_request(owner=alice)
        candidate = services.learned_model_fit(owner_id=alice.pk)
        assert candidate is not None
        assert candidate.status == "candidate"
        services.base_model_activate(change=change)
        candidate.refresh_from_db()
        assert candidate.status == "inactive"
        # What was asked for is learned again.
        assert LearnedModelFit.objects.filter(owner=alice).exists()
        again = services.learned_model_fit(owner_id=alice.pk)
        assert again is not None
        assert (again.model_name, again.space) == (NEWER, f"{NEWER} 2.0.0")


class TestAnalysing:
    """What an owner's model decides, besides what counts."""

    def test_the_models_of_two_people(self, alice: User, charlie: User) -> None:
        alice.base_model = NEWER
        assert (learning_space(model_name_of(alice)), learning_space(model_name_of(charlie))) == (
            f"{NEWER} 2.0.0",
            learning_space(),
        )
        current = {card["name"]: card["current"] for card in installed_models(alice)}
        assert current == {"mfcc-cnn-1": False, "msd-musicnn-1": False, NEWER: True}

    def test_one_that_is_not_installed_any_more(self, alice: User) -> None:
        alice.base_model = "gone"
        assert model_name_of(alice) == "msd-musicnn-1"

    def test_uploads_are_analysed_by_the_owners_model(self, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(base_model="mfcc-cnn-1")
        track, _ = services.track_add(
            owner=alice, upload=SimpleUploadedFile("song.mp3", sounds.as_bytes(".mp3", 4))
        )
        services.track_analyse(track_id=track.pk)
        assert Prediction.objects.get().model_name == "mfcc-cnn-1"
        assert not LearningVector.objects.exists()
        # Nor does the upgrade pass want any.
        default_task_backend.clear()
        assert not services.upgrade_pass_start()

    def test_one_put_to_use_during_an_analysis(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        from library.services import analysis

        track, _ = services.track_add(
            owner=alice, upload=SimpleUploadedFile("song.mp3", sounds.as_bytes(".mp3", 4))
        )
        analyse = analysis.analyse_file

        def analyse_meanwhile(*args: Any, **kwargs: Any) -> dict[str, Any]:
            User.objects.filter(pk=alice.pk).update(base_model="mfcc-cnn-1")
            return analyse(*args, **kwargs)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(analysis, "analyse_file", analyse_meanwhile)
            services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert (track.status, track.attempts) == ("queued", 0)
        assert not Prediction.objects.exists()
        services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert track.prediction is not None
        assert track.prediction.model_name == "mfcc-cnn-1"


class TestComparing:
    def compare(self, *arguments: str) -> str:
        out = StringIO()
        call_command("compare", *arguments, stdout=out)
        return out.getvalue()

    def test_in_words(self, alice: User, library: list[Track]) -> None:
        make_change(alice, lambda track: {"top": "metal" if track.title == "said 0" else "blues"})
        text = self.compare("msd-musicnn-1", f"{NEWER}@2.0.0")
        assert text.startswith(
            "4 of 5 tracks have been heard by both (1 not by msd-musicnn-1, 0 not by newer-1@2.0.0)."
        )
        assert "3 would get another genre" in text
        assert "       2  not sure → blues\n       1  blues → metal" in text
        assert (
            "Of 1 verdicts of owners, msd-musicnn-1 agrees with 0 (0.0%), newer-1@2.0.0 with 1 (100.0%)."
            in text
        )
        assert "the difference may be chance" in text

    def test_as_json(self, alice: User, charlie: User, library: list[Track]) -> None:
        make_change(alice, jazz)
        found = json.loads(self.compare("msd-musicnn-1", NEWER, "--owner", "alice@example.org", "--json"))
        assert (found["tracks"], found["both"], found["changed"]) == (5, 4, 4)
        assert found["changes"][0] == {"from": None, "to": "jazz", "tracks": 2}
        assert found["verdicts"] == {
            "tracks": 1, "old_right": 0, "new_right": 0, "old_better": 0, "new_better": 0, "p_value": 1.0,
        }  # fmt: skip
        with pytest.raises(CommandError, match="No track has been heard by both"):
            self.compare("msd-musicnn-1", NEWER, "--owner", "charlie@example.org")
        with pytest.raises(CommandError, match="Nobody has an account"):
            self.compare("msd-musicnn-1", NEWER, "--owner", "nobody@example.org")

    def test_artists_count_once(self, alice: User) -> None:
        """Ten tracks of one artist are no ten reasons to believe that a model is better."""
        from library.selectors.model_comparison import ModelVersion, models_compared

        for number in range(10):
            track = make_heard_track(alice, "said", number, artist="One" if number else "Another")
            services.genre_set(track=track, person=alice, genre="jazz" if number else "blues")
        make_change(alice, jazz)
        verdicts = models_compared(alice, ModelVersion("msd-musicnn-1"), ModelVersion(NEWER)).verdicts
        assert (verdicts.tracks, verdicts.old_right, verdicts.new_right) == (10, 1, 9)
        assert (verdicts.old_better, verdicts.new_better, verdicts.p_value) == (1, 1, 1.0)

    def test_the_sign_test(self) -> None:
        from library.selectors.model_comparison import sign_test

        assert [sign_test(0, 0), sign_test(0, 5), sign_test(6, 0), sign_test(8, 1)] == pytest.approx(
            [1.0, 0.0625, 0.03125, 0.0390625]
        )


def test_refitting_without_anything_learned_does_nothing(alice: User, library: list[Track]) -> None:
    change = make_change(alice, jazz, refit=False)
    base_model_refit(change=change)
    assert (change.learned, change.figures) == (None, {"in_use": ""})
