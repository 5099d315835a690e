"""Files in forms are written where they are wanted, and from nobody who is not signed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import reverse

from library.models import Track, User
from tests.crawl import PathValues, addresses
from tests.factories import signed_in, upload, wav, with_token
from tests.library import test_crawl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]
path_values = test_crawl.path_values

#: Where files are wanted.
TAKING_FILES = {
    "upload/",
    "exchange/",
    "albums/<uuid:album_id>/cover/",
    "file-upload",
    "api/v1/tracks/",
    "api/v1/import/",
    "api/v1/classify/",
}


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files that a request began to write."""
    names: list[str] = []
    new_file = TemporaryFileUploadHandler.new_file

    def noting(
        self: TemporaryFileUploadHandler, field_name: str, file_name: str, *args: Any, **more: Any
    ) -> None:
        names.append(file_name)
        new_file(self, field_name, file_name, *args, **more)

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", noting)
    return names


def with_csrf_cookie(client: Client) -> tuple[Client, str]:
    """A stranger may set any cookie, and a form with a token that fits is read."""
    request = RequestFactory().get("/")
    token = get_token(request)
    client.handler.enforce_csrf_checks = True
    client.cookies[settings.CSRF_COOKIE_NAME] = request.META["CSRF_COOKIE"]
    return client, token


def test_a_hundred_files_to_the_sign_in_page(begun: list[str], db: None) -> None:
    files = {f"file{number}": upload(b"x" * 100_000, f"{number}.wav") for number in range(100)}
    client, token = with_csrf_cookie(Client())
    response = client.post(reverse("login"), {"csrfmiddlewaretoken": token, "username": "a", **files})
    assert response.status_code == 400
    assert not begun
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_strangers_write_nothing_anywhere(begun: list[str], path_values: PathValues) -> None:
    client, token = with_csrf_cookie(Client())
    for address in addresses(path_values):
        for method in ("POST", "PUT", "PATCH"):
            response = client.generic(method, address.url, *form(token))
            assert response.status_code < 500, address.url
            assert not begun, address.url


def test_others_write_only_where_files_are_wanted(
    begun: list[str], path_values: PathValues, bob: User
) -> None:
    wanted = set()
    for client in (signed_in(bob), with_token(bob)):
        for address in addresses(path_values):
            if "logout" in address.url or "delete" in address.url:
                continue
            response = client.generic("POST", address.url, *form("x"))
            assert response.status_code < 500, address.url
            if begun:
                wanted.add(address.route)
                begun.clear()
    assert wanted == TAKING_FILES


def test_where_they_are_wanted_they_arrive(alice_client: Client, alice_api: Client) -> None:
    alice_client.post(reverse("upload"), {"file": upload(wav(1))})
    alice_api.post("/api/v1/tracks/", {"file": upload(wav(2))})
    assert Track.objects.count() == 2


def form(token: str) -> tuple[bytes, str]:
    """A form with a token and a file."""
    parts = (
        ('name="csrfmiddlewaretoken"', token.encode()),
        ('name="file"; filename="song.wav"', b"no audio"),
    )
    body = b"".join(
        b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (name.encode(), content)
        for name, content in parts
    )
    return body + b"--x--\r\n", "multipart/form-data; boundary=x"
