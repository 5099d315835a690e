"""Pictures beside the music are covers of the tracks of their folder, whichever comes first."""

from __future__ import annotations

import io
import itertools
import zipfile
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import services
from library.incoming.handler import OnDiskUploadedFile
from library.models import Cover, FolderFile, PartialUpload, Track, User
from library.services import folder_pictures
from library.services.folder_pictures import folder_key, is_folder_picture
from library.services.track_files import walk_files
from tests.album_rows import make_album
from tests.covers import make_cover
from tests.factories import run_enqueued_tasks, upload, wav
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def folder(path: str = "Foundry/01.wav") -> str:
    return folder_key(f"one-drop/{path}")


def send_track(owner: User, number: int, path: str = "Foundry/01.wav") -> Track:
    row = services.upload_receive(owner=owner, file=upload(wav(number)), folder=folder(path))
    assert row.track
    return row.track


def send_picture(owner: User, path: str = "Foundry/cover.jpg", **how: Any) -> PartialUpload:
    file = SimpleUploadedFile(path.rpartition("/")[2], picture(**how))
    return services.upload_receive(owner=owner, file=file, folder=folder(path))


def covers_of(tracks: list[Track]) -> list[Cover | None]:
    return [Track.all_objects.get(pk=track.pk).cover for track in tracks]


# Which folder, and which picture


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/Foundry/01.flac", "a/Foundry/cover.jpg"),
        ("a/Foundry/CD1/01.flac", "a/Foundry/cover.jpg"),
        ("a/Foundry/CD1/01.flac", "a/Foundry/Disc 2/01.flac"),
        ("a/Foundry/disk_10/01.flac", "a/Foundry/./cover.jpg"),
        ("a\\Foundry\\01.flac", "a/Foundry/cover.jpg"),
        ("/a/Foundry/01.flac", "a//Foundry/cover.jpg"),
    ],
)
def test_same_folder(one: str, other: str) -> None:
    assert folder_key(one) == folder_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/Foundry/01.flac", "a/Slag/cover.jpg"),
        ("a/Foundry/01.flac", "b/Foundry/cover.jpg"),
        ("a/Foundry/01.flac", "a/Foundry/Scans/cover.jpg"),
        ("a/CDs/01.flac", "a/cover.jpg"),
        ("a/b\0c/01.flac", "a/b/c/01.flac"),
    ],
)
def test_other_folder(one: str, other: str) -> None:
    assert folder_key(one) != folder_key(other)


@pytest.mark.parametrize("path", ["", "01.flac", "./01.flac", "/01.flac", "CD1/01.flac"])
def test_no_folder(path: str) -> None:
    assert folder_key(path) == ""
    assert folder_key(path, "an archive") != ""


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("cover.jpg", picture(), True),
        ("Folder.JPEG", picture(), True),
        ("front.png", picture(kind="PNG"), True),
        ("cover.webp", picture(kind="WEBP"), True),
        ("cover.jpg", picture(kind="PNG"), True),  # by its bytes
        ("cover.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", False),
        ("cover.jpg", wav(), False),
        ("cover.svg", picture(), False),
        ("back.jpg", picture(), False),
        ("cover.jpg.exe", picture(), False),
        ("my cover.jpg", picture(), False),
    ],
)
def test_which_pictures_are_covers(name: str, content: bytes, known: bool) -> None:
    assert is_folder_picture(name, content[:64]) == known


# In any order


@pytest.mark.parametrize("order", set(itertools.permutations("tpw")))
def test_any_order(alice: User, order: tuple[str, ...]) -> None:
    """A track, a picture, and a worker."""
    tracks: list[Track] = []
    steps: dict[str, Callable[[], Any]] = {
        "t": lambda: tracks.append(send_track(alice, 1)),
        "p": lambda: send_picture(alice),
        "w": lambda: take_pictures(),
    }
    for step in order:
        steps[step]()
    take_pictures()
    (cover,) = covers_of(tracks)
    assert cover
    assert cover == Cover.objects.get()
    assert not list(walk_files("covers/waiting"))


def take_pictures() -> None:
    for row in FolderFile.objects.exclude(picture=""):
        services.folder_picture_take(file_id=row.pk)


def test_a_worker_is_asked(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_picture(alice)
    run_enqueued_tasks()
    assert FolderFile.objects.get().cover == Cover.objects.get()


def test_all_tracks_of_the_folder_and_no_other(alice: User, charlie: User) -> None:
    beside = [send_track(alice, 1), send_track(alice, 2, "Foundry/CD2/01.wav")]
    others = [send_track(alice, 3, "Slag/01.wav"), send_track(charlie, 4)]
    alone = services.upload_receive(owner=alice, file=upload(wav(5))).track
    assert alone
    send_picture(alice)
    take_pictures()
    assert all(covers_of(beside))
    assert covers_of([*others, alone]) == [None] * 3


def test_albums_follow(alice: User) -> None:
    track = send_track(alice, 1)
    album = make_album(alice, "Foundry")
    Track.objects.update(album_entry=album)
    send_picture(alice)
    take_pictures()
    album.refresh_from_db()
    assert [album.cover] == covers_of([track]) != [None]


def test_picture_in_the_file_counts_more(alice: User) -> None:
    track = send_track(alice, 1)
    own = make_cover(alice)
    Track.objects.update(cover=own)
    send_picture(alice, colour=(0, 0, 200))
    take_pictures()
    assert covers_of([track]) == [own]


def test_first_picture_counts(alice: User) -> None:
    send_picture(alice, "Foundry/folder.jpg")
    send_picture(alice, colour=(0, 0, 200))
    take_pictures()
    track = send_track(alice, 1)
    assert covers_of([track]) == [FolderFile.objects.exclude(cover=None).order_by("pk")[0].cover]


def test_track_that_was_there_already(alice: User) -> None:
    services.upload_receive(owner=alice, file=upload(wav(1)))
    send_picture(alice)
    take_pictures()
    assert covers_of([send_track(alice, 1)]) != [None]
    assert Track.objects.count() == 1


# What is refused


def test_it_is_no_failed_upload(alice: User) -> None:
    row = send_picture(alice)
    assert (row.error_code, row.track) == ("", None)
    assert "cover" in row.error


def test_damaged_picture(alice: User) -> None:
    track = send_track(alice, 1)
    file = SimpleUploadedFile("cover.jpg", picture()[:60])
    services.upload_receive(owner=alice, file=file, folder=folder())
    take_pictures()
    assert covers_of([track]) == [None]
    assert not FolderFile.objects.filter(track=None).exists()
    assert not list(walk_files("covers"))


def test_too_large(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_pictures, "MAX_CHOSEN_PICTURE_BYTES", 100)
    assert "passed over" in send_picture(alice).error
    assert not FolderFile.objects.exists()


def test_no_more_wait_than_there_may_be(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_pictures, "MAX_WAITING_PICTURES", 2)
    for number in range(3):
        send_picture(alice, f"Album {number}/cover.jpg")
    assert FolderFile.objects.count() == 2


def test_without_a_folder_it_is_no_music(alice: User) -> None:
    file = SimpleUploadedFile("cover.jpg", picture())
    assert services.upload_receive(owner=alice, file=file).error_code == "not_audio"


def test_pruned_after_a_day(alice: User) -> None:
    send_track(alice, 1)
    send_picture(alice)
    FolderFile.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert services.folder_files_expire() == 0
    FolderFile.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert services.folder_files_expire() == 2
    assert Track.objects.count() == 1


def test_file_of_a_picture_goes_with_it(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    send_picture(alice)
    assert len(list(walk_files("covers/waiting"))) == 1
    FolderFile.objects.update(created_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        services.folder_files_expire()
    run_enqueued_tasks()
    assert not list(walk_files("covers"))


def test_account_is_deleted(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    send_picture(alice)
    with django_capture_on_commit_callbacks(execute=True):
        services.user_delete(user=alice)
    run_enqueued_tasks()
    assert not FolderFile.objects.exists()
    assert not list(walk_files("covers"))


# The ways in


def test_page(alice_client: Client) -> None:
    for name, content in (("01.wav", wav(1)), ("cover.jpg", picture())):
        answer = alice_client.post(
            reverse("upload"),
            {"file": SimpleUploadedFile(name, content), "relative_path": f"one-drop/Foundry/{name}"},
            headers={"Accept": "text/vnd.earmark.row"},
        )
        assert answer.status_code == 200
        assert b"tray-error" not in answer.content
    assert b"A cover for the tracks of its folder." in answer.content
    take_pictures()
    assert Track.objects.get().cover


def test_plain_form_without_paths(alice_client: Client, alice: User) -> None:
    files = [SimpleUploadedFile(f"{number}.wav", wav(number)) for number in range(2)]
    alice_client.post(reverse("upload"), {"file": files})
    assert Track.objects.count() == 2
    assert not FolderFile.objects.exists()


def test_more_paths_than_files(alice_client: Client) -> None:
    data = {"file": upload(), "relative_path": ["a/b/1.wav", "a/b/2.wav", "a/b/3.wav"]}
    assert alice_client.post(reverse("upload"), data).status_code == 302
    assert Track.objects.count() == 1


def test_program(alice: User, alice_api: Client) -> None:
    send_picture_by_tus(alice_api, "/api/v1/uploads/")
    take_pictures()
    answer = alice_api.post("/api/v1/tracks/", {"file": upload(), "relative_path": "Foundry/CD 1/01.wav"})
    assert answer.status_code == 202
    assert Track.objects.get().cover
    several = {
        "file": [upload(wav(1)), upload(wav(2))],
        "relative_path": ["Foundry/02.wav", "Slag/03.wav"],
    }
    results = alice_api.post("/api/v1/tracks/", several).json()["results"]
    found = covers_of([Track.objects.get(pk=result["track"]["id"]) for result in results])
    assert [cover is None for cover in found] == [False, True]


def test_resumable_upload(alice_client: Client, alice: User) -> None:
    answer = send_picture_by_tus(alice_client, reverse("tus-uploads"))
    assert answer["Earmark-State"] == "picture"
    assert FolderFile.objects.get().picture


def send_picture_by_tus(client: Client, address: str) -> Any:
    data = picture(size=(400, 400), colour=(1, 2, 3), kind="PNG")
    encoded = {
        key: b64encode(value.encode()).decode()
        for key, value in {"filename": "cover.png", "relativePath": "Foundry/cover.png"}.items()
    }
    metadata = ",".join(f"{key} {value}" for key, value in encoded.items())
    tus = {"Tus-Resumable": "1.0.0"}
    headers = tus | {"Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    begun = client.post(address, headers=headers)
    assert begun.status_code == 201
    answer = client.patch(
        begun["Location"], data, "application/offset+octet-stream", headers=tus | {"Upload-Offset": "0"}
    )
    assert answer.status_code == 204
    return answer


def archive(**entries: bytes) -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return SimpleUploadedFile("album.zip", out.getvalue())


class TestArchive:
    def unpacked(self, owner: User, tmp_path: Any, **entries: bytes) -> dict[str, int]:
        path = tmp_path / "incoming" / "album.zip"
        path.write_bytes(archive(**entries).read())
        with OnDiskUploadedFile(path, "album.zip") as file:
            row = services.upload_receive(owner=owner, file=file)
        assert row.contents
        return row.contents

    def test_covers_are_for_their_folders(self, alice: User, tmp_path: Any) -> None:
        contents = self.unpacked(
            alice,
            tmp_path,
            **{
                "One/cover.jpg": picture(),
                "One/01.wav": wav(1),
                "Two/CD1/01.wav": wav(2),
                "Two/folder.png": picture((0, 0, 200), kind="PNG"),
                "03.wav": wav(3),
            },
        )
        take_pictures()
        assert contents == {"added": 3, "known": 0, "refused": 0, "pictures": 2}
        found = covers_of(list(Track.objects.order_by("created_at")))
        assert [cover is None for cover in found] == [False, False, True]
        assert found[0] != found[1]

    def test_other_pictures_are_passed_over(self, alice: User, tmp_path: Any) -> None:
        contents = self.unpacked(
            alice, tmp_path, **{"back.jpg": picture(), "notes.txt": b"x" * 99, "01.wav": wav()}
        )
        assert contents == {"added": 1, "known": 0, "refused": 0, "pictures": 1, "not_music": 1}
        assert not FolderFile.objects.filter(track=None).exists()

    def test_two_archives_with_folders_of_one_name(self, alice: User, tmp_path: Any) -> None:
        self.unpacked(alice, tmp_path, **{"CD1/cover.jpg": picture()})
        self.unpacked(alice, tmp_path, **{"CD1/01.wav": wav()})
        take_pictures()
        assert covers_of(list(Track.objects.all())) == [None]
