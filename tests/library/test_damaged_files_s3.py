"""Damaged originals in an S3 store are found, not sent, and mended as on a disk."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from library import services
from library.models import FileCheck, Track, User
from library.services import restore
from library.services.file_checks import Pace, sha256_of_stored
from library.services.track_files import file_replace, storage_is_empty, stored_size, stored_sizes
from tests.factories import upload, wav
from tests.s3 import BUCKET, KEYS, Store, running_store

pytestmark = pytest.mark.django_db(transaction=True)
MakeTrack = Callable[..., Track]


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with running_store() as store:
        yield store


@pytest.fixture(autouse=True)
def store(running: Store, settings: Settings) -> Iterator[Store]:
    """The site's files lie here, as `config/settings.py` has it."""
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": running.endpoint,
        "region_name": "us-east-1",
        "default_acl": None,
        "file_overwrite": False,
        "signature_version": "s3v4",
        "max_memory_size": 2**20,
        "access_key": KEYS["AWS_ACCESS_KEY_ID"],
        "secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
    }
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    yield running
    running.bucket.objects.all().delete()


@pytest.fixture
def object_of(store: Store) -> Callable[[Track], Any]:
    """The stored original of a track."""
    return lambda track: store.bucket.Object(str(track.original.name))


def flip(stored: Any) -> None:
    content = bytearray(stored.get()["Body"].read())
    content[len(content) // 2] ^= 1
    stored.put(Body=bytes(content))


def cut(stored: Any) -> None:
    stored.put(Body=stored.get()["Body"].read()[:100])


def empty(stored: Any) -> None:
    stored.put(Body=b"")


def lose(stored: Any) -> None:
    stored.delete()


DAMAGES = {flip: "content", cut: "size", empty: "size", lose: "missing"}
each_damage = pytest.mark.parametrize("damage", DAMAGES)


def doctor(*arguments: str) -> int:
    """The doctor's exit status."""
    try:
        call_command("doctor", *arguments, stdout=io.StringIO())
    except CommandError as error:
        return error.returncode
    return 0


def backup(folder: Path) -> str:
    call_command("backup", str(folder), stdout=io.StringIO())
    return str(folder)


def known_damage() -> list[str]:
    return list(FileCheck.objects.exclude(damage="").values_list("damage", flat=True))


@each_damage
def test_the_doctor_names_it(
    make_track: MakeTrack, object_of: Callable[[Track], Any], damage: Callable[[Any], None]
) -> None:
    track, _ = make_track(), make_track()
    assert doctor("--verify") == 0
    damage(object_of(track))
    assert doctor("--verify", "--again") == 1
    assert known_damage() == [DAMAGES[damage]]


@each_damage
def test_the_worker_finds_it(
    make_track: MakeTrack,
    object_of: Callable[[Track], Any],
    damage: Callable[[Any], None],
    settings: Settings,
) -> None:
    settings.EARMARK_VERIFY_DAYS = 30
    track, _ = make_track(), make_track()
    Track.objects.update(created_at="2001-01-01T00:00:00Z")
    damage(object_of(track))
    assert services.originals_verify_due(seconds=60, pace=Pace(0)) == 2
    assert known_damage() == [DAMAGES[damage]]


@each_damage
def test_it_is_not_sent(
    make_track: MakeTrack,
    alice_api: Client,
    object_of: Callable[[Track], Any],
    damage: Callable[[Any], None],
) -> None:
    track, _ = make_track(), make_track()
    damage(object_of(track))
    doctor("--verify")
    response = alice_api.get(f"/api/v1/tracks/{track.pk}/file/")
    assert response.status_code in (404, 409)
    assert response["Content-Type"] == "application/problem+json"


@each_damage
def test_it_is_mended_from_a_backup(
    make_track: MakeTrack,
    object_of: Callable[[Track], Any],
    damage: Callable[[Any], None],
    tmp_path: Path,
    store: Store,
) -> None:
    track, _ = make_track(), make_track()
    saved, names = backup(tmp_path / "saved"), store.names()
    damage(object_of(track))
    assert doctor("--verify", "--repair-from", saved) == 0
    assert sha256_of_stored(str(track.original.name)) == track.sha256
    assert not known_damage()
    assert store.names() == names  # not under another name


@each_damage
def test_it_is_mended_by_uploading_it_again(
    make_track: MakeTrack,
    alice: User,
    alice_client: Client,
    object_of: Callable[[Track], Any],
    damage: Callable[[Any], None],
) -> None:
    make_track()
    track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
    damage(object_of(track))
    doctor("--verify")
    alice_client.post("/upload/", {"file": upload(wav(7))})
    assert object_of(track).get()["Body"].read() == wav(7)
    assert not known_damage()


@each_damage
def test_a_restore_puts_back_what_differs(
    make_track: MakeTrack,
    object_of: Callable[[Track], Any],
    damage: Callable[[Any], None],
    tmp_path: Path,
    store: Store,
) -> None:
    track, _ = make_track(), make_track()
    folder, names = Path(backup(tmp_path / "saved")), store.names()
    damage(object_of(track))
    for path, digest in restore._files(folder):
        restore._put_back(path.removeprefix("files/"), folder / path, digest)
    assert sha256_of_stored(str(track.original.name)) == track.sha256
    assert store.names() == names


class Breaks(ContentFile):
    """A file that cannot be read to its end."""

    def read(self, *_: Any) -> bytes:
        raise OSError("Input/output error")


def test_a_copy_that_cannot_be_read_leaves_what_there_was(
    track: Track, object_of: Callable[[Track], Any]
) -> None:
    before = object_of(track).get()["Body"].read()
    with pytest.raises(OSError, match="Input/output"):
        file_replace(name=str(track.original.name), content=Breaks(b"new"))
    assert object_of(track).get()["Body"].read() == before


def test_what_is_there_and_how_large(make_track: MakeTrack, store: Store) -> None:
    assert storage_is_empty()
    track = make_track()
    assert not storage_is_empty()
    name = str(track.original.name)
    assert stored_sizes(name.rpartition("/")[0])[name] == track.size
    assert stored_sizes("tracks").keys() == store.names()
    assert stored_size(name) == track.size
    assert stored_size("tracks/00/nothing") is None


def test_an_empty_store_damages_nothing(make_track: MakeTrack, store: Store) -> None:
    make_track()
    store.bucket.objects.all().delete()
    assert doctor("--verify") == 1
    assert not known_damage()
