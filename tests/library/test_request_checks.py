"""What no view sees: NUL characters, bodies in other codings, and JSON too deep, too long or half broken."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from config import wsgi
from library import services
from library.models import Genre, Playlist, Track, User

pytestmark = pytest.mark.django_db

PLAYLISTS = "/api/v1/playlists/"
JSON = "application/json"


def refused(response: Any, status: int, code: str) -> bool:
    assert response["Content-Type"] == "application/problem+json"
    return (response.status_code, response.json()["code"], response.json()["status"]) == (
        status,
        code,
        status,
    )


class TestNul:
    def test_in_an_address(self, alice_client: Client, alice_api: Client) -> None:
        page = alice_client.get("/moods/%00/")
        assert (page.status_code, page["Content-Type"]) == (400, "text/plain; charset=utf-8")
        assert "NUL" in page.content.decode()
        assert refused(alice_api.get("/api/v1/moods/%00/"), 400, "parse_error")

    def test_in_a_query(self, alice_client: Client, alice_api: Client) -> None:
        assert alice_client.get("/needs-you/", QUERY_STRING="after=a%00").status_code == 400
        assert refused(alice_api.delete("/api/v1/tags/1/", QUERY_STRING="into=%00"), 400, "parse_error")

    def test_in_a_form(self, alice: User, alice_client: Client) -> None:
        genre = Genre.objects.create(owner=alice, key="dub", name="Dub")
        response = alice_client.post(reverse("genre-delete", args=[genre.pk]), {"into": "a\0b"})
        assert response.status_code == 400
        genre.refresh_from_db()
        assert genre.retired_at is None

    def test_in_a_cookie(self, alice: User, client: Client) -> None:
        client.cookies.load('sessionid="\\000aaaaaaaaaa"')
        assert client.get("/account/").status_code == 302

    def test_in_json(self, alice_api: Client) -> None:
        assert refused(alice_api.post(PLAYLISTS, {"name": "a\0b"}, content_type=JSON), 400, "parse_error")


class TestCodings:
    @pytest.mark.parametrize("coding", ["gzip", "GZIP, identity", "br"])
    def test_a_compressed_body(self, coding: str, alice_api: Client, alice_client: Client) -> None:
        body = gzip.compress(b'{"name": "Late"}')
        headers = {"Content-Encoding": coding}
        response = alice_api.post(PLAYLISTS, body, content_type=JSON, headers=headers)
        assert refused(response, 415, "unsupported_media_type")
        assert response["Accept-Encoding"] == "identity"
        assert alice_client.post(reverse("playlists"), {"name": "Late"}, headers=headers).status_code == 415
        assert not Playlist.objects.exists()

    @pytest.mark.parametrize(
        "charset", ["hex", "zlib", "utf-16", "undefined", "rot13", "latin-1", "nonsense"]
    )
    def test_another_charset(self, charset: str, alice_api: Client, alice_client: Client) -> None:
        response = alice_api.generic("POST", PLAYLISTS, b"{}", f"{JSON}; charset={charset}")
        assert refused(response, 415, "unsupported_media_type")
        assert alice_client.get("/?q=%20", CONTENT_TYPE=f"text/plain; charset={charset}").status_code == 415

    def test_another_charset_at_the_real_handler(self, db: None) -> None:
        """Before it has made a request of it, no middleware can help."""
        environ = RequestFactory()._base_environ(CONTENT_TYPE="text/plain; charset=hex", QUERY_STRING="q=1")
        answered = []
        wsgi.application(environ, lambda status, headers: answered.append(status))
        assert answered == ["415 Unsupported Media Type"]

    @pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii"])
    def test_utf_8_under_any_name(self, charset: str, alice_api: Client) -> None:
        response = alice_api.post(
            PLAYLISTS, b'{"name": "Late"}', content_type=f"{JSON}; charset={charset}",
            headers={"Content-Encoding": "identity"},
        )  # fmt: skip
        assert response.status_code == 201


class TestJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 50_000,
            b"[" * 50_000 + b"]" * 50_000,
            b'{"name":' * 50_000 + b"1" + b"}" * 50_000,
            b'{"name":' + b"[" * 40 + b"]" * 40 + b"}",
        ],
    )
    @pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
    def test_too_deep(self, body: bytes, headers: dict[str, str], alice_api: Client) -> None:
        for address in (PLAYLISTS, "/api/v1/tracks/check/"):
            response = alice_api.post(address, body, content_type=JSON, headers=headers)
            assert refused(response, 400, "parse_error")
            assert "nested" in response.json()["detail"] or "JSON parse error" in response.json()["detail"]

    def test_too_long(self, alice_api: Client) -> None:
        size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = json.dumps({"name": "Late"}).encode()
        assert alice_api.post(PLAYLISTS, body.ljust(size), content_type=JSON).status_code == 201
        assert refused(alice_api.post(PLAYLISTS, body.ljust(size + 1), content_type=JSON), 413, "too_large")

    @pytest.mark.parametrize("name", ["\\ud800", "\\udc00\\ud800"])
    def test_half_a_letter(self, name: str, alice_api: Client) -> None:
        body = f'{{"act": "{name}", "query": ""}}'
        assert refused(alice_api.post("/api/v1/acts/", body, content_type=JSON), 400, "parse_error")

    def test_whole_letters(self, alice_api: Client) -> None:
        response = alice_api.post(PLAYLISTS, b'{"name": "\\ud83d\\ude00"}', content_type=JSON)
        assert response.json()["name"] == "😀"


class TestIds:
    """In upper case they are the same ids, at every address."""

    def test_of_tracks(
        self, alice_client: Client, alice_api: Client, charlie_api: Client, track: Track
    ) -> None:
        track_id = str(track.pk).upper()
        assert track.title in alice_client.get(f"/tracks/{track_id}/").content.decode()
        assert alice_api.get(f"/api/v1/tracks/{track_id}/").json()["id"] == str(track.pk)
        assert alice_api.get(f"/api/v1/tracks/{track_id}/genre/history/").status_code == 200
        assert charlie_api.get(f"/api/v1/tracks/{track_id}/").status_code == 404

    def test_of_uploads(self, alice: User, alice_api: Client) -> None:
        upload = services.upload_begin(owner=alice, name="song.wav", length=9)
        address = f"/api/v1/uploads/{str(upload.pk).upper()}/"
        assert alice_api.head(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 200

    def test_in_the_admin(self, alice: User, bob_client: Client, track: Track) -> None:
        services.user_share(user=alice, share=True)
        assert bob_client.get(f"/admin/library/track/{str(track.pk).upper()}/audio/").status_code == 200
