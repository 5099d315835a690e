"""After errors of the storage or a full disk, no incomplete file is kept, and the upload is not blamed."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from library import services
from library.models import PartialUpload, Track, User
from tests import sounds
from tests.factories import upload
from tests.reliability.storages import FullStorage

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A storage that can be full for some files: `full.setattr(FullStorage, "word", …)`."""
    backend = {"BACKEND": "tests.reliability.storages.FullStorage"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | backend}
    monkeypatch.setattr(Track._meta.get_field("original"), "storage", default_storage)
    return monkeypatch


@pytest.fixture
def queued(alice: User) -> Track:
    song = SimpleUploadedFile("song.wav", sounds.as_bytes(".wav", 3.5))
    return services.track_add(owner=alice, upload=song)[0]


def files() -> list[str]:
    return [path.name.split("-")[0] for path in Path(default_storage.location).rglob("*") if path.is_file()]


def hear_in_vain(track: Track) -> None:
    with pytest.raises(OSError, match="No space left"):
        services.track_analyse(track_id=track.pk)
    track.refresh_from_db()


def test_a_picture_that_cannot_be_stored_is_tried_again(full: pytest.MonkeyPatch, queued: Track) -> None:
    full.setattr(FullStorage, "word", "spectrogram")
    hear_in_vain(queued)
    assert queued.status == "analysing"
    assert files() == ["original.wav"]  # neither half of the spectrogram, nor the peaks

    full.setattr(FullStorage, "word", "")
    assert services.tracks_sweep() == 1  # at once: the lease was given up
    services.track_analyse(track_id=queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.error_code, queued.attempts) == ("ready", "", 2)
    assert len(files()) == 3


def test_after_three_times_it_is_said_whose_fault_it_is(full: pytest.MonkeyPatch, queued: Track) -> None:
    full.setattr(FullStorage, "word", "peaks")
    for _ in range(3):
        hear_in_vain(queued)
        services.tracks_sweep()
    queued.refresh_from_db()
    assert (queued.status, queued.error_code) == ("failed", "server_error")
    assert "not in this file" in queued.error_message
    assert files() == ["original.wav"]


def test_a_track_whose_file_is_gone_says_so(queued: Track) -> None:
    default_storage.delete(queued.original.name)
    services.track_analyse(track_id=queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.error_code) == ("failed", "file_missing")


def test_an_upload_that_cannot_be_stored_is_refused(
    full: pytest.MonkeyPatch, alice_api: Client, alice_client: Client
) -> None:
    full.setattr(FullStorage, "word", "original")
    response = alice_api.post("/api/v1/tracks/", {"file": upload()})
    assert (response.status_code, response.json()["code"]) == (507, "storage_full")
    alice_client.post("/upload/", {"file": upload()})
    assert PartialUpload.objects.get().error_code == "storage_full"
    assert not Track.objects.exists()
    assert files() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB, if the system lets a test mount one."""
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"a disk that is full can be had by root only: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="no mount")
def test_a_form_on_a_full_disk(small_disk: Path, settings: Settings, alice_api: Client) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = small_disk
    large = upload(sounds.as_bytes(".wav", 3.5))
    response = alice_api.post("/api/v1/tracks/", {"file": large})
    assert (response.status_code, response.json()["code"]) == (507, "storage_full")
    assert list(small_disk.iterdir()) == []
    assert alice_api.post("/api/v1/tracks/", {"file": upload()}).status_code == 202


def test_a_form_beyond_what_a_process_may_write(settings: Settings, alice_api: Client) -> None:
    """The same with a limit on file size, where nothing can be mounted."""
    large = upload(sounds.as_bytes(".wav", 3.5))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, hard))
    try:
        response = alice_api.post("/api/v1/tracks/", {"file": large})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (response.status_code, response.json()["code"]) == (507, "storage_full")
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []
