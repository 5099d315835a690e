"""A pass in the background gives a whole library the genres that count, and says once how many have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from library import services
from library.models import GenreRecompute, Track, User
from library.services import genre_recompute
from tests.factories import run_enqueued_tasks

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]

NEVER, UNSURE, ALWAYS = User.FileGenreTrust
NOT_SURE = {"label": None}


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genre_recompute, "BATCH_SIZE", 2)
    monkeypatch.setattr(genre_recompute, "BATCHES_PER_TASK", 1)


@pytest.fixture
def no_tasks() -> Iterator[None]:
    default_task_backend.clear()
    yield
    default_task_backend.clear()


def run_all(owner: User) -> None:
    while GenreRecompute.objects.filter(owner=owner, finished_at=None).exists():
        services.genre_recompute_run(owner_id=owner.pk)


def genres_of(owner: User) -> list[tuple[str, str]]:
    tracks = Track.all_objects.filter(owner=owner).order_by("original_name")
    return list(tracks.values_list("genre", "genre_source"))


def as_old_version(owner: User) -> None:
    """As the version before left it: files counted nowhere, and named built-in genres only."""
    tracks = Track.all_objects.filter(owner=owner)
    tracks.filter(genre_source="file").update(genre="", genre_source="", file_label="", needs_you=True)
    GenreRecompute.objects.create(owner=owner)


def test_old_rows_follow(alice: User, make_track: MakeTrack, small_batches: None) -> None:
    services.own_genre_add(owner=alice, name="Shoegaze")
    for file in ("Jazz", "Shoegaze", "Polka", "", "Rock"):
        make_track(heard=NOT_SURE, file_genre=file)
    services.track_delete(track=make_track(heard=NOT_SURE, file_genre="Disco"))
    make_track()
    expected = genres_of(alice)
    as_old_version(alice)
    assert {genre for genre, _ in genres_of(alice)} == {"", "blues"}
    run_all(alice)
    assert genres_of(alice) == expected
    # Of those in the library: what is in the bin is not counted.
    assert GenreRecompute.objects.get().changed == 3


def test_only_what_changes_counts_as_changed(alice: User, make_track: MakeTrack) -> None:
    changing, other = make_track(heard=NOT_SURE, file_genre="Jazz"), make_track()
    as_old_version(alice)
    before = {track.pk: track.updated_at for track in (changing, other)}
    run_all(alice)
    after = dict(Track.objects.values_list("pk", "updated_at"))
    assert after[changing.pk] > before[changing.pk]
    assert after[other.pk] == before[other.pk]


def test_a_verdict_given_meanwhile_stays(alice: User, make_track: MakeTrack, small_batches: None) -> None:
    tracks = [make_track(heard=NOT_SURE, file_genre="Jazz") for _ in range(5)]
    as_old_version(alice)
    services.genre_recompute_run(owner_id=alice.pk)
    for track in tracks:
        services.genre_set(track=track, person=alice, genre="metal")
    run_all(alice)
    assert genres_of(alice) == [("metal", "owner")] * 5


@pytest.mark.usefixtures("no_tasks", "small_batches")
class TestGoingOn:
    @pytest.fixture(autouse=True)
    def library(self, alice: User, make_track: MakeTrack) -> None:
        for _ in range(5):
            make_track(heard=NOT_SURE, file_genre="Jazz")
        as_old_version(alice)

    def test_each_task_does_a_part_and_enqueues_the_next(self, alice: User) -> None:
        services.genre_recompute_run(owner_id=alice.pk)
        assert GenreRecompute.objects.get().changed == 2
        [task] = default_task_backend.results
        assert (task.task.name, task.args, task.task.priority) == ("recompute_genres", [alice.pk], -100)
        default_task_backend.clear()
        services.genre_recompute_run(owner_id=alice.pk)
        services.genre_recompute_run(owner_id=alice.pk)
        row = GenreRecompute.objects.get()
        assert (row.changed, row.finished_at is not None) == (5, True)

    def test_two_workers_do_each_part_once(self, alice: User) -> None:
        for _ in range(10):
            services.genre_recompute_run(owner_id=alice.pk)
        assert GenreRecompute.objects.get().changed == 5

    def test_what_a_dead_worker_has_left_is_enqueued_again(self, alice: User) -> None:
        assert services.genre_recomputes_resume() == 0  # it may still be at work
        GenreRecompute.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
        assert services.genre_recomputes_resume() == 1
        assert services.genre_recomputes_resume() == 0
        run_enqueued_tasks()
        assert GenreRecompute.objects.get().changed == 5

    def test_where_people_hold_the_rows_it_waits(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(**_: object) -> int:
            raise OperationalError("database is locked")

        monkeypatch.setattr(genre_recompute, "effective_genres_refresh", locked)
        services.genre_recompute_run(owner_id=alice.pk)
        assert not default_task_backend.results
        monkeypatch.undo()
        run_all(alice)
        assert GenreRecompute.objects.get().changed == 5

    def test_it_goes_with_the_account(self, alice: User) -> None:
        alice_id = alice.pk
        services.user_delete(user=alice)
        services.genre_recompute_run(owner_id=alice_id)
        assert not GenreRecompute.objects.exists()

    def test_queries_do_not_grow_with_tracks(
        self,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        monkeypatch.setattr(genre_recompute, "BATCH_SIZE", 100)
        with django_assert_max_num_queries(18):
            services.genre_recompute_run(owner_id=alice.pk)


@pytest.mark.usefixtures("no_tasks")
class TestTheSetting:
    def test_it_is_chosen_on_the_account_page_and_the_tracks_follow(
        self,
        alice: User,
        alice_client: Client,
        make_track: MakeTrack,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        make_track(file_genre="Jazz")
        make_track(heard=NOT_SURE, file_genre="Rock")
        assert '<option value="unsure" selected>' in alice_client.get("/account/").content.decode()
        for trust, genres in [
            ("always", [("jazz", "file"), ("rock", "file")]),
            ("never", [("blues", "model"), ("", "")]),
            ("unsure", [("blues", "model"), ("rock", "file")]),
        ]:
            with django_capture_on_commit_callbacks(execute=True):
                page = alice_client.post(reverse("account_file_genres"), {"trust": trust}, follow=True)
            assert "Earmark now goes through your tracks" in page.content.decode()
            run_enqueued_tasks()
            assert genres_of(alice) == genres

    def test_the_same_again_starts_nothing(self, alice_client: Client) -> None:
        page = alice_client.post(reverse("account_file_genres"), {"trust": "unsure"}, follow=True)
        assert "nothing has changed" in page.content.decode()
        assert not GenreRecompute.objects.exists()

    def test_another_value_is_refused(self, alice: User, alice_client: Client) -> None:
        response = alice_client.post(reverse("account_file_genres"), {"trust": "sometimes"})
        assert "sometimes is not one of the available choices" in response.content.decode()
        alice.refresh_from_db()
        assert alice.file_genre_trust == UNSURE

    def test_changed_again_before_the_pass_was_done_it_counts_on(
        self, alice: User, make_track: MakeTrack, small_batches: None
    ) -> None:
        for _ in range(4):
            make_track(file_genre="Jazz")
        services.user_trust_file_genres(user=alice, trust=ALWAYS)
        services.genre_recompute_run(owner_id=alice.pk)
        assert GenreRecompute.objects.get().changed == 2
        services.user_trust_file_genres(user=alice, trust=NEVER)
        run_all(alice)
        assert genres_of(alice) == [("blues", "model")] * 4


class TestTheNotice:
    def overview(self, client: Client) -> str:
        return " ".join(client.get(reverse("overview")).content.decode().split())

    def test_it_says_how_many_have_changed_until_it_is_dismissed(
        self, alice: User, alice_client: Client, charlie_client: Client, make_track: MakeTrack
    ) -> None:
        for _ in range(2):
            make_track(heard=NOT_SURE, file_genre="Jazz")
        make_track()
        as_old_version(alice)
        assert "another genre now" not in self.overview(alice_client)
        run_all(alice)
        assert '<strong class="tabular">2</strong> tracks have another genre now' in self.overview(
            alice_client
        )
        assert "another genre now" not in self.overview(charlie_client)
        charlie_client.post(reverse("genre-recompute-dismiss"))
        assert "another genre now" in self.overview(alice_client)
        alice_client.post(reverse("genre-recompute-dismiss"))
        assert "another genre now" not in self.overview(alice_client)
        assert not GenreRecompute.objects.exists()

    def test_a_pass_that_changed_nothing_says_nothing(self, alice: User, track: Track) -> None:
        services.genre_recompute_start(owner=alice)
        run_all(alice)
        assert not GenreRecompute.objects.exists()
