"""An account with very many tracks is closed at once, and emptied by a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from library import services
from library.models import Track, User
from library.services import account_deletion
from tests.factories import PASSWORD, UserFactory, make_reviewer, run_enqueued_tasks, signed_in, with_token

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OnCommit = DjangoCaptureOnCommitCallbacks


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tracks are too many to wait for, one is a batch, and a task does two of these."""
    monkeypatch.setattr(account_deletion, "MAX_SYNCHRONOUS_TRACKS", 1)
    monkeypatch.setattr(account_deletion, "BATCH_SIZE", 1)
    monkeypatch.setattr(account_deletion, "BATCHES_PER_TASK", 2)
    default_task_backend.clear()


@pytest.fixture
def three(make_track: MakeTrack) -> list[Track]:
    tracks = [make_track(title=f"Unheard {number}") for number in range(3)]
    services.tracks_move_to_bin(owner=tracks[0].owner, track_ids=[tracks[0].pk])
    return tracks


def delete_on_the_page(client: Client, on_commit: OnCommit) -> str:
    with on_commit(execute=True):
        response = client.post(reverse("account_delete"), {"current_password": PASSWORD}, follow=True)
    return response.content.decode()


def test_it_is_closed_at_once(
    alice: User,
    bob_client: Client,
    three: list[Track],
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    services.user_share(user=alice, share=True)
    here, elsewhere, program = signed_in(alice), signed_in(alice), with_token(alice)
    review = reverse("admin:library_track_changelist")
    assert "Unheard 1" in bob_client.get(review).content.decode()

    page = delete_on_the_page(here, django_capture_on_commit_callbacks)
    assert "Your account is closed. Everything in it is now being deleted" in page
    assert Track.all_objects.filter(owner=alice).count() == 3
    for client in (here, elsewhere):
        assert client.get(reverse("overview")).url.startswith(reverse("login"))  # type: ignore[attr-defined]
    assert program.get("/api/v1/tracks/").status_code == 401
    assert not Client().login(username="alice@example.org", password=PASSWORD)
    assert "Unheard 1" not in bob_client.get(review).content.decode()
    assert services.user_add(email="alice@example.org", password=PASSWORD).tracks.count() == 0


def test_staff_do_not_see_it_any_more(
    alice: User, three: list[Track], django_capture_on_commit_callbacks: OnCommit
) -> None:
    root = signed_in(User.objects.create_superuser("root@example.org", PASSWORD))
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:library_user_delete", args=[alice.pk]), {"post": "yes"})
    root.get("/")  # shows the message that says who was deleted
    people = root.get(reverse("admin:library_user_changelist")).content.decode()
    assert "root@example.org" in people
    assert "alice@example.org" not in people
    assert "account.invalid" not in people


def test_a_reviewer_who_has_left_is_not_named(
    alice: User, track: Track, make_track: MakeTrack, django_capture_on_commit_callbacks: OnCommit
) -> None:
    reviewer = make_reviewer(UserFactory(email="was@example.org"))
    services.user_share(user=alice, share=True)
    services.genre_set(track=track, person=reviewer, genre="blues")
    for _ in range(2):
        make_track(owner=reviewer)
    with django_capture_on_commit_callbacks(execute=True):
        services.user_delete(user=reviewer)
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    page = signed_in(root).get(reverse("admin:library_track_agreement")).content.decode()
    assert "account.invalid" not in page
    assert "was@example.org" not in page


def test_a_worker_deletes_the_rest_and_nothing_of_others(
    alice: User,
    charlie: User,
    make_track: MakeTrack,
    three: list[Track],
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    other = make_track(owner=charlie)
    delete_on_the_page(signed_in(alice), django_capture_on_commit_callbacks)
    with django_capture_on_commit_callbacks(execute=True):
        run_enqueued_tasks()
    run_enqueued_tasks()
    assert [user.email for user in User.objects.all()] == [charlie.email]
    assert [row.pk for row in Track.all_objects.all()] == [other.pk]
    assert not any(default_storage.exists(track.original.name) for track in three)
    assert default_storage.exists(other.original.name)


def test_what_a_dead_process_has_left_is_resumed_once(
    alice: User, three: list[Track], django_capture_on_commit_callbacks: OnCommit
) -> None:
    services.user_delete(user=alice)
    assert not account_deletion._delete(alice.pk, batches=2)
    assert Track.all_objects.filter(owner=alice).count() == 1
    default_task_backend.clear()
    assert services.user_deletions_resume() == 0
    User.objects.filter(pk=alice.pk).update(deletion_progress_at=timezone.now() - timedelta(minutes=3))
    assert services.user_deletions_resume() == 1
    assert services.user_deletions_resume() == 0
    run_enqueued_tasks()
    assert not User.objects.exists()


def test_an_account_that_was_not_closed_is_left_alone(alice: User, three: list[Track]) -> None:
    services.user_deletion_continue(user_id=alice.pk)
    assert User.objects.filter(pk=alice.pk).exists()
    assert Track.all_objects.filter(owner=alice).count() == 3
