"""`POST /file-upload`, as in the first version: classified by the real model, and nothing is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from library.genres import BUILTIN_GENRES
from library.models import Track, User
from tests import sounds

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def mp3() -> bytes:
    return sounds.as_bytes(".mp3", 5)


def file(content: bytes, name: str = "song.mp3") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, content)}


def leftover_files() -> list[Path]:
    """Whatever is left anywhere of an upload."""
    folders = (Path(default_storage.location), settings.FILE_UPLOAD_TEMP_DIR)
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_there_always_is_a_genre_and_nothing_is_kept(alice_api: Client, mp3: bytes) -> None:
    response = alice_api.post("/file-upload", file(mp3))
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"label", "sure", "probabilities"}
    assert set(body["probabilities"]) == set(BUILTIN_GENRES)
    assert sum(body["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert body["label"] == max(body["probabilities"], key=body["probabilities"].get)
    assert isinstance(body["sure"], bool)
    assert (Track.objects.count(), leftover_files()) == (0, [])


def test_the_same_file_gets_the_same_answer(alice_api: Client, mp3: bytes) -> None:
    first, second = (alice_api.post("/file-upload", file(mp3)).json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (sounds.as_bytes(".wav", 1), 422, "too_short"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x00" + b"\x00" * 64, 422, "corrupt"),
    ],
)
def test_undecodable_files_are_refused_with_a_reason(
    alice_api: Client, content: bytes, status: int, code: str
) -> None:
    response = alice_api.post("/file-upload", file(content, "song.wav"))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert leftover_files() == []


def test_a_browser_needs_its_csrf_token(alice: User, mp3: bytes) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/file-upload", file(mp3)).status_code == 403
    client.get(reverse("account"))
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert client.post("/file-upload", file(mp3), headers=headers).status_code == 200
