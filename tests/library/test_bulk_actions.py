"""Bulk actions fix their tracks when they are requested, run in batches, and can be watched and cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from library import services
from library.errors import DomainError
from library.models import BulkAction, Playlist, Track, User
from library.services import bulk_actions
from library.services.bulk_action_definitions import BULK_ACTION_DEFINITIONS, BulkActionDefinition
from library.services.bulk_actions import BulkActionOptions, SelectionChangedError
from library.views import bulk_actions as pages
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
ACTS = "/api/v1/acts/"
LATER = BulkActionOptions(in_background=True)


@pytest.fixture
def five(make_track: MakeTrack) -> list[Track]:
    return [make_track(title=title) for title in "abcde"]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_actions, "BATCH_SIZE", 2)


def ask(client: Client, *, prefer: str = "", **body: Any) -> Any:
    headers = {"Prefer": prefer} if prefer else {}
    return client.post(ACTS, body, content_type="application/json", headers=headers)


def tracks_of(alice: User) -> Any:
    return Track.objects.filter(owner=alice).order_by("title")


def tag_later(alice: User) -> BulkAction:
    return services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"], options=LATER)


class TestWhichTracks:
    def test_another_number_than_expected_is_refused(self, alice: User, five: list[Track]) -> None:
        with pytest.raises(
            SelectionChangedError, match="meant for 4 tracks, but the search finds 5 tracks now"
        ):
            services.tracks_tag(
                tracks=tracks_of(alice), person=alice, names=["live"], options=BulkActionOptions(expected=4)
            )
        assert not BulkAction.objects.exists()

    def test_a_program_may_say_how_many_it_expects(self, alice_api: Client, five: list[Track]) -> None:
        response = ask(alice_api, act="delete", query="", expected=4)
        assert (response.status_code, response.json()["code"]) == (409, "selection_changed")
        assert Track.objects.count() == 5
        assert ask(alice_api, act="delete", query="", expected=5).json()["done"] == 5

    def test_those_that_arrive_later_are_not_meant(
        self, alice: User, five: list[Track], make_track: MakeTrack
    ) -> None:
        action = tag_later(alice)
        late = make_track()
        services.bulk_action_run_queued(action_id=action.pk)
        action.refresh_from_db()
        assert (action.status, action.total, action.done) == ("done", 5, 5)
        assert not late.tags.exists()

    def test_pages_ask_again_when_the_list_has_changed(
        self, alice_client: Client, five: list[Track], make_track: MakeTrack
    ) -> None:
        page = alice_client.get("/").content.decode()
        assert 'name="expected"' in page
        make_track(title="f")
        form = {"act": "tag", "tag": "live", "all": "1", "query": "", "expected": "5", "next": "/"}
        response = alice_client.post(reverse("bulk-action-submit"), form)
        assert response.status_code == 409
        text = " ".join(response.content.decode().split())
        assert "It had 5 tracks when you selected them, and has <strong>6</strong> now." in text
        assert "Continue with 6 tracks" in text
        assert not BulkAction.objects.exists()
        # What the page that asks sends is enough to do it.
        assert 'name="tag" value="live"' in text
        alice_client.post(reverse("bulk-action-submit"), form | {"expected": "6"})
        assert BulkAction.objects.get().done == 6

    def test_a_search_that_did_not_arrive_whole_is_refused(
        self, alice_client: Client, five: list[Track]
    ) -> None:
        page = alice_client.get("/?q=a&not_tag=live").content.decode()
        (digest,) = re.findall(r'name="digest"\s+value="(\w+)"', page)
        form = {"act": "tag", "tag": "x", "all": "1", "query": "not_tag=live", "digest": digest, "next": "/"}
        page = alice_client.post(reverse("bulk-action-submit"), form, follow=True).content.decode()
        assert "so nothing was done" in page
        assert not BulkAction.objects.exists()


class TestInTheBackground:
    def test_a_program_that_does_not_wait_gets_a_url_to_poll(
        self,
        alice_api: Client,
        charlie_api: Client,
        five: list[Track],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            response = ask(alice_api, prefer="respond-async", act="tag", value="live", query="")
        assert (response.status_code, response["Preference-Applied"]) == (202, "respond-async")
        assert response.json()["status"] == "queued"
        address = response["Location"]
        assert charlie_api.get(address).status_code == 404
        (task,) = default_task_backend.results
        assert task.task.name == "run_bulk_action"
        task.task.func(*task.args)
        answer = alice_api.get(address).json()
        assert (answer["status"], answer["total"], answer["done"]) == ("done", 5, 5)
        assert alice_api.post(f"{address}undo/").json()["done"] == 5

    def test_a_program_that_waits_gets_the_result(self, alice_api: Client, five: list[Track]) -> None:
        response = ask(alice_api, prefer="return=minimal", act="tag", value="live", query="")
        assert (response.status_code, response.json()["done"]) == (200, 5)

    def test_pages_do_not_wait_for_very_many(
        self, monkeypatch: pytest.MonkeyPatch, alice_client: Client, five: list[Track]
    ) -> None:
        monkeypatch.setattr(pages, "MAX_SYNCHRONOUS_TRACKS", 4)
        form = {"act": "tag", "tag": "live", "all": "1", "query": "", "next": "/"}
        page = alice_client.post(reverse("bulk-action-submit"), form, follow=True).content.decode()
        assert "working on 5 tracks" in page
        assert reverse("recent") in page
        assert BulkAction.objects.get().status == "queued"

    @pytest.mark.usefixtures("small_batches")
    def test_cancelled_it_stops_and_what_was_done_can_be_undone(
        self, alice: User, alice_api: Client, five: list[Track]
    ) -> None:
        action = tag_later(alice)
        assert bulk_actions._batch_run(action, BULK_ACTION_DEFINITIONS[BulkAction.Kind.TAG])
        answer = alice_api.post(f"{ACTS}{action.pk}/cancel/").json()
        assert (answer["status"], answer["done"]) == ("cancelled", 2)
        services.bulk_action_run_queued(action_id=action.pk)
        assert Track.objects.filter(tags__name="live").count() == 2
        again = alice_api.post(f"{ACTS}{action.pk}/cancel/")
        assert (again.status_code, again.json()["code"]) == (409, "finished_already")
        assert services.bulk_action_undo(action=action) == 2

    def test_it_is_not_undone_while_it_is_being_done(self, alice: User, five: list[Track]) -> None:
        with pytest.raises(DomainError, match="still running"):
            services.bulk_action_undo(action=tag_later(alice))

    @pytest.mark.usefixtures("small_batches")
    def test_the_work_of_a_dead_process_is_resumed_once(
        self,
        alice: User,
        five: list[Track],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        action = tag_later(alice)
        bulk_actions._batch_run(action, BULK_ACTION_DEFINITIONS[BulkAction.Kind.TAG])
        default_task_backend.clear()
        assert services.bulk_actions_resume() == 0
        BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
        assert services.bulk_actions_resume() == 1
        assert services.bulk_actions_resume() == 0
        (task,) = default_task_backend.results
        task.task.func(*task.args)
        action.refresh_from_db()
        assert (action.status, action.done, action.skipped) == ("done", 5, 0)

    def test_one_whose_process_died_before_it_began_has_failed(
        self, monkeypatch: pytest.MonkeyPatch, alice: User, five: list[Track]
    ) -> None:
        """Only some of its tracks were recorded, so nothing of it may be carried out."""
        add = bulk_actions.bulk_action_targets_add

        def add_some_and_die(*, tracks: Any, **kwargs: Any) -> int:
            add(tracks=list(tracks)[:3], **kwargs)
            raise KeyboardInterrupt

        monkeypatch.setattr(bulk_actions, "bulk_action_targets_add", add_some_and_die)
        with pytest.raises(KeyboardInterrupt):
            tag_later(alice)
        BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
        assert services.bulk_actions_resume() == 0
        action = BulkAction.objects.get()
        assert (action.status, action.done) == ("failed", 0)
        services.bulk_action_run_queued(action_id=action.pk)
        assert not Track.objects.filter(tags__isnull=False).exists()

    def test_a_track_deleted_for_good_while_it_waits_does_not_stop_it(
        self, alice: User, five: list[Track]
    ) -> None:
        action = tag_later(alice)
        services.tracks_purge(owner=alice, track_ids=[five[3].pk])
        BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
        assert services.bulk_actions_resume() == 1
        services.bulk_action_run_queued(action_id=action.pk)
        action.refresh_from_db()
        assert (action.status, action.total, action.done, action.skipped) == ("done", 5, 4, 1)

    def test_one_that_is_refused_has_failed_and_says_why(self, alice: User, five: list[Track]) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        action = services.playlist_append(playlist=playlist, tracks=tracks_of(alice), options=LATER)
        services.playlist_delete(playlist=playlist)
        services.bulk_action_run_queued(action_id=action.pk)
        action.refresh_from_db()
        assert (action.status, action.error) == ("failed", "The playlist was deleted meanwhile.")

    def test_one_that_breaks_has_failed_and_is_not_tried_for_ever(
        self, monkeypatch: pytest.MonkeyPatch, alice: User, five: list[Track]
    ) -> None:
        def breaks(action: BulkAction, ids: list[Any]) -> dict[Any, Any]:
            raise ZeroDivisionError

        action = tag_later(alice)
        monkeypatch.setitem(
            BULK_ACTION_DEFINITIONS,
            BulkAction.Kind.TAG,
            BulkActionDefinition(breaks),
        )
        with pytest.raises(ZeroDivisionError):
            services.bulk_action_run_queued(action_id=action.pk)
        action.refresh_from_db()
        assert (action.status, action.done) == ("failed", 0)
        assert "Something went wrong" in action.error
        BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
        assert services.bulk_actions_resume() == 0

    def test_an_unavailable_database_leaves_it_to_be_resumed(
        self, monkeypatch: pytest.MonkeyPatch, alice: User, five: list[Track]
    ) -> None:
        def is_away(action: BulkAction, ids: list[Any]) -> dict[Any, Any]:
            raise OperationalError

        action = tag_later(alice)
        monkeypatch.setitem(
            BULK_ACTION_DEFINITIONS,
            BulkAction.Kind.TAG,
            BulkActionDefinition(is_away),
        )
        with pytest.raises(OperationalError):
            services.bulk_action_run_queued(action_id=action.pk)
        BulkAction.objects.update(updated_at=timezone.now() - timedelta(minutes=3))
        assert services.bulk_actions_resume() == 1

    def test_the_order_is_kept_over_batches(
        self, monkeypatch: pytest.MonkeyPatch, alice: User, five: list[Track]
    ) -> None:
        monkeypatch.setattr(bulk_actions, "BATCH_SIZE", 2)
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice).reverse())
        assert [item.track.title for item in playlist.items.all()] == list("edcba")


class TestForGood:
    def test_it_must_be_asked_for_and_cannot_be_undone(self, alice_api: Client, five: list[Track]) -> None:
        done = ask(alice_api, act="delete", query="", permanently=True).json()
        assert done == {"id": None, "done": 5, "skipped": 0}
        assert not Track.all_objects.exists()
        assert ask(alice_api, act="tag", value="x", query="", permanently=True).status_code == 400

    def test_also_from_the_bin_and_only_the_owners(
        self, alice_api: Client, charlie_api: Client, five: list[Track]
    ) -> None:
        services.track_delete(track=five[0])
        ids = [str(track.pk) for track in five[:2]]
        assert ask(charlie_api, act="delete", ids=ids, permanently=True).json()["done"] == 0
        assert ask(alice_api, act="delete", ids=ids, permanently=True).json()["done"] == 2
        assert Track.all_objects.count() == 3


class TestUndo:
    def test_a_tag_that_was_deleted_and_came_back_is_taken_off(self, alice: User, five: list[Track]) -> None:
        tagged = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        deleted = services.tag_delete(tag=alice.tags.get())
        assert services.bulk_action_undo(action=deleted) == 5
        assert services.bulk_action_undo(action=tagged) == 5
        assert not Track.objects.filter(tags__isnull=False).exists()

    def test_also_when_another_has_taken_its_name_meanwhile(self, alice: User, five: list[Track]) -> None:
        tagged = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        deleted = services.tag_delete(tag=alice.tags.get())
        services.tag_add(owner=alice, name="Live")
        services.bulk_action_undo(action=deleted)
        services.tag_change(tag=alice.tags.get(), name="concert")
        assert services.bulk_action_undo(action=tagged) == 5
        assert not Track.objects.filter(tags__isnull=False).exists()

    def test_a_new_tag_of_the_old_name_is_another_tag(self, alice: User, five: list[Track]) -> None:
        tagged = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        services.tag_change(tag=alice.tags.get(), name="concert")
        services.tracks_tag(tracks=tracks_of(alice)[:2], person=alice, names=["live"])
        assert services.bulk_action_undo(action=tagged) == 5
        assert Track.objects.filter(tags__name="live").count() == 2

    def test_the_page_says_how_much_was_undone(
        self, alice: User, alice_client: Client, five: list[Track]
    ) -> None:
        tag = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        live = alice.tags.get()
        for track in five[:3]:
            services.track_untag(track=track, tag=live)
        page = alice_client.post(reverse("bulk-action-undo", args=[tag.pk]), follow=True).content.decode()
        assert "Undone on 2 of 5 tracks: Tagged “live”. The other 3 have been changed since." in page

    def test_the_page_says_when_nothing_was_left(
        self, alice: User, alice_client: Client, five: list[Track]
    ) -> None:
        tag = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        services.tag_delete(tag=alice.tags.get())
        page = alice_client.post(reverse("bulk-action-undo", args=[tag.pk]), follow=True).content.decode()
        assert "There was nothing left to undo: Tagged “live”." in page

    def test_a_rejected_suggestion_stays_rejected(self, alice: User, make_track: MakeTrack) -> None:
        track = make_track(file_genre="Shoegaze")
        services.suggestion_reject(track=track, name="Shoegaze")
        tagged = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["shoegaze"])
        services.bulk_action_undo(action=tagged)
        assert track.rejections.filter(key="shoegaze").exists()

    def test_a_suggestion_accepted_and_removed_is_not_made_again(
        self, alice: User, alice_client: Client, make_track: MakeTrack
    ) -> None:
        track = make_track(file_genre="Shoegaze")
        tag = services.track_tag(track=track, name="Shoegaze")
        services.track_untag(track=track, tag=tag)
        assert track.rejections.filter(key="shoegaze").exists()
        services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["Shoegaze"])
        untagged = services.tracks_untag(tracks=tracks_of(alice), person=alice, names=[tag.name])
        assert track.rejections.filter(key="shoegaze").exists()
        services.bulk_action_undo(action=untagged)
        assert [tag.name for tag in track.tags.all()] == ["Shoegaze"]
        assert not track.rejections.exists()

    def test_a_track_taken_out_of_a_playlist_is_put_back_in_its_place(
        self, alice: User, alice_client: Client, charlie_client: Client, five: list[Track]
    ) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
        item = playlist.items.all()[2]
        address = reverse("playlist-remove", args=[playlist.pk, item.pk])
        page = alice_client.post(address, {"next": playlist.get_absolute_url()}, follow=True).content.decode()
        action = BulkAction.objects.get(kind=BulkAction.Kind.PLAYLIST_REMOVE)
        undo = reverse("bulk-action-undo", args=[action.pk])
        assert undo in page
        assert playlist.items.count() == 4
        charlie_client.post(undo)
        assert playlist.items.count() == 4
        alice_client.post(undo)
        assert [item.track.title for item in playlist.items.all()] == list("abcde")

    def test_not_into_a_playlist_that_is_gone(self, alice: User, five: list[Track]) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
        action = services.playlist_remove(item=playlist.items.all()[0])
        services.playlist_delete(playlist=playlist)
        assert services.bulk_action_undo(action=action) == 0
        assert not Playlist.objects.exists()


class TestRecentChanges:
    def test_what_was_done_today_can_be_undone_there(
        self, alice: User, alice_client: Client, charlie_client: Client, five: list[Track]
    ) -> None:
        services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["live"])
        old = services.tracks_tag(tracks=tracks_of(alice), person=alice, names=["old"])
        BulkAction.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
        page = alice_client.get(reverse("recent")).content.decode()
        assert "Tagged “live”" in page
        assert "Tagged “old”" not in page
        assert "No changes in the last 24 hours." in charlie_client.get(reverse("recent")).content.decode()

    def test_running_actions_are_shown_and_can_be_cancelled(
        self, alice: User, alice_client: Client, charlie_client: Client, five: list[Track]
    ) -> None:
        action = tag_later(alice)
        page = alice_client.get(reverse("recent")).content.decode()
        assert "0 of 5 tracks" in page
        assert 'hx-trigger="every 2s"' in page
        address = reverse("bulk-action-cancel", args=[action.pk])
        page = charlie_client.post(address, follow=True).content.decode()
        assert "That can no longer be cancelled." in page
        action.refresh_from_db()
        assert action.status == "queued"
        page = alice_client.post(address, follow=True).content.decode()
        assert "0 of 5 tracks were done." in page
        assert 'hx-trigger="every 2s"' not in page

    def test_no_query_per_row(
        self,
        alice: User,
        alice_client: Client,
        five: list[Track],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(20):
            services.tag_delete(tag=services.tag_add(owner=alice, name=str(number)))
        with django_assert_max_num_queries(8):
            alice_client.get(reverse("recent"))


def test_somebody_elses_tracks_are_never_touched(alice: User, five: list[Track]) -> None:
    dora = UserFactory.create()
    for name, value in (("tag", "live"), ("delete", ""), ("confirm", "")):
        tracks = Track.objects.filter(owner=dora)
        action = services.bulk_action_request(person=dora, name=name, value=value, tracks=tracks)
        assert (action.total, action.done) == (0, 0)
    assert Track.objects.count() == 5
