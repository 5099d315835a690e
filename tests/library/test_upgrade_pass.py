"""What tracks lack that an earlier version of Earmark analysed is filled in, and nothing else about them changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.tasks import default_task_backend
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classifier.album_tags import READER_VERSION
from classifier.learning.known import FILE
from library import services, tasks
from library.models import (
    Album,
    AnalysisPart,
    Artist,
    Embedding,
    FileTags,
    LearningVector,
    Prediction,
    Track,
    UpgradeAttempt,
    UpgradePass,
    User,
)
from library.selectors.analysis_parts import lacking_counts, tracks_to_upgrade, upgrade_progress_of
from library.selectors.model_cards import LEARNING_FILE, learning_space
from library.services import upgrades
from tests import sounds
from tests.albums import check_rows
from tests.factories import run_enqueued_tasks

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db
TAGS = {
    "title": "Blue Train",
    "artist": "Nobody",
    "album": "None",
    "date": "1957",
    "genre": "Jazz",
    "album_artist": "Somebody",
    "disc": "2/3",
}


@pytest.fixture(scope="module")
def mp3() -> bytes:
    return sounds.as_bytes(".mp3", 4, tags=TAGS)


@pytest.fixture
def song(alice: User, mp3: bytes) -> Track:
    """A track as an earlier version left it: without its tags, and without a learning vector."""
    track, _ = services.track_add(owner=alice, upload=SimpleUploadedFile("01_blue.mp3", mp3))
    services.track_analyse(track_id=track.pk)
    FileTags.objects.all().delete()
    LearningVector.objects.all().delete()
    default_task_backend.clear()
    return Track.objects.get()


@pytest.fixture
def no_vectors(settings: Settings) -> None:
    """A model that makes none, so that only tags are lacking."""
    settings.EARMARK_MODEL = "mfcc-cnn-1"


def run_one_task() -> None:
    (waiting,) = default_task_backend.results
    default_task_backend.clear()
    waiting.task.func(*waiting.args)


def attempts() -> dict[str, int]:
    return dict(UpgradeAttempt.objects.values_list("part", "attempts"))


# What is filled in


def test_tags_and_vectors_are_filled_in_and_nothing_else_changes(song: Track, alice: User) -> None:
    services.genre_set(track=song, person=alice, genre="rock")
    tables: list[Any] = [Track, Prediction, Embedding]
    before = [list(table.objects.values()) for table in tables]
    assert lacking_counts() == {"albums": 0, "tags": 1, "cover": 0, "vectors": 1, "predictions": 0}

    assert services.upgrade_pass_start()
    run_enqueued_tasks()
    assert FileTags.objects.get().values["TIT2"] == ["Blue Train"]
    vector = LearningVector.objects.get()
    assert (vector.track, vector.owner, vector.space, len(vector.vector)) == (
        song, alice, learning_space(), 256,
    )  # fmt: skip
    assert [list(table.objects.values()) for table in tables] == before
    assert lacking_counts() == {"albums": 0, "tags": 0, "cover": 0, "vectors": 0, "predictions": 0}
    assert not UpgradePass.objects.exists()
    assert not UpgradeAttempt.objects.exists()
    assert not services.upgrade_pass_start()


def test_the_vector_is_that_of_an_analysis(song: Track) -> None:
    services.upgrade_pass_start()
    run_enqueued_tasks()
    filled = bytes(LearningVector.objects.get().vector)
    services.track_analyse_again(track=song)
    services.track_analyse(track_id=song.pk)
    assert bytes(LearningVector.objects.get().vector) == filled


def test_a_prediction_of_an_earlier_version_goes_on_counting(song: Track) -> None:
    Prediction.objects.update(model_version="1.0.0", label="reggae", top="reggae")
    services.effective_genres_recompute(Track.objects.all())
    before = Track.objects.values().get()
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert LearningVector.objects.exists()
    assert Track.objects.values().get() == before
    assert before["genre"] == "reggae"
    assert Prediction.objects.get().model_version == "1.0.0"
    assert lacking_counts() == {"albums": 0, "tags": 0, "cover": 0, "vectors": 0, "predictions": 1}


def test_a_vector_of_another_space_is_replaced(song: Track) -> None:
    services.vectors.learning_vector_record(track=song, vector=[0.6, 0.8], space="old 1")
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert LearningVector.objects.get().space == learning_space()


def test_a_lost_embedding_comes_back(song: Track) -> None:
    before = bytes(Embedding.objects.get().vector)
    Embedding.objects.all().delete()
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert bytes(Embedding.objects.get().vector) == before


def test_a_track_without_a_prediction_gets_one(song: Track) -> None:
    Prediction.objects.all().delete()
    Track.objects.update(genre="", genre_source="")
    services.upgrade_pass_start()
    run_enqueued_tasks()
    song.refresh_from_db()
    assert song.prediction is not None
    assert song.genre == (song.prediction.label or song.file_label)
    assert LearningVector.objects.exists()


@pytest.mark.usefixtures("no_vectors")
def test_a_model_without_vectors_lacks_none(song: Track) -> None:
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert FileTags.objects.exists()
    assert not LearningVector.objects.exists()
    assert not services.upgrade_pass_start()


def test_models_with_vectors_are_known_by_their_file() -> None:
    assert LEARNING_FILE == FILE


# Which, and in which order


@pytest.mark.usefixtures("no_vectors")
def test_the_newest_first_one_task_after_the_other(
    make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "SECONDS_PER_TASK", 0)
    oldest, middle, newest = make_track(), make_track(), make_track()
    Track.objects.filter(pk=middle.pk).update(created_at=timezone.now() + timedelta(days=1))
    Track.objects.filter(pk=newest.pk).update(created_at=timezone.now() + timedelta(days=2))
    default_task_backend.clear()
    services.upgrade_pass_start()
    read = []
    while default_task_backend.results:
        assert default_task_backend.results[0].task.priority == -100
        run_one_task()
        read.append({row.track for row in FileTags.objects.select_related("track")})
    assert read[:3] == [{newest}, {newest, middle}, {newest, middle, oldest}]
    assert len(read) == 7  # then their covers, and a last look


@pytest.mark.usefixtures("no_vectors")
def test_a_failed_track_has_tags_to_be_read(make_track: MakeTrack) -> None:
    make_track(status="failed")
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert FileTags.objects.exists()


def test_what_waits_or_is_in_the_bin_is_left_out(make_track: MakeTrack) -> None:
    make_track(status="queued")
    services.track_delete(track=make_track())
    assert not services.upgrade_pass_start()
    assert set(lacking_counts().values()) == {0}


def test_a_track_that_went_meanwhile_costs_nothing(make_track: MakeTrack) -> None:
    binned, purged = make_track(), make_track()
    services.track_delete(track=binned)
    Track.objects.filter(pk=purged.pk).delete()
    for track in (binned, purged):
        for part in (AnalysisPart.TAGS, AnalysisPart.VECTORS):
            upgrades._track_upgrade(track, part, on_heartbeat=lambda: None)
    assert not FileTags.objects.exists()
    assert not UpgradeAttempt.objects.exists()


def test_a_track_that_is_being_analysed_again_is_left_to_that(song: Track) -> None:
    Track.objects.update(status="queued")
    upgrades._track_upgrade(song, AnalysisPart.VECTORS, on_heartbeat=lambda: None)
    assert not LearningVector.objects.exists()


# What goes wrong


def test_a_file_that_cannot_be_heard_costs_the_others_nothing(song: Track, make_track: MakeTrack) -> None:
    short = make_track(created_at=timezone.now())  # a quarter of a second, and tried before the other
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert set(LearningVector.objects.values_list("track", flat=True)) == {song.pk}
    assert FileTags.objects.count() == 2
    assert attempts() == {"vectors": 3}
    short.refresh_from_db()
    assert short.status == "ready"
    assert not services.upgrade_pass_start()

    UpgradeAttempt.objects.update(version="msd-musicnn-1 0.1")  # by a version that is gone
    assert services.upgrade_pass_start()


def test_a_missing_file_is_given_up(make_track: MakeTrack) -> None:
    gone = make_track()
    gone.original.storage.delete(gone.original.name)  # its pictures are there
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert not FileTags.objects.exists()
    assert attempts() == {"tags": 3, "vectors": 3}
    assert not services.upgrade_pass_start()


@pytest.mark.usefixtures("no_vectors")
def test_a_file_that_ends_the_reader_says_nothing(track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(path: object) -> dict[str, object]:
        raise upgrades.AudioError("crashed")

    monkeypatch.setattr(upgrades, "read_tags", ends)
    services.upgrade_pass_start()
    run_enqueued_tasks()
    said = FileTags.objects.get(track=track)
    assert (said.title, said.values) == ("", {})
    assert not services.upgrade_pass_start()


def test_a_storage_that_is_not_mounted_is_no_attempt(make_track: MakeTrack) -> None:
    track = make_track()
    services.upgrade_pass_start()
    there, away = (Path(default_storage.path(name)) for name in ("tracks", "away"))
    there.rename(away)
    with pytest.raises(FileNotFoundError):
        run_one_task()
    away.rename(there)
    assert not UpgradeAttempt.objects.exists()
    UpgradePass.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert services.upgrade_pass_resume()
    run_enqueued_tasks()
    assert FileTags.objects.get().track == track


def test_an_unavailable_storage_is_no_attempt(track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(stored: object) -> Any:
        raise OSError("away")

    with monkeypatch.context() as while_it_is_away:
        while_it_is_away.setattr(upgrades, "local_copy", away)
        services.upgrade_pass_start()
        with pytest.raises(OSError, match="away"):
            run_one_task()
    assert not UpgradeAttempt.objects.exists()
    assert not services.upgrade_pass_resume()
    UpgradePass.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert services.upgrade_pass_resume()
    run_enqueued_tasks()
    assert FileTags.objects.get().track == track
    assert not UpgradePass.objects.exists()


# One at a time


def test_there_is_one_pass_at_a_time(track: Track) -> None:
    assert services.upgrade_pass_start()
    assert not services.upgrade_pass_start()
    assert not services.upgrade_pass_resume()
    assert len(default_task_backend.results) == 1


@pytest.mark.parametrize("off", [timedelta(seconds=-1), timedelta(hours=1)])
def test_a_lease_that_ran_out_is_taken_over(track: Track, off: timedelta) -> None:
    """Or one that lasts for too long, since the database's clock was set back."""
    services.upgrade_pass_start()
    old = UpgradePass.objects.get().lease
    default_task_backend.clear()
    UpgradePass.objects.update(leased_until=timezone.now() + off)
    assert services.upgrade_pass_resume()
    assert services.upgrade_pass_continue(lease=old) == 0
    assert not FileTags.objects.exists()
    run_enqueued_tasks()
    assert FileTags.objects.exists()


def test_a_task_of_an_ended_pass_does_nothing(track: Track) -> None:
    assert services.upgrade_pass_continue(lease=uuid.uuid4()) == 0
    assert not FileTags.objects.exists()
    assert not default_task_backend.results


def test_a_task_of_an_earlier_version_begins_a_pass(track: Track) -> None:
    tasks.read_file_tags.func(str(track.pk))
    run_enqueued_tasks()
    assert FileTags.objects.get().track == track


# Shown


def test_progress(alice: User, charlie: User, make_track: MakeTrack) -> None:
    for _ in range(3):
        make_track()
    assert upgrade_progress_of(alice) is None  # nothing is going on
    services.upgrade_pass_start()
    progress = upgrade_progress_of(alice)
    assert progress is not None
    assert (progress.part, progress.done, progress.tracks) == ("tags", 0, 3)
    for track in Track.objects.all():
        FileTags.objects.create(track=track, picture="", reader_version=READER_VERSION)
    LearningVector.objects.create(
        track=Track.objects.all()[0], owner=alice, space=learning_space(), vector=b""
    )
    progress = upgrade_progress_of(alice)
    assert progress is not None
    assert (progress.part, progress.done, progress.tracks) == ("vectors", 1, 3)
    assert upgrade_progress_of(charlie) is None


def test_on_the_overview(
    alice_client: Client, charlie_client: Client, make_track: MakeTrack, charlie: User
) -> None:
    track = make_track()
    FileTags.objects.create(track=track, picture="", reader_version=READER_VERSION)
    assert "listening to your tracks again" not in alice_client.get("/overview/").content.decode()
    services.upgrade_pass_start()
    page = " ".join(alice_client.get("/overview/").content.decode().split())
    assert "Earmark is listening to your tracks again, for teaching:" in page
    assert "0 of 1</span> are done." in page
    FileTags.objects.update(picture=None)
    assert "Earmark is looking for covers in your files:" in alice_client.get("/overview/").content.decode()
    FileTags.objects.all().delete()
    assert "Earmark is reading the tags of your files:" in alice_client.get("/overview/").content.decode()
    assert b"upgrade-progress" not in charlie_client.get("/overview/").content


def test_pages_work_while_half_of_it_is_done(alice_client: Client, make_track: MakeTrack) -> None:
    first, second = make_track(embedding=[0.6, 0.8], vector=[0.6, 0.8]), make_track()
    FileTags.objects.create(track=first, reader_version=READER_VERSION)
    services.upgrade_pass_start()
    for track in (first, second):
        for address in ("", "edit/", "similar/"):
            assert alice_client.get(f"/tracks/{track.pk}/{address}").status_code == 200
    for address in ("/", "/overview/", "/moods/", "/needs-you/"):
        assert alice_client.get(address).status_code == 200


def test_they_are_the_sites_tracks_newest_first(make_track: MakeTrack, charlie: User) -> None:
    first, second = make_track(), make_track(owner=charlie)
    assert list(tracks_to_upgrade(AnalysisPart.TAGS)) == [second, first]


# Albums and artists of a library that had none


def as_before_albums(tracks: list[Track]) -> None:
    """As a version without albums has left tracks."""
    Track.all_objects.filter(pk__in=[track.pk for track in tracks]).update(album_key="", album_entry=None)
    Album.objects.all().delete()
    Artist.objects.all().delete()
    default_task_backend.clear()


@pytest.mark.usefixtures("no_vectors")
def test_albums_come_first_and_need_no_file(alice: User, charlie: User, make_track: MakeTrack) -> None:
    tracks = [
        make_track(owner=owner, artist="Ann", album=f"Album {n % 3}", status=status)
        for owner in (alice, charlie)
        for n, status in enumerate(["ready", "ready", "failed", "ready"])
    ]
    as_before_albums(tracks)
    for track in tracks:
        track.original.storage.delete(track.original.name)
    before = list(Track.objects.values("pk", "updated_at", "title"))
    assert lacking_counts()["albums"] == 8
    assert services.upgrade_pass_start()
    progress = upgrade_progress_of(alice)
    assert progress is not None
    assert (progress.part, progress.done, progress.tracks) == ("albums", 0, 4)
    run_one_task()
    assert lacking_counts()["albums"] == 0
    assert list(Track.objects.values("pk", "updated_at", "title")) == before
    for owner in (alice, charlie):
        assert Album.objects.filter(owner=owner).count() == 3
        check_rows(owner)


@pytest.mark.usefixtures("no_vectors")
def test_a_large_library_is_done_in_batches_task_after_task(
    make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    tracks = [make_track(artist="Ann", album=f"Album {n}") for n in range(5)]
    as_before_albums(tracks)
    monkeypatch.setattr(upgrades, "BATCH_SIZE", 2)
    monkeypatch.setattr(upgrades, "SECONDS_PER_TASK", 0)
    services.upgrade_pass_start()
    left = []
    while lacking_counts()["albums"]:
        run_one_task()
        left.append(lacking_counts()["albums"])
    assert left == [3, 1, 0]
    check_rows(alice)


@pytest.mark.usefixtures("no_vectors")
def test_what_an_older_reader_has_read_is_read_again(song: Track, alice: User) -> None:
    services.upgrade_pass_start()
    run_enqueued_tasks()
    tagged = FileTags.objects.values().get()
    services.track_edit(track=song, track_number=5)
    Track.objects.update(album_artist="", title="As an older reader has read it")
    FileTags.objects.update(reader_version=READER_VERSION - 1, album_artist="", disc_number=None)
    before = Track.objects.values("updated_at", "title", "genre", "track_number", "edited").get()
    assert lacking_counts()["tags"] == 1
    assert services.upgrade_pass_start()
    run_enqueued_tasks()
    assert Track.objects.values("updated_at", "title", "genre", "track_number", "edited").get() == before
    read = FileTags.objects.values().get()
    assert read | {"read_at": None} == tagged | {"read_at": None}
    song.refresh_from_db()
    assert (song.album_artist, song.disc_number) == ("Somebody", 2)
    check_rows(alice)
    assert not services.upgrade_pass_start()


@pytest.mark.usefixtures("no_vectors")
def test_a_file_that_now_ends_the_reader_keeps_what_was_read(
    track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    FileTags.objects.create(track=track, title="As it was")

    def ends(path: object) -> dict[str, object]:
        raise upgrades.AudioError("crashed")

    monkeypatch.setattr(upgrades, "read_tags", ends)
    services.upgrade_pass_start()
    run_enqueued_tasks()
    assert FileTags.objects.get().title == "As it was"
    assert not services.upgrade_pass_start()
