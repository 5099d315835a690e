"""Deleted tracks stay in the bin for some weeks, and can be restored with everything known about them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from classifier.errors import AudioError
from library import selectors, services
from library.models import BulkAction, BulkActionTrack, PartialUpload, Prediction, Track, TrackDeletion, User
from library.search.saved import playlist_tracks_of
from tests.factories import close_response, run_enqueued_tasks, upload, wav

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OnCommit = DjangoCaptureOnCommitCallbacks


def put_in_bin(track: Track, *, days: float = 0) -> None:
    assert services.tracks_move_to_bin(owner=track.owner, track_ids=[track.pk]) == [track.pk]
    then = timezone.now() - timedelta(days=days)
    Track.all_objects.filter(pk=track.pk).update(deleted_at=then)
    TrackDeletion.objects.filter(track_id=track.pk).update(deleted_at=then)


def files_of(track: Track) -> list[bool]:
    """Whether its upload, peaks and spectrogram are in storage."""
    return [default_storage.exists(field.name) for field in (track.original, track.peaks, track.spectrogram)]


class TestThereAndBack:
    def test_everything_known_comes_back(self, alice: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        services.track_tag(track=track, name="late")
        playlist = services.playlist_add(owner=alice, name="Evening")
        services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
        before = Track.objects.get(pk=track.pk)

        put_in_bin(track)
        assert not selectors.tracks_of(alice).exists()
        assert services.tracks_restore(owner=alice, track_ids=[track.pk]) == [track.pk]

        after = selectors.tracks_of(alice).get()
        assert (after.genre, after.genre_source, after.prediction) == ("jazz", "owner", before.prediction)
        assert [tag.name for tag in after.tags.all()] == ["late"]
        assert [item.track for item in selectors.playlist_items_of(alice, playlist)] == [track]
        assert after.updated_at > before.updated_at
        assert not TrackDeletion.objects.exists()
        assert all(files_of(track))

    def test_each_says_what_it_did_and_nothing_else(
        self, alice: User, charlie: User, make_track: MakeTrack
    ) -> None:
        one, two, his = make_track(), make_track(), make_track(owner=charlie)
        ids = [one.pk, one.pk, two.pk, his.pk]
        assert set(services.tracks_move_to_bin(owner=alice, track_ids=ids)) == {one.pk, two.pk}
        assert services.tracks_move_to_bin(owner=alice, track_ids=ids) == []
        assert set(Track.objects.all()) == {his}
        assert services.tracks_restore(owner=charlie, track_ids=ids) == []
        assert services.tracks_restore(owner=alice, track_ids=[two.pk, his.pk]) == [two.pk]
        assert set(selectors.bin_of(alice)) == {one}
        assert services.tracks_purge(owner=charlie, track_ids=ids[:3]) == 0
        assert Track.all_objects.count() == 3

    def test_a_place_in_a_playlist_stays(self, alice: User, make_track: MakeTrack) -> None:
        first, second, third = make_track(), make_track(), make_track()
        playlist = services.playlist_add(owner=alice, name="Evening")
        for track in (first, second, third):
            services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
        put_in_bin(second)
        assert list(playlist_tracks_of(alice, playlist)) == [first, third]
        last = selectors.playlist_items_of(alice, playlist).last()
        assert last
        services.playlist_move(item=last, position=0)
        assert list(playlist_tracks_of(alice, playlist)) == [third, first]
        services.playlist_move(item=last, position=1)
        services.tracks_restore(owner=alice, track_ids=[second.pk])
        order = [item.track for item in selectors.playlist_items_of(alice, playlist)]
        assert order.index(first) < order.index(third)
        assert set(order) == {first, second, third}

    def test_an_undo_may_reach_more_than_the_action_did(
        self, alice: User, alice_client: Client, alice_api: Client, make_track: MakeTrack
    ) -> None:
        """The action did not count a track in the bin; restored since, it is in the playlist again."""
        kept, binned = make_track(), make_track()
        actions = []
        for name in ("One", "Other"):
            playlist = services.playlist_add(owner=alice, name=name)
            services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
            services.tracks_delete(tracks=Track.objects.filter(pk=binned.pk), person=alice)
            actions.append(services.playlist_delete(playlist=playlist))
            services.tracks_restore(owner=alice, track_ids=[binned.pk])
        page = alice_client.post(reverse("bulk-action-undo", args=[actions[0].pk]), follow=True).text
        assert "Undone: Deleted “One” (2 tracks)." in page
        undone = alice_api.post(f"/api/v1/acts/{actions[1].pk}/undo/").json()
        assert (undone["done"], undone["skipped"]) == (2, 0)
        for playlist in selectors.playlists_of(alice):
            assert {item.track_id for item in playlist.items.all()} == {kept.pk, binned.pk}

    def test_what_waited_waits_again(
        self, alice: User, make_track: MakeTrack, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        ready, waiting = make_track(), make_track(status="queued")
        busy = make_track(status="analysing", attempts=3, stage="listening")
        for track in (ready, waiting, busy):
            put_in_bin(track)
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            services.tracks_restore(owner=alice, track_ids=[ready.pk, waiting.pk, busy.pk])
        (task,) = default_task_backend.results
        assert set(task.args[0]) == {str(waiting.pk), str(busy.pk)}
        busy.refresh_from_db()
        assert (busy.status, busy.stage, busy.attempts) == ("queued", "", 0)
        assert services.track_lease(track_id=busy.pk)

    def test_a_genre_that_was_deleted_meanwhile_is_one_again(self, alice: User, track: Track) -> None:
        genre = services.own_genre_add(owner=alice, name="Dub")
        services.genre_set(track=track, person=alice, genre=genre.key)
        put_in_bin(track)
        services.own_genre_delete(genre=genre)
        services.tracks_restore(owner=alice, track_ids=[track.pk])
        track.refresh_from_db()
        assert track.genre == genre.key
        assert genre in selectors.own_genres_of(alice)


class TestForGood:
    def test_rows_and_files_go(
        self, alice: User, make_track: MakeTrack, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        binned, live, other = make_track(), make_track(), make_track()
        put_in_bin(binned)
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert services.tracks_purge(owner=alice, track_ids=[binned.pk, live.pk]) == 2
        assert list(Track.all_objects.all()) == [other]
        run_enqueued_tasks()
        assert not any(files_of(binned) + files_of(live))
        assert all(files_of(other))
        assert set(TrackDeletion.objects.values_list("track_id", flat=True)) == {binned.pk, live.pk}

    def test_after_thirty_days(self, make_track: MakeTrack, settings: Settings) -> None:
        old, young = make_track(), make_track()
        put_in_bin(old, days=31)
        put_in_bin(young, days=29)
        assert services.bin_expire() == 1
        assert list(Track.all_objects.all()) == [young]
        settings.EARMARK_BIN_DAYS = 7
        assert services.bin_expire() == 1

    def test_tombstones_go_after_ninety_days(self, make_track: MakeTrack) -> None:
        old, young = make_track(), make_track()
        put_in_bin(old, days=91)
        put_in_bin(young, days=89)
        assert services.track_deletions_expire() == 1
        assert TrackDeletion.objects.get().track_id == young.pk

    def test_batches(self, alice: User, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("library.services.batches.BATCH_SIZE", 2)
        ids = [make_track().pk for _ in range(5)]
        assert sorted(services.tracks_move_to_bin(owner=alice, track_ids=ids)) == sorted(ids)
        assert sorted(services.tracks_restore(owner=alice, track_ids=ids)) == sorted(ids)
        assert services.tracks_purge(owner=alice, track_ids=iter(ids)) == 5

    def test_an_account_takes_its_bin_with_it(
        self, alice: User, track: Track, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        put_in_bin(track)
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            services.user_delete(user=alice)
        run_enqueued_tasks()
        assert not Track.all_objects.exists()
        assert not any(files_of(track))


class TestOneTrack:
    def test_it_is_a_bulk_action_that_can_be_undone(self, alice: User, track: Track) -> None:
        action = services.track_delete(track=track)
        assert (action.person, action.kind, action.total, action.done) == (
            alice,
            BulkAction.Kind.DELETE,
            1,
            1,
        )
        assert action.summary == f"Deleted “{track.title}”"
        target = BulkActionTrack.objects.get(action=action)
        assert (target.track_id, target.state) == (track.pk, BulkActionTrack.State.DONE)

    def test_twice_at_once_is_once(self, alice_client: Client, track: Track) -> None:
        services.track_delete(track=track)
        with pytest.raises(services.tracks.DomainError) as refused:
            services.track_delete(track=track)
        assert refused.value.status == 404
        assert BulkAction.objects.count() == 1

    def test_the_page_says_where_it_went(self, alice_client: Client, track: Track) -> None:
        page = alice_client.post(reverse("track-delete", args=[track.pk]), follow=True).content.decode()
        assert f'Moved “{track.title}” to <a href="/bin/">the bin</a>.' in page
        assert reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]) in page

    @pytest.mark.parametrize(
        ("fields", "location"),
        [
            ({}, "/"),
            ({"next": "/?genre=blues&page=2"}, "/?genre=blues&page=2"),
            ({"next": "//evil.example/"}, "/"),
        ],
    )
    def test_the_page_of_a_list_is_gone_back_to(
        self, fields: dict[str, str], location: str, track: Track, alice_client: Client
    ) -> None:
        response = alice_client.post(reverse("track-delete", args=[track.pk]), fields)
        assert (response.status_code, response["Location"]) == (302, location)


class TestTheSameFileAgain:
    def test_it_comes_back_as_it_was(self, alice: User) -> None:
        track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
        services.track_tag(track=track, name="late")
        put_in_bin(track)
        again, created = services.track_add(owner=alice, upload=upload(wav(7), "other name.wav"))
        assert (again.pk, created, again.was_in_bin, again.original_name) == (
            track.pk,
            False,
            True,
            "song.wav",
        )
        assert [tag.name for tag in again.tags.all()] == ["late"]
        assert Track.all_objects.count() == 1
        twin, _ = services.track_add(owner=alice, upload=upload(wav(7)))
        assert not twin.was_in_bin

    def test_of_somebody_else_it_is_new(self, alice: User, charlie: User) -> None:
        track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
        put_in_bin(track)
        _, created = services.track_add(owner=charlie, upload=upload(wav(7)))
        assert created
        assert set(selectors.bin_of(alice)) == {track}

    def test_the_page_says_so(self, alice: User, alice_client: Client) -> None:
        track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
        put_in_bin(track)
        alice_client.post(reverse("upload"), {"file": upload(wav(7))})
        assert (
            "This was in your bin and has been restored."
            in alice_client.get(reverse("upload")).content.decode()
        )
        row = PartialUpload.objects.get()
        assert (row.duplicate, row.error_code, row.track) == (True, "", track)

    def test_an_upload_of_what_lies_in_the_bin_leads_nowhere(self, alice: User, alice_client: Client) -> None:
        alice_client.post(reverse("upload"), {"file": upload(wav(7))})
        track = Track.objects.get()
        put_in_bin(track)
        page = alice_client.get(reverse("upload")).content.decode()
        assert "Deleted<" in page
        assert str(track.pk) not in page


class TestRoom:
    def test_the_bin_counts_and_says_how_much_it_holds(
        self, alice: User, make_track: MakeTrack, settings: Settings
    ) -> None:
        track = make_track()
        put_in_bin(track)
        settings.EARMARK_QUOTA_BYTES = track.size
        with pytest.raises(AudioError) as refused:
            services.track_add(owner=alice, upload=upload(wav(7)))
        assert refused.value.code == "over_quota"
        assert "3.9\xa0KB of that is in the bin: empty it to make room." in refused.value.message
        services.tracks_purge(owner=alice, track_ids=[track.pk])
        services.track_add(owner=alice, upload=upload(wav(7)))

    def test_an_empty_bin_is_not_spoken_of(
        self, alice: User, make_track: MakeTrack, settings: Settings
    ) -> None:
        settings.EARMARK_QUOTA_BYTES = make_track().size
        with pytest.raises(AudioError) as refused:
            services.track_add(owner=alice, upload=upload(wav(7)))
        assert "Delete a few tracks" in refused.value.message
        assert "bin" not in refused.value.message

    def test_the_account_page_says_how_much(self, alice_client: Client, track: Track) -> None:
        put_in_bin(track)
        page = " ".join(alice_client.get(reverse("account")).content.decode().split())
        assert 'of that is a deleted track in <a href="/bin/">the bin</a>.' in page
        goes = " ".join(alice_client.get(reverse("account_delete")).content.decode().split())
        assert "<dt>In the bin</dt>" in goes


class TestPage:
    def test_it_says_what_goes_when(self, alice_client: Client, make_track: MakeTrack) -> None:
        track = make_track(title="So What", artist="Miles")
        put_in_bin(track, days=3)
        page = " ".join(alice_client.get(reverse("bin")).content.decode().split())
        goes = timezone.localtime(timezone.now() + timedelta(days=27))
        for text in (
            "So What",
            "Miles",
            f"{goes.day} {goes:%b} {goes.year}</time>",
            "1 track in the bin",
        ):
            assert text in page

    def test_nothing_in_it(self, alice_client: Client) -> None:
        assert "The bin is empty." in alice_client.get(reverse("bin")).content.decode()

    def test_as_many_queries_for_one_as_for_many(
        self, alice_client: Client, make_track: MakeTrack, django_assert_num_queries: Callable
    ) -> None:
        for count in (1, 20):
            for _ in range(count):
                put_in_bin(make_track())
            with django_assert_num_queries(7):
                alice_client.get(reverse("bin"))

    def test_one_or_some_come_back(self, alice: User, alice_client: Client, make_track: MakeTrack) -> None:
        tracks = [make_track() for _ in range(3)]
        for track in tracks:
            put_in_bin(track)
        chosen = [str(track.pk) for track in tracks[:2]]
        page = alice_client.post(reverse("bin-restore"), {"track": [*chosen, "x"]}, follow=True)
        assert "2 tracks are back in your library." in page.content.decode()
        assert set(selectors.bin_of(alice)) == {tracks[2]}

    def test_all_is_what_was_shown(self, alice: User, alice_client: Client, make_track: MakeTrack) -> None:
        shown, later = make_track(), make_track()
        put_in_bin(shown)
        now = alice_client.get(reverse("bin")).context["now"]
        put_in_bin(later)
        alice_client.post(reverse("bin-restore"), {"all": now})
        assert set(selectors.bin_of(alice)) == {later}

    def test_for_good_asks_first_with_number_and_size(
        self, alice: User, alice_client: Client, make_track: MakeTrack
    ) -> None:
        for _ in range(2):
            put_in_bin(make_track())
        now = alice_client.get(reverse("bin")).context["now"]
        asked = alice_client.post(reverse("bin-purge"), {"all": now}).content.decode()
        assert "Delete 2 tracks permanently?" in asked
        assert "7.9\xa0KB" in asked
        assert selectors.bin_of(alice).count() == 2
        assert alice_client.post(reverse("bin-purge"), {"all": now, "confirmed": "2"}).url == reverse("bin")  # type: ignore[attr-defined]
        assert not Track.all_objects.exists()

    def test_another_number_is_asked_again(
        self, alice: User, alice_client: Client, make_track: MakeTrack
    ) -> None:
        tracks = [make_track() for _ in range(2)]
        for track in tracks:
            put_in_bin(track)
        form = {"track": [str(track.pk) for track in tracks], "confirmed": "2"}
        services.tracks_restore(owner=alice, track_ids=[tracks[0].pk])
        again = alice_client.post(reverse("bin-purge"), form).content.decode()
        assert "Delete 1 track permanently?" in again
        assert set(Track.all_objects.all()) == set(tracks)

    @pytest.mark.parametrize("name", ["bin-restore", "bin-purge"])
    @pytest.mark.parametrize("form", [{}, {"all": ""}, {"all": "1"}, {"all": "2026-99-01T00:00:00Z"}])
    def test_nothing_selected_is_said(
        self, alice_client: Client, track: Track, name: str, form: dict[str, str]
    ) -> None:
        put_in_bin(track)
        page = alice_client.post(reverse(name), form, follow=True).content.decode()
        assert "Select some tracks that are in the bin first" in page
        assert Track.all_objects.exclude(deleted_at=None).exists()

    @pytest.mark.parametrize("name", ["bin-restore", "bin-purge"])
    def test_never_anothers(self, charlie_client: Client, track: Track, name: str) -> None:
        put_in_bin(track)
        form = {"track": str(track.pk), "confirmed": "1"}
        assert (
            "Select some tracks that are in the bin first"
            in charlie_client.post(reverse(name), form, follow=True).content.decode()
        )
        assert Track.all_objects.exclude(deleted_at=None).exists()
        assert str(track.pk) not in charlie_client.get(reverse("bin")).content.decode()


class TestAnalysis:
    def test_no_worker_takes_it(self, make_track: MakeTrack) -> None:
        track = make_track(status="queued")
        put_in_bin(track)
        assert services.track_lease(track_id=track.pk) is None
        Track.all_objects.update(updated_at=timezone.now() - timedelta(days=1))
        assert services.tracks_sweep() == 0

    def test_binned_while_it_is_analysed(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        """The worker ends cleanly and leaves nothing; once restored, the track is analysed."""
        from library.services import analysis

        track, _ = services.track_add(owner=alice, upload=upload(wav(7, seconds=4)))
        store = analysis.derived_file_store

        def delete_first(**arguments: object) -> str:
            services.tracks_move_to_bin(owner=alice, track_ids=[track.pk])
            return store(**arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(analysis, "derived_file_store", delete_first)
        services.track_analyse(track_id=track.pk)
        monkeypatch.undo()
        binned = selectors.bin_of(alice).get()
        assert (binned.status, binned.stage, binned.lease, binned.peaks.name) == ("queued", "", None, "")
        assert not Prediction.objects.exists()
        folder = str(Path(track.original.name).parent)
        assert default_storage.listdir(folder)[1] == [Path(track.original.name).name]

        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            services.tracks_restore(owner=alice, track_ids=[track.pk])
        services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert track.status == "ready"


@pytest.mark.parametrize("name", ["original", "tagged", "audio", "spectrogram", "peaks", "timeline"])
def test_its_files_are_not_there(alice_client: Client, track: Track, name: str) -> None:
    url = reverse(name, args=[track.pk])
    answer = alice_client.get(url)
    assert answer.status_code in (200, 302)
    close_response(answer)
    put_in_bin(track)
    assert alice_client.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
class TestUpkeep:
    def doctor(self) -> str:
        out = io.StringIO()
        call_command("doctor", stdout=out)
        return out.getvalue()

    def test_the_doctor_lets_its_files_be(
        self, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_track()
        track = make_track()
        put_in_bin(track)
        monkeypatch.setattr("library.services.doctor._is_orphaned", lambda name, before: True)
        assert "No problems found." in self.doctor()
        assert all(files_of(track))

    def test_the_doctor_mends_nothing_in_it(self, make_track: MakeTrack) -> None:
        make_track()
        track, other = make_track(), make_track()
        for one in (track, other):
            put_in_bin(one)
        default_storage.delete(track.peaks.name)
        default_storage.delete(other.original.name)
        before = list(Track.all_objects.values())
        assert "No problems found." in self.doctor()
        assert list(Track.all_objects.values()) == before

    def test_a_backup_does_not_hold_it(
        self, alice: User, make_track: MakeTrack, tmp_path: Path, settings: Settings
    ) -> None:
        live, binned = make_track(), make_track()
        put_in_bin(binned, days=1)
        report = services.library_backup(folder=tmp_path / "backup")
        assert (report.files, report.missing) == (3, [])
        sums = (tmp_path / "backup" / "files.sha256").read_text()
        assert live.folder in sums
        assert binned.folder not in sums

    def test_what_goes_to_the_bin_during_a_backup_is_in_it(
        self, alice: User, track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = services.backup.database_copy

        def then_delete(*arguments: Any) -> None:
            copy(*arguments)
            services.tracks_move_to_bin(owner=alice, track_ids=[track.pk])

        monkeypatch.setattr("library.services.backup.database_copy", then_delete)
        report = services.library_backup(folder=tmp_path / "backup")
        assert (report.files, report.missing) == (3, [])

    def test_rows_without_their_file_are_forgotten(self, make_track: MakeTrack) -> None:
        live, there, gone = make_track(), make_track(), make_track()
        put_in_bin(there)
        put_in_bin(gone)
        for track in (live, gone):
            default_storage.delete(track.original.name)
        assert services.bin_purge_fileless() == 1
        assert set(Track.all_objects.all()) == {live, there}


def test_what_was_put_back_meanwhile_is_not_emptied_with_the_bin(alice: User, track: Track) -> None:
    services.track_delete(track=track)
    ids = [track.pk]
    services.tracks_restore(owner=alice, track_ids=ids)
    assert services.tracks_purge(owner=alice, track_ids=ids, from_bin_only=True) == 0
    assert Track.objects.filter(pk=track.pk).exists()
