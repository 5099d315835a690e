"""What a scanner would try on every address: forged forms, ways off the site, and script in what is shown again."""

from __future__ import annotations

import itertools
import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.models import BaseModelChange, LearnedModel, LearnedRow, Track, User
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.crawl import UNSAFE, PathValues, addresses, response_bytes, send_request
from tests.factories import PASSWORD, signed_in, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]

ELSEWHERE = "evil.example"
#: What tells and does nothing of anybody's.
FOR_EVERYBODY = ("rest/getOpenSubsonicExtensions",)
#: Paths of this site that are other sites once the host is cut off.
PATHS = ("//{}/", "/\\{}/", "///{}", "/\t/{}")
SCRIPT = "\"><script>alert(1)</script>'><img src=x onerror=alert(1)>"
#: Every name under which a form, an address or a program says something.
NAMES = (
    "q", "genre", "not_genre", "tag", "not_tag", "mood", "not_mood", "source", "status", "kind", "ordering", "page",
    "after", "cursor", "fields", "start", "query", "name", "title", "artist", "album", "year", "new", "new_genre",
    "new_playlist", "playlist", "act", "into", "to", "hue", "code", "email", "username", "password", "track", "id",
    "year_min", "duration_max", "added_after", "updated_since", "x", "y", "limit", "few", "next", "_changelist_filters",
    "o", "e", "_popup", "_to_field", "sort", "letter", "saved", "has_tag", "added_within_days", "played", "played_at",
)  # fmt: skip


@pytest.fixture
def path_values(bob: User, make_track: Any) -> PathValues:
    """Things of bob's, who may use the most addresses: pages, API and the desk."""
    track = make_track(owner=bob)
    services.genre_set(track=track, person=bob, genre="jazz")
    playlist = services.playlist_add(owner=bob, name="Late")
    services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(bob))
    tag = services.track_tag(track=track, name="live")
    genre = services.own_genre_add(owner=bob, name="Shoegaze")
    action = services.tracks_tag(tracks=selectors.tracks_of(bob), person=bob, names=["act"])
    token, _ = services.token_create(owner=bob, name="backup")
    upload = services.upload_begin(owner=bob, name="song.wav", length=9)
    version = LearnedModel.objects.create(owner=bob, number=1, status=LearnedModel.Status.CANDIDATE)
    LearnedRow.objects.create(
        model=version, track=make_track(owner=bob), genre="jazz", probability=0.9, before="blues"
    )
    change = BaseModelChange.objects.create(owner=bob, model_name="mfcc-cnn-1", model_version="2")
    album = make_album(bob, "Foundry", "The Gravel Kings")
    make_track_on(album, "Slag")
    return {
        "id": [track.pk, playlist.pk, token.pk],
        "pk": [track.pk, tag.pk, playlist.pk, album.pk, album.artist_id],
        "track_id": [track.pk],
        "playlist_id": [playlist.pk],
        "bulk_action_id": [action.pk],
        "upload_id": [upload.pk],
        "cover_id": [make_cover(bob).pk],
        "album_id": [album.pk],
        "size": ["small"],
        "artist_id": [album.artist_id],
        "tag_id": [tag.pk],
        "item_id": [playlist.items.get().pk],
        "genre_id": [genre.pk],
        "token_id": [token.pk],
        "password_id": [services.player_password_create(owner=bob, name="phone")[0].pk],
        "number": [version.number],
        "change_id": [change.pk],
        "object_id": [track.pk, token.pk, "_3Cscript_3E"],
        "content_type_id": ["1"],
        "key": [genre.key],
        "mood": ["calm", quote(SCRIPT, safe="")],
        "uidb64": ["MQ"],
        "token": ["set-password"],
        "app_label": ["library"],
        "url": ["nothing/"],
    }


def test_nothing_can_be_changed_from_another_site(path_values: PathValues, bob: User) -> None:
    """A browser sends the cookie wherever a form leads; what it cannot know is the token of the page."""
    track_id = path_values["track_id"][0]
    before = [Track.objects.get(pk=track_id).updated_at, bob.password]
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    went_through = []
    for address in addresses(path_values):
        for method in UNSAFE:
            answers = [send_request(client, method, address, {"name": "forged", "genre": "rock"})]
            if answers[0].status_code == 415:
                # It is for files, which can be forged, too.
                answers.append(client.post(address.url, {"file": upload(), "name": "forged"}))
                answers.append(
                    client.generic(method.upper(), address.url, b"x", "application/offset+octet-stream")
                )
                answers.append(client.generic(method.upper(), address.url))
            codes = {answer.status_code for answer in answers}
            if address.route.startswith("rest/") and method == "post":
                # They know no session, and answer in an envelope.
                refused = b'status="failed"' in answers[0].content
                codes -= {200} if refused or address.route in FOR_EVERYBODY else set()
                codes |= {403}
            if codes - {403, 404, 405, 415} or codes == {415}:
                went_through.append(f"{method} {address.url}: {codes}")
    assert not went_through, went_through
    bob.refresh_from_db()
    assert [Track.objects.get(pk=track_id).updated_at, bob.password] == before


def test_no_redirect_leads_off_the_site(path_values: PathValues, bob: User) -> None:
    spellings = itertools.cycle(
        [
            "https://{}/",
            "//{}/",
            "/\\{}/",
            "https:{}",
            "/%09/{}",
            "\t//{}",
            *(f"http://testserver{path}" for path in PATHS),
        ]
    )
    names = ("next", "url", "redirect", "return")
    for client in (Client(), signed_in(bob)):
        for address in addresses(path_values):
            if address.url.startswith("/admin/") and "login" not in address.url:
                continue
            for method in ("get", "post"):
                target = next(spellings).format(ELSEWHERE)
                client.defaults["HTTP_REFERER"] = target.strip()
                query = "?" + "&".join(f"{name}={quote(target)}" for name in names)
                answer = send_request(
                    client, method, address, dict.fromkeys(names, target), query * (method == "get")
                )
                assert_stays(answer, f"{method} {address.url}")


def test_signing_in_and_out_leads_nowhere_else(alice: User) -> None:
    for name, data in (
        ("login", {"username": alice.email, "password": PASSWORD}),
        ("logout", {}),
        ("admin:login", {}),
    ):
        client = Client() if data else signed_in(alice)
        target = f"https://{ELSEWHERE}/"
        answer = client.post(f"{reverse(name)}?next={target}", {**data, "next": target})
        assert_stays(answer, name)


def assert_stays(answer: Any, asked: str) -> None:
    location = answer.get("Location", "").replace("\\", "/")
    # Browsers take any number of slashes for two: ////evil.example is another site.
    host = urlsplit(re.sub("^//+", "//", location)).netloc
    assert host in ("", "testserver"), f"{asked} leads to {location}"


@pytest.mark.parametrize("method", ["get", "post"])
def test_request_text_is_escaped_on_every_page(path_values: PathValues, bob: User, method: str) -> None:
    query = "?" + "&".join(f"{name}={quote(SCRIPT)}" for name in NAMES)
    for client in (Client(), signed_in(bob)):
        for address in addresses(path_values):
            if "/logout/" in address.url:
                continue
            answer = send_request(
                client, method, address, dict.fromkeys(NAMES, SCRIPT), query * (method == "get")
            )
            if answer.get("Content-Type", "").startswith("text/html"):
                assert_harmless(response_bytes(answer), f"{method} {address.url}")


def test_stored_text_is_escaped_on_every_page(path_values: PathValues, bob: User) -> None:
    """Names of files, tags, genres, playlists and searches, and what a file says of itself."""
    track = selectors.tracks_of(bob).get(pk=path_values["track_id"][0])
    fields = ("title", "artist", "album", "original_name", "file_genre")
    selectors.tracks_of(bob).update(
        **dict.fromkeys(fields, SCRIPT), status=Track.Status.FAILED, error_code="corrupt"
    )
    bob.albums.update(title=SCRIPT)
    bob.artists.update(name=SCRIPT)
    services.track_tag(track=track, name=SCRIPT[:40])
    services.own_genre_add(owner=bob, name=SCRIPT[:40])
    services.playlist_rename(playlist=bob.playlists.get(), name=SCRIPT)
    services.search_save(owner=bob, name=SCRIPT, query="q=" + quote(SCRIPT))
    services.token_create(owner=bob, name=SCRIPT[:60])
    services.upload_begin(owner=bob, name=SCRIPT, length=9)
    client = signed_in(bob)
    seen = 0
    for address in addresses(path_values):
        answer = send_request(client, "get", address, {})
        if answer.get("Content-Type", "").startswith("text/html"):
            page = response_bytes(answer)
            seen += b"&lt;script&gt;alert(1)" in page
            assert_harmless(page, address.url)
    assert seen >= 10


def assert_harmless(page: bytes, asked: str) -> None:
    assert b"<script>alert" not in page, asked
    # Nor as an attribute: every quotation mark of it is escaped.
    assert not re.search(rb"<img src=x", page), asked


def test_the_crawl_reaches_what_there_is(path_values: PathValues, bob: User) -> None:
    """Else it would prove nothing: bob gets an answer from most addresses."""
    client = signed_in(bob)
    reached = set()
    for address in addresses(path_values):
        if "logout" not in address.url:
            answer = send_request(client, "get", address, {})
            response_bytes(answer)
            if answer.status_code in (200, 302, 400, 405, 412):
                reached.add(address.route)
    routes = {address.route for address in addresses(path_values) if not address.route.startswith("admin/")}
    assert len(routes & reached) >= 0.9 * len(routes), routes - reached
