"""Deleting and merging what very many tracks have is left to a worker, in short transactions, and is undone exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from library import services
from library.errors import DomainError
from library.models import BulkAction, Concept, Playlist, PlaylistItem, Tag, Tagging, Track, User
from library.selectors.tracks import tracks_of
from library.services import bulk_action_undoing, bulk_actions, playlists, tags
from library.services.batches import WritePauses
from library.services.bulk_action_definitions import BULK_ACTION_DEFINITIONS
from library.views import labels
from library.views import playlists as playlist_pages
from tests.factories import run_enqueued_tasks

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OnCommit = DjangoCaptureOnCommitCallbacks
#: Deletes a tag, or merges it into `late`.
Remove = Callable[..., BulkAction]


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tracks are too many for a page to wait for, and two are a batch."""
    for page in (labels, playlist_pages):
        monkeypatch.setattr(page, "MAX_SYNCHRONOUS_TRACKS", 4)
    for module in (tags, playlists, bulk_actions, bulk_action_undoing):
        monkeypatch.setattr(module, "BATCH_SIZE", 2)
    default_task_backend.clear()


@pytest.fixture
def five(make_track: MakeTrack) -> list[Track]:
    return [make_track(title=title) for title in "abcde"]


@pytest.fixture
def live(alice: User, five: list[Track]) -> Tag:
    """On all five; of these, the first has `late`, too, and the last is in the bin."""
    services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
    services.track_tag(track=five[0], name="late")
    services.track_delete(track=five[4])
    return Tag.objects.get(name="live")


def delete(tag: Tag, **options: Any) -> BulkAction:
    return services.tag_delete(tag=tag, **options)


def merge(tag: Tag, **options: Any) -> BulkAction:
    return services.tag_merge(tag=tag, into=Tag.objects.get(name="late"), **options)


either = pytest.mark.parametrize("remove", [delete, merge])


def taggings() -> set[tuple[str, str]]:
    return set(Tagging.objects.values_list("track__title", "tag__name"))


def one_batch(action: BulkAction) -> bool:
    return bulk_actions._batch_run(action, BULK_ACTION_DEFINITIONS[BulkAction.Kind(action.kind)])


def resume() -> None:
    BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
    assert services.bulk_actions_resume() == 1
    assert services.bulk_actions_resume() == 0
    run_enqueued_tasks()


class TestTags:
    @either
    def test_it_is_undone_exactly(self, live: Tag, remove: Remove) -> None:
        before = taggings()
        action = remove(live)
        assert (action.status, action.total, action.done) == ("done", 4, 4)  # not counting the bin
        names = {"late"} if remove is merge else set()
        assert {name for title, name in taggings() if title in "bcde"} == names
        assert not Tag.objects.filter(name="live").exists()
        assert services.bulk_action_undo(action=action) == 4
        assert taggings() == before
        assert Tag.objects.get(name="live").pk == live.pk

    @either
    def test_others_may_write_after_each_batch(
        self, live: Tag, remove: Remove, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left: list[int] = []
        monkeypatch.setattr(WritePauses, "take", lambda self: left.append(live.taggings.count()))
        remove(live)
        assert list(dict.fromkeys(left)) == [3, 1, 0]

    @either
    def test_a_page_leaves_it_to_a_worker(
        self, live: Tag, remove: Remove, alice_client: Client, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        into = "late" if remove is merge else ""
        with django_capture_on_commit_callbacks(execute=True):
            page = alice_client.post(reverse("tag-delete", args=[live.pk]), {"into": into}, follow=True)
        assert "working on 4 tracks." in page.content.decode()
        assert live.taggings.count() == 5
        run_enqueued_tasks()
        assert not Tag.objects.filter(name="live").exists()
        assert BulkAction.objects.latest("created_at").done == 4

    @either
    def test_what_a_dead_process_has_left_is_resumed_once(self, live: Tag, remove: Remove) -> None:
        before = taggings()
        action = remove(live, in_background=True)
        assert one_batch(action)
        assert live.taggings.count() == 3
        resume()
        action.refresh_from_db()
        assert (action.status, action.done) == ("done", 4)
        assert not Tag.objects.filter(name="live").exists()
        services.bulk_action_undo(action=action)
        assert taggings() == before

    @either
    def test_cancelled_the_tag_stays_on_the_others(self, live: Tag, remove: Remove) -> None:
        before = taggings()
        action = remove(live, in_background=True)
        one_batch(action)
        action = services.bulk_action_cancel(action=action)
        services.bulk_action_run_queued(action_id=action.pk)
        assert live.taggings.count() == 3
        services.bulk_action_undo(action=action)
        assert taggings() == before

    @either
    def test_a_track_that_gets_it_meanwhile_loses_it_too(
        self, live: Tag, remove: Remove, make_track: MakeTrack
    ) -> None:
        action = remove(live, in_background=True)
        one_batch(action)
        services.track_tag(track=make_track(title="new"), name="live")
        while one_batch(action):
            pass
        action.refresh_from_db()
        assert (action.total, action.done) == (5, 5)
        assert ("new", "live") not in taggings()
        services.bulk_action_undo(action=action)
        assert ("new", "live") in taggings()
        assert live.taggings.count() == 6

    @either
    def test_where_earmark_has_set_it_it_goes_and_is_not_counted(
        self, alice: User, live: Tag, remove: Remove
    ) -> None:
        concept = Concept.objects.create(owner=alice, tag=live)
        live.taggings.filter(track__title__in="abc").update(concept=concept)
        action = remove(live)
        assert action.done == 1
        assert ("b", "late") not in taggings()
        assert not Tag.objects.filter(name="live").exists()

    def test_one_whose_other_tag_is_gone_has_failed_and_can_be_undone(self, alice: User, live: Tag) -> None:
        action = merge(live, in_background=True)
        one_batch(action)
        services.tag_delete(tag=Tag.objects.get(name="late"))
        with pytest.raises(DomainError):
            one_batch(action)
        services.bulk_action_run_queued(action_id=action.pk)
        action.refresh_from_db()
        assert (action.status, action.error) == ("failed", "The tag to merge into was deleted meanwhile.")
        assert live.taggings.count() == 3
        services.bulk_action_undo(action=action)
        assert live.taggings.count() == 5

    def test_of_two_that_delete_the_same_one_the_second_has_nothing_to_do(self, live: Tag) -> None:
        first, second = delete(live, in_background=True), delete(live, in_background=True)
        one_batch(first)
        services.bulk_action_run_queued(action_id=second.pk)
        services.bulk_action_run_queued(action_id=first.pk)
        assert set(BulkAction.objects.values_list("status", flat=True)) == {"done"}
        for action in (first, second):
            services.bulk_action_undo(action=action)
        assert live.taggings.count() == 5


class TestPlaylists:
    @pytest.fixture
    def playlist(self, alice: User, five: list[Track]) -> Playlist:
        """In an order of its own, with one track twice and one in the bin."""
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
        services.playlist_move(item=playlist.items.last(), position=0)
        PlaylistItem.objects.create(playlist=playlist, track=five[1], position=50_000)
        services.track_delete(track=five[2])
        return playlist

    def items(self) -> list[tuple[Any, ...]]:
        return list(PlaylistItem.objects.values_list("playlist", "pk", "track__title", "position"))

    def test_it_is_undone_exactly(self, playlist: Playlist) -> None:
        before = self.items()
        action = services.playlist_delete(playlist=playlist)
        assert (action.status, action.total, action.done) == ("done", 5, 5)
        assert not Playlist.objects.exists()
        assert services.bulk_action_undo(action=action) == 5
        assert self.items() == before

    def test_a_page_leaves_it_to_a_worker(
        self, playlist: Playlist, alice_client: Client, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        before = self.items()
        with django_capture_on_commit_callbacks(execute=True):
            page = alice_client.post(reverse("playlist-delete", args=[playlist.pk]), follow=True)
        assert "Deleted “Late”: working on 5 tracks." in page.content.decode()
        assert self.items() == before
        run_enqueued_tasks()
        assert not Playlist.objects.exists()
        services.bulk_action_undo(action=BulkAction.objects.latest("created_at"))
        assert self.items() == before

    def test_what_a_dead_process_has_left_is_resumed_once(self, playlist: Playlist) -> None:
        before = self.items()
        action = services.playlist_delete(playlist=playlist, in_background=True)
        assert one_batch(action)
        assert self.items() == before[2:]
        resume()
        assert not Playlist.objects.exists()
        action.refresh_from_db()
        services.bulk_action_undo(action=action)
        assert self.items() == before

    def test_cancelled_the_others_stay_in_it(self, playlist: Playlist) -> None:
        before = self.items()
        action = services.playlist_delete(playlist=playlist, in_background=True)
        one_batch(action)
        action = services.bulk_action_cancel(action=action)
        assert self.items() == before[2:]
        services.bulk_action_undo(action=action)
        assert self.items() == before

    def test_an_empty_one(self, alice: User) -> None:
        playlist = services.playlist_add(owner=alice, name="Empty")
        action = services.playlist_delete(playlist=playlist)
        assert (action.status, action.total) == ("done", 0)
        services.bulk_action_undo(action=action)
        assert Playlist.objects.get() == playlist
