"""Numbers, times and names at the ends of what can be written."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import services
from library.exchange.export_writer import export_as_json
from library.models import Playlist, Tag, Track, User
from tests.crawl import response_bytes
from tests.factories import close_response

pytestmark = pytest.mark.django_db

NINES = "9" * 5000
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        (f"bytes={NINES}-", 416),
        (f"bytes=0-{NINES}", 200),
        (f"bytes=1-{NINES}", 206),
        (f"bytes=-{NINES}", 200),
        (f"bytes={NINES}-{NINES}", 416),
        (f"bytes={NINES}-1", 200),
        ("bytes=-" + "0" * 5000, 416),
        ("bytes=" + "0" * 5000 + "1-1", 206),
    ],
)
def test_ranges(wanted: str, status: int, alice_client: Client, track: Track) -> None:
    response = alice_client.get(reverse("original", args=[track.pk]), headers={"Range": wanted})
    # The whole range may be answered with 206, too.
    assert response.status_code in ({200, 206} if status == 200 else {status})
    close_response(response)


def test_fields_of_forms(alice: User, alice_client: Client, track: Track) -> None:
    playlist = services.playlist_add(owner=alice, name="Late")
    services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
    item = playlist.items.get()
    tag = services.tag_add(owner=alice, name="live", hue=3)
    moved = alice_client.post(reverse("playlist-move", args=[playlist.pk, item.pk]), {"to": NINES})
    changed = alice_client.post(reverse("tag-change", args=[tag.pk]), {"hue": NINES, "initial-hue": NINES})
    assert (moved.status_code, changed.status_code) == (302, 302)
    tag.refresh_from_db()
    assert tag.hue == 3


@pytest.mark.usefixtures("crawling")
@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999-14:00",
    ],
)
def test_times(moment: str, alice_api: Client, alice_client: Client, track: Track) -> None:
    Track.objects.update(updated_at=timezone.now() - timedelta(minutes=5))  # what is newer is repeated
    events = alice_api.get("/api/v1/events/", headers={"Last-Event-ID": moment})
    found = str(track.pk).encode() in response_bytes(events)
    close_response(events)
    assert events.status_code == 200
    assert found == moment.startswith("0001")
    changes = alice_api.get("/api/v1/tracks/changes/", {"updated_since": moment})
    assert changes.status_code in (200, 400)
    assert alice_client.post(reverse("bin-restore"), {"all": moment}).status_code == 302


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_uploads_begin_by_post_alone(method: str, alice_api: Client) -> None:
    assert getattr(alice_api, method)("/api/v1/uploads/", headers=TUS).status_code == 405


@pytest.mark.parametrize("method", ["get", "put", "post"])
def test_an_upload_takes_no_new_one(method: str, alice: User, alice_api: Client) -> None:
    upload = services.upload_begin(owner=alice, name="song.wav", length=9)
    address = f"/api/v1/uploads/{upload.pk}/"
    assert getattr(alice_api, method)(address, headers=TUS).status_code == 405
    assert (
        getattr(alice_api, method)(
            "/api/v1/uploads/", headers=TUS | {"X-HTTP-Method-Override": "DELETE"}
        ).status_code
        == 405
    )
    if method == "post":
        overridden = alice_api.post(address, headers=TUS | {"X-HTTP-Method-Override": "DELETE"})
        assert overridden.status_code == 204


@pytest.mark.parametrize("letter", ["½", "한", "ﷺ"])
class TestNamesThatGrow:
    """The key of a tag has its letters taken apart: “½” becomes “1⁄2”."""

    def test_are_taken(self, letter: str, alice: User, alice_client: Client, track: Track) -> None:
        name = letter * 40
        for url, data in (
            (reverse("tag-add"), {"name": name}),
            (reverse("track-tag", args=[track.pk]), {"name": name}),
            (reverse("bulk-action-submit"), {"act": "tag", "tag": name, "track": str(track.pk)}),
        ):
            assert alice_client.post(url, data, follow=True).status_code == 200, url
        tag = Tag.objects.get()
        assert tag.name == name
        assert alice_client.post(reverse("tag-change", args=[tag.pk]), {"name": name[1:]}).status_code == 302
        assert (
            alice_client.post(reverse("track-tag-reject", args=[track.pk]), {"name": name}).status_code == 302
        )
        assert Tag.objects.get().name == name[1:]

    def test_are_read_back(self, letter: str, alice: User, charlie: User, track: Track) -> None:
        services.track_tag(track=track, name=letter * 40)
        document = "".join(export_as_json(alice)).encode()
        services.library_import(owner=charlie, file=BytesIO(document), size=len(document))
        assert [tag.name for tag in Tag.objects.filter(owner=charlie)] == [letter * 40]


def test_a_playlist_is_named_in_any_letters(alice: User) -> None:
    """It has no key."""
    assert services.playlist_add(owner=alice, name="ﷺ" * 40) == Playlist.objects.get()
