"""Resumable uploads: whatever happens on the way, the file arrives byte for byte, or is refused and deleted."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import itertools
import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.storage import default_storage
from django.http import UnreadablePostError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from classifier.errors import AudioError
from library import services
from library.errors import DomainError
from library.models import PartialUpload, Track, User
from tests.factories import PASSWORD, signed_in, wav, with_token

pytestmark = pytest.mark.django_db

TUS = {"Tus-Resumable": "1.0.0"}
SONG = wav(7, seconds=2)


def create(client: Client, length: int, name: str = "song.wav", **headers: str) -> Any:
    encoded = base64.b64encode(name.encode()).decode()
    metadata = {"Upload-Length": str(length), "Upload-Metadata": f"filename {encoded},filetype YXVkaW8="}
    return client.generic("POST", reverse("tus-uploads"), headers=TUS | metadata | headers)


def patch(client: Client, address: str, offset: int, body: bytes, **headers: str) -> Any:
    return client.patch(
        address,
        body,
        headers=TUS | {"Upload-Offset": str(offset)} | headers,
        CONTENT_TYPE="application/offset+octet-stream",  # also when there is no body
    )


def head(client: Client, address: str) -> Any:
    return client.head(address, headers=TUS)


@pytest.fixture
def address(alice_client: Client) -> str:
    return str(create(alice_client, len(SONG))["Location"])


def waiting_files() -> list[Path]:
    return [path for path in Path(site.FILE_UPLOAD_TEMP_DIR).rglob("*") if path.is_file()]


def stored_files() -> list[Path]:
    return [path for path in Path(default_storage.location).rglob("*") if path.is_file()]


def test_the_server_says_what_it_can(alice_client: Client) -> None:
    answer = alice_client.options(reverse("tus-uploads"))
    assert answer.status_code == 204
    assert answer["Tus-Version"] == answer["Tus-Resumable"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer["Tus-Max-Size"] == str(site.EARMARK_MAX_UPLOAD_BYTES)


def test_a_file_comes_in_pieces(alice_client: Client, alice: User) -> None:
    begun = create(alice_client, len(SONG), "Café 🎺.wav")
    address = begun["Location"]
    assert begun.status_code == 201
    assert begun["Upload-Offset"] == "0"
    assert "Upload-Expires" in begun

    first = patch(alice_client, address, 0, SONG[:9000])
    assert (first.status_code, first["Upload-Offset"]) == (204, "9000")
    assert "Earmark-State" not in first
    where = head(alice_client, address)
    assert (where.status_code, where["Upload-Offset"], where["Upload-Length"]) == (
        200,
        "9000",
        str(len(SONG)),
    )
    assert where["Cache-Control"] == "no-store"
    assert [path.stat().st_mode & 0o777 for path in waiting_files()] == [0o600]

    last = patch(alice_client, address, 9000, SONG[9000:])
    track = Track.objects.get(owner=alice)
    assert last["Earmark-State"] == "added"
    assert last["Earmark-Track"] == track.get_absolute_url()
    assert track.original.open("rb").read() == SONG
    assert track.sha256 == hashlib.sha256(SONG).hexdigest()
    assert (track.original_name, track.status) == ("Café 🎺.wav", "queued")
    assert waiting_files() == []
    # Asked later, it still tells.
    told = head(alice_client, address)
    assert (told["Upload-Offset"], told["Earmark-Track"]) == (str(len(SONG)), track.get_absolute_url())
    assert patch(alice_client, address, len(SONG), b"").status_code == 204


def test_the_bytes_are_moved_not_copied(alice_client: Client, address: str, alice: User) -> None:
    patch(alice_client, address, 0, SONG[:-1])
    (waiting,) = waiting_files()
    inode = waiting.stat().st_ino
    patch(alice_client, address, len(SONG) - 1, SONG[-1:])
    assert os.stat(Track.objects.get(owner=alice).original.path).st_ino == inode


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, len(SONG)), max_size=6))
def test_any_split_gives_the_same_bytes(alice: User, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SONG)]
    upload = services.upload_begin(owner=alice, name="song.wav", length=len(SONG))
    for start, end in itertools.pairwise(edges):
        services.upload_append(upload=upload, offset=start, chunks=[SONG[start:end]])
    assert upload.track
    assert upload.track.original.open("rb").read() == SONG
    services.track_delete(track=upload.track)


@pytest.mark.parametrize("offset", [0, 50, 150, len(SONG)])
def test_a_wrong_offset_is_a_conflict_and_changes_nothing(
    alice_client: Client, address: str, offset: int
) -> None:
    patch(alice_client, address, 0, SONG[:100])
    answer = patch(alice_client, address, offset, b"x" * min(10, len(SONG) - offset))
    assert answer.status_code == 409
    assert answer.json()["code"] == "offset_conflict"
    assert head(alice_client, address)["Upload-Offset"] == "100"
    patch(alice_client, address, 100, SONG[100:])
    assert Track.objects.get().original.open("rb").read() == SONG


class BreaksOff(io.RawIOBase):
    """A body whose connection breaks after some bytes."""

    def __init__(self, arrives: bytes) -> None:
        self.arrives = io.BytesIO(arrives)

    def read(self, size: int = -1, /) -> bytes:
        if piece := self.arrives.read(size):
            return piece
        raise UnreadablePostError("gone")


@pytest.mark.parametrize("body", [BreaksOff, io.BytesIO])
def test_what_came_before_the_connection_broke_is_kept(
    alice_client: Client, address: str, body: Callable[[bytes], Any]
) -> None:
    patch(alice_client, address, 0, SONG[:100])
    answer = alice_client.generic(
        "PATCH",
        address,
        "",
        headers=TUS | {"Upload-Offset": "100"},
        CONTENT_TYPE="application/offset+octet-stream",
        **{"wsgi.input": body(SONG[100:12_345]), "CONTENT_LENGTH": str(len(SONG) - 100)},
    )
    assert answer["Upload-Offset"] == "12345"
    assert head(alice_client, address)["Upload-Offset"] == "12345"
    patch(alice_client, address, 12_345, SONG[12_345:])
    assert Track.objects.get().original.open("rb").read() == SONG


def test_a_stale_request_cannot_write_into_what_a_newer_one_brings(alice: User) -> None:
    upload = services.upload_begin(owner=alice, name="song.wav", length=len(SONG))

    def stale() -> Any:
        yield SONG[:500]
        # The client is gone, comes back, and is faster.
        again = PartialUpload.objects.get(pk=upload.pk)
        services.upload_append(upload=again, offset=500, chunks=[SONG[500:20_000]])
        yield b"never to be seen"

    with pytest.raises(DomainError) as refusal:
        services.upload_append(upload=upload, offset=0, chunks=stale())
    assert (refusal.value.code, refusal.value.status) == ("offset_conflict", 409)
    assert services.upload_offset(upload=upload) == 20_000
    services.upload_append(upload=upload, offset=20_000, chunks=[SONG[20_000:]])
    assert upload.track
    assert upload.track.original.open("rb").read() == SONG


def test_a_stale_request_cannot_write_into_the_stored_file(alice: User) -> None:
    upload = services.upload_begin(owner=alice, name="song.wav", length=len(SONG))

    def stale() -> Any:
        yield SONG[:500]
        again = PartialUpload.objects.get(pk=upload.pk)
        services.upload_append(upload=again, offset=500, chunks=[SONG[500:]])
        yield SONG[500:]

    with pytest.raises(DomainError):
        services.upload_append(upload=upload, offset=0, chunks=stale())
    assert Track.objects.get().original.open("rb").read() == SONG


def test_while_another_is_writing_one_waits(alice_client: Client, address: str) -> None:
    (waiting,) = waiting_files()
    with waiting.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        answer = patch(alice_client, address, 0, SONG)
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_busy")
    assert patch(alice_client, address, 0, SONG)["Earmark-State"] == "added"


def test_an_upload_whose_last_step_was_killed_is_finished_by_asking_again(
    alice_client: Client, address: str
) -> None:
    (waiting,) = waiting_files()
    waiting.write_bytes(SONG)
    assert head(alice_client, address)["Upload-Offset"] == str(len(SONG))
    assert patch(alice_client, address, len(SONG), b"")["Earmark-State"] == "added"


def test_checksums_are_checked(alice_client: Client, address: str) -> None:
    def checksum(algorithm: str, body: bytes) -> dict[str, str]:
        digest = base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
        return {"Upload-Checksum": f"{algorithm} {digest}"}

    good = patch(alice_client, address, 0, SONG[:100], **checksum("sha256", SONG[:100]))
    assert good.status_code == 204
    bad = patch(alice_client, address, 100, SONG[100:], **checksum("sha1", b"something else"))
    assert (bad.status_code, bad.json()["code"]) == (460, "checksum_mismatch")
    assert head(alice_client, address)["Upload-Offset"] == "100"
    unknown = patch(alice_client, address, 100, b"", **{"Upload-Checksum": "crc32 AAAA"})
    assert unknown.status_code == 400
    last = patch(alice_client, address, 100, SONG[100:], **checksum("sha1", SONG[100:]))
    assert last["Earmark-State"] == "added"


def test_what_may_be_music_is_refused_when_none_has_begun(alice_client: Client) -> None:
    """Zeros, tags or other bytes of up to a megabyte may come first."""
    noise = random.Random(1).randbytes(3_000_000)
    address = create(alice_client, len(noise), "song.mp3")["Location"]
    assert patch(alice_client, address, 0, noise[:500_000]).status_code == 204
    answer = patch(alice_client, address, 500_000, noise[500_000:2_500_000])
    assert (answer.status_code, answer.json()["code"]) == (415, "not_audio")
    assert waiting_files() == []
    address = create(alice_client, 3_000_000, "song.wav")["Location"]
    song = (bytes(900_000) + SONG).ljust(3_000_000, b"\0")
    assert patch(alice_client, address, 0, song[:500_000]).status_code == 204
    assert patch(alice_client, address, 500_000, song[500_000:])["Earmark-State"] == "added"


def test_the_same_file_again_is_a_duplicate(alice_client: Client, address: str, alice: User) -> None:
    patch(alice_client, address, 0, SONG)
    again = create(alice_client, len(SONG), "copy.wav")["Location"]
    answer = patch(alice_client, again, 0, SONG)
    assert answer["Earmark-State"] == "known"
    assert answer["Earmark-Track"] == Track.objects.get(owner=alice).get_absolute_url()
    assert waiting_files() == []


def test_what_is_no_music_is_refused_as_soon_as_its_first_bytes_are_there(alice_client: Client) -> None:
    address = create(alice_client, 10_000_000, "song.mp3")["Location"]
    answer = patch(alice_client, address, 0, b"%PDF-1.7\n" + b"\0" * 20_000)
    assert (answer.status_code, answer.json()["code"]) == (415, "not_audio")
    assert waiting_files() == []
    told = head(alice_client, address)
    assert (told["Earmark-State"], told["Earmark-Error"]) == ("refused", "not_audio")
    assert patch(alice_client, address, 20_009, b"more").status_code == 415


def test_a_small_file_that_is_no_music_is_refused_at_its_end(alice_client: Client) -> None:
    address = create(alice_client, 40, "song.mp3")["Location"]
    assert patch(alice_client, address, 0, b"not music " * 2).status_code == 204
    assert patch(alice_client, address, 20, b"not music " * 2).status_code == 415
    assert waiting_files() == stored_files() == []


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [(0, 422, "empty"), (2001, 413, "too_large"), (1001, 409, "over_quota")],
)
def test_limits_are_checked_before_a_byte_is_sent(
    alice_client: Client, settings: Any, length: int, status: int, code: str
) -> None:
    settings.EARMARK_MAX_UPLOAD_BYTES = 2000
    settings.EARMARK_QUOTA_BYTES = 1000
    answer = create(alice_client, length)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert waiting_files() == []


def test_what_is_on_its_way_counts_towards_the_quota(alice_client: Client, settings: Any) -> None:
    settings.EARMARK_QUOTA_BYTES = 1000
    assert create(alice_client, 600).status_code == 201
    assert create(alice_client, 600).json()["code"] == "over_quota"


def test_more_than_was_said_is_not_taken(alice_client: Client, address: str) -> None:
    assert patch(alice_client, address, 0, SONG + b"x").status_code == 413
    assert head(alice_client, address)["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    "headers", [{"Upload-Length": "many"}, {"Upload-Length": "9" * 30}, {"Upload-Metadata": "filename ***"}]
)
def test_headers_that_make_no_sense_are_refused(alice_client: Client, headers: dict[str, str]) -> None:
    assert create(alice_client, 10, **headers).status_code == 400


def test_the_protocol_is_kept_to(alice_client: Client, address: str) -> None:
    other = alice_client.post(reverse("tus-uploads"), headers={"Upload-Length": "10"})
    assert (other.status_code, other["Tus-Version"]) == (412, "1.0.0")
    form = alice_client.patch(address, b"x", content_type="text/plain", headers=TUS | {"Upload-Offset": "0"})
    assert form.status_code == 415
    assert alice_client.get(address, headers=TUS).status_code == 405
    hidden = alice_client.post(address, headers=TUS | {"X-HTTP-Method-Override": "DELETE"})
    assert hidden.status_code == 204
    assert not PartialUpload.objects.exists()


def test_an_upload_can_be_given_up(alice_client: Client, address: str) -> None:
    patch(alice_client, address, 0, SONG[:100])
    assert alice_client.delete(address, headers=TUS).status_code == 204
    assert waiting_files() == []
    assert head(alice_client, address).status_code == 404


def test_nobody_else_can_touch_it(address: str, bob: User, charlie: User, client: Client) -> None:
    unknown = f"{reverse('tus-uploads')}00000000-0000-0000-0000-000000000000/"
    for somebody in (signed_in(bob), signed_in(charlie), with_token(charlie)):
        for one in (address, unknown):
            assert head(somebody, one).status_code == 404
            assert patch(somebody, one, 0, SONG).status_code == 404
            assert somebody.delete(one, headers=TUS).status_code == 404
    assert head(client, address).status_code == 401
    assert create(client, 10).status_code == 401
    assert PartialUpload.objects.get().offset == 0


def test_another_site_cannot_make_a_browser_upload(alice: User, address: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.login(email=alice.email, password=PASSWORD)
    assert create(browser, 10).status_code == 403
    assert patch(browser, address, 0, SONG).status_code == 403
    assert browser.delete(address, headers=TUS).status_code == 403
    browser.get(reverse("upload"))
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert create(browser, 10, **token).status_code == 201


def test_after_a_day_without_news_an_upload_is_forgotten(alice_client: Client, address: str) -> None:
    patch(alice_client, address, 0, SONG[:100])
    (waiting,) = waiting_files()
    litter = Path(site.FILE_UPLOAD_TEMP_DIR, "left by a killed process")
    litter.touch()
    assert services.uploads_expire() == 0
    assert len(waiting_files()) == 2

    old = timezone.now() - timedelta(hours=25)
    PartialUpload.objects.update(updated_at=old)
    for path in (waiting, litter):
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert services.uploads_expire() == 1
    assert waiting_files() == []
    assert head(alice_client, address).status_code == 404


def test_when_the_bytes_are_gone_it_says_so(alice_client: Client, address: str) -> None:
    (waiting,) = waiting_files()
    waiting.unlink()
    assert head(alice_client, address).status_code == 410
    assert patch(alice_client, address, 0, SONG).json()["code"] == "upload_gone"


def test_a_refused_upload_says_so_each_time(alice: User) -> None:
    upload = services.upload_begin(owner=alice, name="a.mp3", length=10)
    for _ in range(2):
        with pytest.raises(AudioError) as refusal:
            services.upload_append(upload=upload, offset=0, chunks=[b"0123456789"])
        assert refusal.value.code == "not_audio"


def test_with_the_account_go_the_bytes_that_had_come(alice_client: Client, address: str, alice: User) -> None:
    patch(alice_client, address, 0, SONG[:100])
    services.user_delete(user=alice)
    assert waiting_files() == []
