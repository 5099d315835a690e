"""Undoing a bulk action of very many tracks, and deleting a genre of as many, is left to a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from library import services
from library.models import BulkAction, Genre, Track, User
from library.services import bulk_action_undoing
from library.views import labels, recent
from tests.factories import run_enqueued_tasks

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OnCommit = DjangoCaptureOnCommitCallbacks


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tracks are too many for a page to wait for, and two are a batch."""
    for page in (recent, labels):
        monkeypatch.setattr(page, "MAX_SYNCHRONOUS_TRACKS", 4)
    monkeypatch.setattr(bulk_action_undoing, "BATCH_SIZE", 2)
    default_task_backend.clear()


@pytest.fixture
def tagged(alice: User, make_track: MakeTrack) -> BulkAction:
    for title in "abcde":
        make_track(title=title)
    return services.tracks_tag(tracks=Track.objects.filter(owner=alice), person=alice, names=["live"])


def live_count() -> int:
    return Track.objects.filter(tags__name="live").count()


def test_a_page_leaves_it_to_a_worker_and_shows_how_far_it_is(
    alice_client: Client, tagged: BulkAction, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = alice_client.post(reverse("bulk-action-undo", args=[tagged.pk]), follow=True).content.decode()
    assert "Undoing: Tagged “live” (5 tracks)." in page
    assert live_count() == 5

    bulk_action_undoing._batch_undo(tagged, bulk_action_undoing._begin(tagged))
    rows = alice_client.get(f"{reverse('recent')}?rows=1").content.decode()
    assert "Undoing: 2 of 5 tracks" in rows
    assert 'hx-trigger="every 2s"' in rows

    run_enqueued_tasks()
    assert live_count() == 0
    rows = alice_client.get(f"{reverse('recent')}?rows=1").content.decode()
    assert "Undoing" not in rows
    assert "Undone" in rows
    assert "hx-trigger" not in rows


def test_a_page_undoes_a_few_at_once(alice_client: Client, alice: User, make_track: MakeTrack) -> None:
    make_track()
    action = services.tracks_tag(tracks=Track.objects.filter(owner=alice), person=alice, names=["live"])
    page = alice_client.post(reverse("bulk-action-undo", args=[action.pk]), follow=True).content.decode()
    assert "Undone: Tagged “live” (1 track)." in page
    assert live_count() == 0


def test_it_is_not_undone_twice(alice_client: Client, tagged: BulkAction) -> None:
    address = reverse("bulk-action-undo", args=[tagged.pk])
    services.bulk_action_undo(action=tagged)
    assert "undone already" in alice_client.post(address, follow=True).content.decode()
    tagged.refresh_from_db()
    assert tagged.undo_progress_at is None


def test_what_a_dead_process_has_left_is_resumed_once(tagged: BulkAction) -> None:
    bulk_action_undoing._batch_undo(tagged, bulk_action_undoing._begin(tagged))
    assert services.bulk_action_undos_resume() == 0
    BulkAction.objects.update(undo_progress_at=timezone.now() - timedelta(minutes=3))
    assert services.bulk_action_undos_resume() == 1
    assert services.bulk_action_undos_resume() == 0
    run_enqueued_tasks()
    assert live_count() == 0
    tagged.refresh_from_db()
    assert (tagged.undone, tagged.undo_progress_at) == (5, None)


def test_a_genre_of_very_many_tracks_stays_until_they_have_another(
    alice: User,
    alice_client: Client,
    make_track: MakeTrack,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    genre = services.own_genre_add(owner=alice, name="Dub")
    for _ in range(5):
        services.genre_set(track=make_track(), person=alice, genre=genre.key)
    default_task_backend.clear()
    with django_capture_on_commit_callbacks(execute=True):
        page = alice_client.post(
            reverse("genre-delete", args=[genre.pk]), {"into": "jazz"}, follow=True
        ).content.decode()
    assert "Merged Dub: working on 5 tracks." in page
    assert Genre.objects.get().retired_at is None

    run_enqueued_tasks()
    assert Track.objects.filter(genre="jazz").count() == 5
    assert Genre.objects.get().retired_at is not None
    action = BulkAction.objects.get()
    assert (action.summary, action.done) == ("Merged Dub", 5)

    services.bulk_action_undo(action=action)
    assert Track.objects.filter(genre=genre.key).count() == 5
    assert Genre.objects.get().retired_at is None
