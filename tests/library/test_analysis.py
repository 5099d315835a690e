"""An analysis goes from queued to ready or failed, exactly once, whatever happens to the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.tasks import default_task_backend
from django.utils import timezone

from library import services
from library.models import Prediction, StageTime, Track, User
from library.selectors.model_cards import model_manifest
from library.services import analysis
from tests import sounds

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db


def add(owner: User, content: bytes, name: str = "song.mp3") -> Track:
    track, _ = services.track_add(owner=owner, upload=SimpleUploadedFile(name, content))
    return track


@pytest.fixture(scope="module")
def mp3() -> bytes:
    tags = {"title": "Blue Train", "artist": "Nobody", "album": "None", "date": "1957", "genre": "Jazz"}
    return sounds.as_bytes(".mp3", 6, tags=tags)


@pytest.fixture
def queued(alice: User) -> Track:
    return add(alice, sounds.as_bytes(".wav", 3.5), "song.wav")


def expire(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_track_is_analysed(alice: User, mp3: bytes) -> None:
    track = add(alice, mp3)
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()

    assert (track.status, track.error_code, track.lease) == ("ready", "", None)
    assert {"listening", "drawing", "storing"} <= set(StageTime.objects.values_list("stage", flat=True))
    assert track.duration == pytest.approx(6, abs=0.1)
    assert (track.title, track.artist, track.album, track.year, track.file_genre) == (
        "Blue Train", "Nobody", "None", 1957, "Jazz",
    )  # fmt: skip
    heard = track.prediction
    assert heard is not None
    assert heard.model_name == settings.EARMARK_MODEL
    assert sum(heard.probabilities.values()) == pytest.approx(1, abs=1e-3)
    # Its embeddings are those of an earlier version, so that tracks analysed by either can be compared.
    assert track.embedding.model == model_manifest(settings.EARMARK_MODEL)["embedding_space"]
    assert heard.segments[0][0] == 0
    assert heard.segments[-1][1] == pytest.approx(track.duration, abs=0.1)
    assert json.loads(track.peaks.read())["duration"] == pytest.approx(track.duration, abs=0.1)
    assert track.spectrogram.read(8).startswith(b"\x89PNG")
    assert not track.playable
    assert track.original.open("rb").read() == mp3


def test_what_browsers_cannot_play_gets_a_copy(alice: User) -> None:
    content = sounds.as_bytes(".au", 4)
    track = add(alice, content, "song.au")
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()
    assert track.status == "ready"
    assert track.playable.size > 1000
    assert track.original.open("rb").read() == content


def test_running_twice_changes_nothing(alice: User, mp3: bytes, django_capture_on_commit_callbacks) -> None:
    track = add(alice, mp3)
    services.track_analyse(track_id=track.pk)
    before = Prediction.objects.values().get()

    services.track_analyse(track_id=track.pk)  # a second task for a finished track
    track.refresh_from_db()
    services.track_analyse_again(track=track)  # and somebody who asks for it
    services.track_analyse(track_id=track.pk)

    assert Prediction.objects.values().get() == before
    track.refresh_from_db()
    assert track.status == "ready"
    _, files = default_storage.listdir(f"tracks/{track.folder[:2]}/{track.folder}")
    assert len(files) == 3  # original, peaks, spectrogram: the older pictures are gone


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (sounds.as_bytes(".wav", 1), "too_short"),
        (
            sounds.as_bytes(".wav", pcm=sounds.np.zeros((1, 5 * 22_050), "float32"), sample_rate=22_050),
            "silent",
        ),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x00" + b"\x00" * 64, "corrupt"),
    ],
)
def test_what_cannot_be_heard_fails_with_a_reason(alice: User, content: bytes, code: str) -> None:
    track = add(alice, content, "song.wav")
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()
    assert (track.status, track.error_code) == ("failed", code)
    assert track.error_message
    assert track.original.open("rb").read() == content


def test_two_workers_never_have_the_same_track(queued: Track) -> None:
    assert services.track_lease(track_id=queued.pk) is not None
    assert services.track_lease(track_id=queued.pk) is None


def test_a_dead_workers_track_is_taken_again(queued: Track) -> None:
    services.track_lease(track_id=queued.pk)
    assert services.tracks_sweep() == 0  # the lease still holds
    expire(queued)
    assert services.tracks_sweep() == 1
    again = services.track_lease(track_id=queued.pk)
    assert again is not None
    assert again.attempts == 2


def test_a_track_that_kills_its_worker_three_times_is_given_up(queued: Track) -> None:
    for _ in range(3):
        assert services.track_lease(track_id=queued.pk)
        expire(queued)
    assert services.track_lease(track_id=queued.pk) is None
    services.tracks_sweep()
    queued.refresh_from_db()
    assert (queued.status, queued.error_code) == ("failed", "crashed")


def test_an_upload_whose_task_was_lost_is_queued_by_the_sweep(queued: Track) -> None:
    assert services.tracks_sweep() == 0  # fresh: its own task is on the way
    Track.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    assert services.tracks_sweep() == 1


def test_while_a_worker_is_busy_a_long_queue_is_only_a_queue(queued: Track, make_track: MakeTrack) -> None:
    busy = make_track(status="queued")
    services.track_lease(track_id=busy.pk)
    Track.objects.filter(pk=queued.pk).update(updated_at=timezone.now() - timedelta(hours=1))
    assert services.tracks_sweep() == 0


def test_sweeping_twice_queues_once(queued: Track) -> None:
    services.track_lease(track_id=queued.pk)
    expire(queued)
    assert services.tracks_sweep() == 1
    assert services.tracks_sweep() == 0
    assert len(default_task_backend.results) == 1


def test_a_worker_that_comes_back_late_changes_nothing(alice: User, mp3: bytes, tmp_path) -> None:
    track = add(alice, mp3)
    late = services.track_lease(track_id=track.pk)
    expire(track)
    services.track_analyse(track_id=track.pk)  # another worker took over and finished
    files = sorted(default_storage.listdir(f"tracks/{track.folder[:2]}/{track.folder}")[1])

    (tmp_path / "peaks.json").write_text("{}")
    result = analysis.analyse_file(track.original.path)
    analysis._result_record(late, result | {"duration": 999.0}, tmp_path, "msd-musicnn-1")

    track.refresh_from_db()
    assert track.duration != 999
    assert sorted(default_storage.listdir(f"tracks/{track.folder[:2]}/{track.folder}")[1]) == files


def test_analyse_again_leaves_a_waiting_track_alone(
    queued: Track, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        services.track_analyse_again(track=queued)
    assert callbacks == []
