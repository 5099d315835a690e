"""Songs and covers as players get them: byte for byte, in ranges, and a picture where there is no cover."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils.http import urlencode
from PIL import Image
from pytest_django import Settings

from library import services
from library.http.asgi.handler import Handler
from library.models import Track, User
from tests.album_rows import make_album, make_track_on
from tests.asgi import asgi_get, database_of_threads
from tests.covers import make_cover
from tests.factories import TrackFactory, UserFactory
from tests.subsonic import Player

pytestmark = pytest.mark.django_db


@pytest.fixture
def player(alice: User) -> Player:
    return Player(alice)


def original(track: Track) -> bytes:
    with track.original.open("rb") as file:
        return file.read()  # type: ignore[no-any-return]


class TestSongs:
    @pytest.mark.parametrize(
        "params", [{}, {"format": "raw"}, {"maxBitRate": "0"}, {"estimateContentLength": "true"}]
    )
    def test_whole(self, player: Player, track: Track, params: dict[str, str]) -> None:
        response, content = player.bytes("stream", id=f"tr-{track.pk}", **params)
        assert content == original(track)
        assert (response.status_code, response["Content-Type"]) == (200, "audio/wav")
        assert response["Content-Length"] == str(len(content))
        assert response["Accept-Ranges"] == "bytes"
        assert response["Content-Disposition"] == 'inline; filename="track.wav"'

    def test_in_ranges(self, player: Player, track: Track) -> None:
        whole = original(track)
        for wanted, part in (
            ("bytes=10-19", whole[10:20]),
            ("bytes=100-", whole[100:]),
            ("bytes=-5", whole[-5:]),
        ):
            response, content = player.bytes("stream", id=f"tr-{track.pk}", headers={"Range": wanted})
            assert (response.status_code, content) == (206, part)
            assert response["Content-Range"].startswith("bytes ")

    def test_only_the_headers(self, player: Player, track: Track) -> None:
        response, content = player.bytes("stream", method="head", id=f"tr-{track.pk}")
        assert (response["Content-Length"], content) == (str(track.size), b"")

    def test_not_again_what_has_not_changed(self, player: Player, track: Track) -> None:
        response, _ = player.bytes("stream", id=f"tr-{track.pk}")
        again, content = player.bytes(
            "stream", id=f"tr-{track.pk}", headers={"If-None-Match": response["ETag"]}
        )
        assert (again.status_code, content) == (304, b"")

    def test_as_a_download_with_its_name(self, player: Player, track: Track) -> None:
        response, content = player.bytes("download", id=f"tr-{track.pk}")
        assert content == original(track)
        assert response["Content-Disposition"] == f'attachment; filename="{track.original_name}"'

    def test_a_file_that_is_damaged_or_missing_is_an_error(self, player: Player, track: Track) -> None:
        path = Path(track.original.path)
        content = path.read_bytes()
        path.unlink()
        for endpoint in ("stream", "download"):
            assert player.refused(endpoint, id=f"tr-{track.pk}") == 70
        path.write_bytes(content + b"x")
        for endpoint in ("stream", "download"):
            assert player.refused(endpoint, id=f"tr-{track.pk}") == 0

    @pytest.mark.parametrize(
        "text", ["", "x", "tr-x", "al-{pk}", "{pk}", "tr-00000000-0000-0000-0000-000000000000"]
    )
    def test_other_ids_are_errors(self, player: Player, track: Track, text: str) -> None:
        code = 70 if text else 10
        for endpoint in ("stream", "download"):
            assert player.refused(endpoint, id=text.format(pk=track.pk)) == code

    def test_in_the_bin_there_is_none(self, player: Player, track: Track) -> None:
        services.track_delete(track=track)
        for endpoint in ("stream", "download", "getSong"):
            assert player.refused(endpoint, id=f"tr-{track.pk}") == 70

    def test_the_web_server_sends_it_where_it_does(
        self, player: Player, track: Track, settings: Settings
    ) -> None:
        settings.EARMARK_FILES_BY = "x-accel-redirect"
        response, content = player.bytes("stream", id=f"tr-{track.pk}")
        assert response["X-Accel-Redirect"] == f"/private-files/{track.original.name}"
        assert content == b""


class TestCovers:
    @pytest.fixture
    def covered(self, alice: User) -> dict[str, Any]:
        """An album whose cover has its size for content, a track on it, and a playlist with that."""
        cover = make_cover(alice)
        for size in ("small", "medium", "large"):
            getattr(cover, size).save("", ContentFile(size.encode()), save=True)
        album = make_album(alice, "Foundry", "The Gravel Kings", cover=cover, cover_chosen=True)
        track = make_track_on(album, "Slag")
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
        return {"co": cover.pk, "al": album.pk, "ar": album.artist_id, "tr": track.pk, "pl": playlist.pk}

    @pytest.mark.parametrize("kind", ["co", "al", "ar", "tr", "pl"])
    def test_of_whatever_has_one(self, player: Player, covered: dict[str, Any], kind: str) -> None:
        response, content = player.bytes("getCoverArt", id=f"{kind}-{covered[kind]}")
        assert (response["Content-Type"], content) == ("image/webp", b"large")
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"

    @pytest.mark.parametrize(
        ("size", "name"),
        [(1, "small"), (96, "small"), (97, "medium"), (320, "medium"), (600, "large"), (9999, "large")],
    )
    def test_in_the_least_size_that_is_large_enough(
        self, player: Player, covered: dict[str, Any], size: int, name: str
    ) -> None:
        assert player.bytes("getCoverArt", id=f"al-{covered['al']}", size=size)[1] == name.encode()

    def test_songs_and_albums_name_it(self, player: Player, covered: dict[str, Any]) -> None:
        album = player.ask("getAlbum", id=f"al-{covered['al']}")["album"]
        artist = player.ask("getArtist", id=f"ar-{covered['ar']}")["artist"]
        assert {album["coverArt"], album["song"][0]["coverArt"], artist["coverArt"]} == {
            f"co-{covered['co']}"
        }

    @pytest.mark.parametrize("text", ["tr-{pk}", "al-none", "ar-various", "co-{pk}", "x", "pl-{pk}"])
    def test_without_one_there_is_a_picture(self, player: Player, track: Track, text: str) -> None:
        for size, pixels in (("", 512), ("100", 192), ("300", 512)):
            response, content = player.bytes("getCoverArt", id=text.format(pk=track.pk), size=size)
            assert response["Content-Type"] == "image/png"
            assert Image.open(io.BytesIO(content)).size == (pixels, pixels)
        again, _ = player.bytes("getCoverArt", id="x", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304

    def test_of_others_there_is_none(self, charlie: User, covered: dict[str, Any]) -> None:
        player = Player(charlie)
        for kind, pk in covered.items():
            response, _ = player.bytes("getCoverArt", id=f"{kind}-{pk}")
            assert response["Content-Type"] == "image/png"

    def test_hundreds_of_them_meet_no_limit_of_the_api(
        self, player: Player, covered: dict[str, Any], settings: Settings
    ) -> None:
        settings.EARMARK_API_PER_MINUTE = 10
        for _ in range(50):
            response, _ = player.bytes("getCoverArt", id=f"co-{covered['co']}", size=96)
            assert response.status_code == 200


class TestUnderAsgi:
    """Files leave as all files of the site: block by block, while nobody's thread waits."""

    @pytest.mark.django_db(transaction=True)
    def test_songs_stream(self, tmp_path: Path) -> None:
        with database_of_threads(tmp_path):
            alice = UserFactory(email="alice@example.org")
            track = TrackFactory(owner=alice)
            player = Player(alice)
            query = urlencode({"c": "tests", "id": f"tr-{track.pk}", **player.credentials})
            status, headers, content = asyncio.run(self.fetch(f"/rest/stream?{query}"))
        assert status == 200
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert content == original(track)

    async def fetch(self, address: str) -> tuple[int, dict[str, str], bytes]:
        async with asgi_get(Handler(), address) as answer:
            return answer.status, answer.headers, await answer.read()
