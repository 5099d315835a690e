"""An upload that is aborted, or whose owner's account is deleted, while its bytes still arrive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from classifier.formats import HEAD_BYTES
from library import services
from library.models import PartialUpload, Track, User
from tests.factories import wav

pytestmark = pytest.mark.django_db


class Body:
    """A request's body; `meanwhile` is called while it is read."""

    def __init__(self, content: bytes, meanwhile: Callable[[], object]) -> None:
        self.content, self.meanwhile = content, meanwhile

    def read(self, size: int = -1) -> bytes:
        self.meanwhile()
        self.content, piece = b"", self.content
        return piece

    readline = read


def send(client: Client, upload: PartialUpload, content: bytes, meanwhile: Callable[[], object]) -> Any:
    return client.generic(
        "PATCH",
        f"/api/v1/uploads/{upload.pk}/",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        CONTENT_TYPE="application/offset+octet-stream",
        CONTENT_LENGTH=str(len(content)),
        **{"wsgi.input": Body(content, meanwhile)},
    )


def abort(upload: PartialUpload) -> None:
    services.upload_abort(upload=PartialUpload.objects.get(pk=upload.pk))


def delete_account(upload: PartialUpload) -> None:
    services.user_delete(user=User.objects.get(pk=upload.owner_id))


@pytest.mark.parametrize("end", [abort, delete_account])
@pytest.mark.parametrize("length", ["whole", "a part"])
def test_it_is_gone_and_stays_gone(
    end: Callable[[PartialUpload], None], length: str, alice: User, alice_api: Client
) -> None:
    content = wav() if length == "whole" else wav()[:-1]
    upload = services.upload_begin(owner=alice, name="song.wav", length=len(wav()))
    response = send(alice_api, upload, content, lambda: end(upload))
    # What was not complete may have been received before it was deleted.
    assert response.status_code == (410 if length == "whole" else 204)
    assert response.status_code == 204 or response.json()["code"] == "upload_gone"
    assert not PartialUpload.objects.exists()
    assert not Track.all_objects.exists()
    assert not [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).rglob("*") if path.is_file()]


@pytest.mark.parametrize("end", [abort, delete_account])
def test_a_file_that_is_refused_is_not_listed_again(
    end: Callable[[PartialUpload], None],
    alice: User,
    alice_api: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = services.upload_begin(owner=alice, name="song.wav", length=2 * HEAD_BYTES)

    def refuse(head: bytes) -> bool:
        end(upload)
        return False

    monkeypatch.setattr("library.services.uploads.may_be_audio", refuse)
    response = send(alice_api, upload, b"?" * HEAD_BYTES, lambda: None)
    assert (response.status_code, response.json()["code"]) == (410, "upload_gone")
    assert not PartialUpload.objects.exists()


@pytest.mark.parametrize("end", [abort, delete_account])
def test_while_the_file_is_stored(
    end: Callable[[PartialUpload], None],
    alice: User,
    alice_api: Client,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    upload = services.upload_begin(owner=alice, name="song.wav", length=len(wav()))
    sha256_of = services.tracks.sha256_of

    def sha256_at_the_end(file: Any) -> str:
        digest = sha256_of(file)
        end(upload)
        return digest

    monkeypatch.setattr("library.services.tracks.sha256_of", sha256_at_the_end)
    response = send(alice_api, upload, wav(), lambda: None)
    assert (response.status_code, response.json()["code"]) == (410, "upload_gone")
    assert not PartialUpload.objects.exists()
    assert not Track.all_objects.exists()
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
