"""The API's tracks: what a program gets, page by page, and what it may have done."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from library.genres import BUILTIN_GENRES
from library.models import Track, User
from tests.factories import run_enqueued_tasks

pytestmark = pytest.mark.django_db

TRACKS = "/api/v1/tracks/"
Make = Callable[..., Track]
GARBLED = [
    b"7",
    b"[]",
    b'["yesterday", 1]',
    b"[[], {}]",
    b'["2026-01-01T00:00:00Z", "\\u0000"]',
    b"[null, null]",
    b"[1e400, 1]",
]
BLUES = {
    "label": "blues", "source": "model", "owner": None, "model": "blues", "file": None,
    "top": "blues", "confidence": 0.7, "needs_you": False,
}  # fmt: skip
NOBODY = dict.fromkeys(BLUES) | {"needs_you": False}


def test_a_ready_track(alice_api: Client, track: Track) -> None:
    body = alice_api.get(f"{TRACKS}{track.pk}/").json()
    prediction = body.pop("prediction")
    assert body == {
        "id": str(track.pk),
        "url": f"http://testserver{TRACKS}{track.pk}/",
        "title": track.title,
        "artist": "",
        "album": "",
        "year": None,
        "album_artist": "",
        "disc_number": None,
        "disc_total": None,
        "track_number": None,
        "track_total": None,
        "original_year": None,
        "compilation": False,
        "artists": [],
        "album_id": None,
        "cover": None,
        "starred": False,
        "starred_at": None,
        "rating": None,
        "play_count": 0,
        "last_played_at": None,
        "musicbrainz": {},
        "edited": [],
        "original_name": track.original_name,
        "kind": "wav",
        "size": track.size,
        "sha256": track.sha256,
        "duration": 6.0,
        "status": "ready",
        "stage": "",
        "progress": 1.0,
        "error": None,
        "notices": [],
        "genre": BLUES,
        "tags": [],
        "learned_tags": [],
        "learned": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert prediction["model"] == {"name": "mfcc-cnn-1", "version": "1"}
    assert set(prediction["probabilities"]) == set(BUILTIN_GENRES)
    assert "segments" not in prediction


def test_a_track_without_a_sure_genre(alice_api: Client, make_track: Make) -> None:
    track = make_track(heard={"label": None, "top": "jazz", "confidence": 0.3})
    genre = alice_api.get(f"{TRACKS}{track.pk}/").json()["genre"]
    assert genre == NOBODY | {"top": "jazz", "confidence": 0.3, "needs_you": True}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("queued", None),
        ("failed", {"code": "corrupt", "message": "The file is damaged: too little of it could be decoded."}),
    ],
)
def test_a_track_without_a_prediction(
    alice_api: Client, make_track: Make, status: str, error: object
) -> None:
    body = alice_api.get(f"{TRACKS}{make_track(status=status).pk}/").json()
    assert (body["status"], body["error"], body["genre"], body["prediction"]) == (status, error, NOBODY, None)


def test_the_list_is_newest_first_and_each_track_is_in_it_once(alice_api: Client, make_track: Make) -> None:
    tracks = [make_track() for _ in range(7)]
    # Uploads of the same moment are told apart too.
    Track.objects.update(created_at=tracks[0].created_at)
    seen, url = [], f"{TRACKS}?page_size=3"
    while url:
        page = alice_api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == sorted((str(track.pk) for track in tracks), reverse=True)


def test_a_page_holds_at_most_200(
    alice_api: Client, make_track: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("library.api.pagination.MAX_PAGE_SIZE", 2)
    for _ in range(3):
        make_track()
    assert len(alice_api.get(f"{TRACKS}?page_size=1000").json()["results"]) == 2


@pytest.mark.parametrize(
    "cursor",
    ["garbage", "é", *(base64.b64encode(text).decode() for text in GARBLED)],
    ids=lambda text: text[:12],
)
def test_a_garbled_cursor_is_404(alice_api: Client, cursor: str) -> None:
    response = alice_api.get(TRACKS, {"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_list_costs_as_many_queries_whatever_its_length(
    alice_api: Client, make_track: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_track()
    alice_api.get(TRACKS)  # notes the use of the token
    for length in (1, 5):
        while Track.objects.count() < length:
            make_track()
        with django_assert_num_queries(
            5
        ):  # the token with its owner, tracks, tags, what was learned, artists
            assert len(alice_api.get(TRACKS).json()["results"]) == length


def test_predictions_say_where(alice_api: Client, track: Track) -> None:
    (prediction,) = alice_api.get(f"{TRACKS}{track.pk}/predictions/").json()
    assert [(s["start"], s["end"]) for s in prediction["segments"]] == [(0.0, 3.0), (3.0, 6.0)]
    assert prediction["segments"][0]["probabilities"] == pytest.approx(prediction["probabilities"])
    assert prediction["label"] == "blues"


def test_deleting_permanently_takes_the_files_too(
    alice_api: Client, track: Track, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    names = [track.original.name, track.peaks.name, track.spectrogram.name]
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.delete(f"{TRACKS}{track.pk}/?permanently=true").status_code == 204
    run_enqueued_tasks()
    assert not any(default_storage.exists(name) for name in names)
    assert alice_api.get(f"{TRACKS}{track.pk}/").status_code == 404


def test_analyse_again(alice_api: Client, make_track: Make) -> None:
    track = make_track(status="failed")
    response = alice_api.post(f"{TRACKS}{track.pk}/analyse/")
    assert response.status_code == 202
    assert (response.json()["status"], response.json()["error"]) == ("queued", None)


def test_analysing_again_leaves_a_track_that_is_being_heard(alice_api: Client, make_track: Make) -> None:
    track = make_track(status="analysing", attempts=1)
    assert alice_api.post(f"{TRACKS}{track.pk}/analyse/").json()["status"] == "analysing"
    track.refresh_from_db()
    assert track.attempts == 1


@pytest.mark.parametrize("accept", ["*/*", "audio/wav", "application/json"])
def test_the_file_comes_back_as_it_was(alice_api: Client, track: Track, accept: str) -> None:
    response = alice_api.get(f"{TRACKS}{track.pk}/file/", headers={"Accept": accept})
    assert hashlib.sha256(response.getvalue()).hexdigest() == track.sha256
    assert response["Content-Type"] == "audio/wav"
    assert response["Content-Disposition"] == f'attachment; filename="{track.original_name}"'


def test_a_part_of_the_file(alice_api: Client, track: Track) -> None:
    response = alice_api.get(f"{TRACKS}{track.pk}/file/", headers={"Range": "bytes=0-3"})
    assert (response.status_code, response.getvalue()) == (206, b"RIFF")


def test_a_session_needs_a_csrf_token_to_write(alice: User, track: Track) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(f"{TRACKS}{track.pk}/").status_code == 200
    assert client.delete(f"{TRACKS}{track.pk}/").status_code == 403
    client.get(reverse("account"))
    csrf = client.cookies["csrftoken"].value
    assert client.delete(f"{TRACKS}{track.pk}/", headers={"X-CSRFToken": csrf}).status_code == 204
