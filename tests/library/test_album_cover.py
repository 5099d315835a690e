"""The owner of an album may choose its cover, take the choice back, and undo either; by page and API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from library import services
from library.errors import DomainError
from library.models import Album, Cover, User
from library.services import album_covers
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.factories import close_response
from tests.pictures import picture

pytestmark = pytest.mark.django_db
BLUE = (30, 30, 200)


@pytest.fixture
def of_files(alice: User) -> Cover:
    return make_cover(alice)


@pytest.fixture
def album(alice: User, of_files: Cover) -> Album:
    album = make_album(alice, "Foundry", "The Gravel Kings", cover=of_files)
    make_track_on(album, "Slag", cover=of_files)
    return album


def file(content: bytes | None = None, name: str = "cover.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture(BLUE) if content is None else content)


def shown(album: Album) -> tuple[Cover | None, bool]:
    album.refresh_from_db()
    return album.cover, album.cover_chosen


def send(client: Client, album: Album, name: str = "album-cover", **data: Any) -> str:
    response = client.post(reverse(name, args=[album.pk]), data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def undo(client: Client, page: str) -> None:
    """Press the button beside the message."""
    address = page.split('action="')[1:]
    (found,) = [each.partition('"')[0] for each in address if "/cover/undo/" in each.partition('"')[0]]
    assert client.post(found.replace("&amp;", "&")).status_code == 302


class TestPage:
    def test_choose(self, album: Album, of_files: Cover, alice_client: Client) -> None:
        page = send(alice_client, album, picture=file())
        cover, chosen = shown(album)
        assert chosen
        assert cover
        assert cover != of_files
        # What the files have does not count any more.
        services.album_covers_recompute(owner=album.owner, album_ids=[album.pk])
        assert shown(album) == (cover, True)
        undo(alice_client, page)
        assert shown(album) == (of_files, False)

    def test_remove(self, album: Album, of_files: Cover, alice_client: Client) -> None:
        page = send(alice_client, album, "album-cover-remove")
        assert shown(album) == (None, True)
        undo(alice_client, page)
        assert shown(album) == (of_files, False)

    def test_as_the_files_say(self, album: Album, of_files: Cover, alice_client: Client) -> None:
        send(alice_client, album, picture=file())
        own, _ = shown(album)
        page = send(alice_client, album, "album-cover-reset")
        assert shown(album) == (of_files, False)
        undo(alice_client, page)
        assert shown(album) == (own, True)

    def test_undo_of_what_is_gone(self, album: Album, of_files: Cover, alice_client: Client) -> None:
        send(alice_client, album, picture=file())
        own, _ = shown(album)
        page = send(alice_client, album, "album-cover-reset")
        assert own
        own.delete()
        undo(alice_client, page)
        assert shown(album) == (of_files, False)

    @pytest.mark.parametrize("content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"x" * 99])
    def test_no_picture(self, album: Album, of_files: Cover, content: bytes, alice_client: Client) -> None:
        page = send(alice_client, album, picture=file(content))
        assert "This is not a picture" in page
        assert shown(album) == (of_files, False)

    def test_no_file(self, album: Album, of_files: Cover, alice_client: Client) -> None:
        assert "No picture arrived." in send(alice_client, album)
        assert shown(album) == (of_files, False)

    def test_too_large(
        self, album: Album, of_files: Cover, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(album_covers, "MAX_CHOSEN_PICTURE_BYTES", 100)
        assert "too large" in send(alice_client, album, picture=file())
        assert shown(album) == (of_files, False)

    def test_too_many_pixels(self, album: Album, alice_client: Client) -> None:
        huge = picture(BLUE, (10_001, 20), kind="PNG")
        assert "too large" in send(alice_client, album, picture=file(huge))

    def test_not_from_another_site(self, album: Album, of_files: Cover, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        assert client.post(reverse("album-cover", args=[album.pk]), {"picture": file()}).status_code == 403
        assert shown(album) == (of_files, False)

    def test_others_covers_cannot_be_chosen(
        self, album: Album, of_files: Cover, alice_client: Client, bob: User
    ) -> None:
        address = reverse("album-cover-undo", args=[album.pk])
        alice_client.post(f"{address}?cover={make_cover(bob, BLUE).pk}&chosen=1")
        assert shown(album) == (of_files, False)

    def test_nothing_is_left_behind(self, album: Album, alice_client: Client, tmp_path: Any) -> None:
        for content in (None, b"no picture"):
            send(alice_client, album, picture=file(content))
        assert not list((tmp_path / "incoming").iterdir())


class TestProgram:
    def put(self, client: Client, album: Album, content: bytes | None = None) -> Any:
        body = encode_multipart(BOUNDARY, {"file": file(content)})
        return client.put(f"/api/v1/albums/{album.pk}/cover/", body, content_type=MULTIPART_CONTENT)

    def test_choose(self, album: Album, alice_api: Client) -> None:
        answer = self.put(alice_api, album)
        assert answer.status_code == 200
        cover, chosen = shown(album)
        assert cover
        assert chosen
        body = answer.json()
        assert body["id"] == str(cover.pk)
        assert set(body["colours"]) == {"background", "accent"}
        for size in ("small", "medium", "large"):
            response = alice_api.get(body[size])
            assert response.status_code == 200
            assert response["Content-Type"] == "image/webp"
            close_response(response)

    def test_take_back(self, album: Album, of_files: Cover, alice_api: Client) -> None:
        self.put(alice_api, album)
        assert alice_api.delete(f"/api/v1/albums/{album.pk}/cover/").status_code == 204
        assert shown(album) == (of_files, False)

    def test_refused(self, album: Album, alice_api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = self.put(alice_api, album, b"no picture")
        assert (answer.status_code, answer.json()["code"]) == (415, "not_a_picture")
        monkeypatch.setattr(album_covers, "MAX_CHOSEN_PICTURE_BYTES", 100)
        answer = self.put(alice_api, album)
        assert (answer.status_code, answer.json()["code"]) == (413, "picture_too_large")

    def test_unknown_size(self, of_files: Cover, alice_api: Client) -> None:
        assert alice_api.get(f"/api/v1/covers/{of_files.pk}/huge/").status_code == 404


def test_album_is_gone(album: Album) -> None:
    Album.objects.all().delete()
    with pytest.raises(DomainError) as refusal:
        services.album_cover_clear(album=album)
    assert refusal.value.code == "not_found"
