"""Every endpoint of the players' API, for everybody who may ask, in one table; and the ways to say who asks."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from library import selectors, services
from library.models import FailedSignIn, PlayerPassword, Track, User
from library.subsonic.endpoints import ENDPOINTS, PublicEndpoint
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.factories import PASSWORD, signed_in
from tests.subsonic import SALT, Player, hashed, post_form

pytestmark = pytest.mark.django_db


class EndpointAccess(NamedTuple):
    name: str
    params: dict[str, str] = {}
    """`{track}`, `{album}`, `{artist}`, `{playlist}`, `{cover}` and `{email}` stand for alice's."""
    needs: str = "read"
    """The scope a token must have; `public` for none."""
    code: int = 0
    """The code of the error that its owner gets, too."""
    is_file: bool = False
    foreign: int = 70
    """The code of the error that others get with alice's ids."""


E = EndpointAccess
SONG, ALBUM, ARTIST = {"id": "tr-{track}"}, {"id": "al-{album}"}, {"id": "ar-{artist}"}
LIST = {"id": "pl-{playlist}"}
ACCESS = [
    E("getOpenSubsonicExtensions", needs="public"),
    E("ping"),
    E("getLicense"),
    E("tokenInfo"),
    E("getUser", {"username": "{email}"}, foreign=50),
    E("getScanStatus"),
    E("getMusicFolders"),
    E("getIndexes"),
    E("getMusicDirectory", ARTIST),
    E("getMusicDirectory", ALBUM),
    E("getArtists"),
    E("getArtist", ARTIST),
    E("getAlbum", ALBUM),
    E("getSong", SONG),
    E("getGenres"),
    E("getAlbumList", {"type": "newest"}),
    E("getAlbumList2", {"type": "random"}),
    E("getRandomSongs"),
    E("getSongsByGenre", {"genre": "Blues"}),
    E("getStarred"),
    E("getStarred2"),
    E("search2", {"query": "slag"}),
    E("search3", {"query": ""}),
    E("getArtistInfo", ARTIST),
    E("getArtistInfo2", ARTIST),
    E("getAlbumInfo", ALBUM),
    E("getAlbumInfo2", ALBUM),
    E("getSimilarSongs", SONG),
    E("getSimilarSongs2", ARTIST),
    E("getTopSongs", ARTIST),
    E("getSonicSimilarTracks", SONG),
    E("findSonicPath", {"startSongId": "tr-{track}", "endSongId": "tr-{track}"}),
    E("getLyrics"),
    E("getLyricsBySongId", SONG),
    E("stream", SONG, is_file=True),
    E("download", SONG, is_file=True),
    # Others get the picture that stands where there is no cover: see test_subsonic_files.
    E("getCoverArt", {"id": "none"}, is_file=True),
    E("getAvatar", {"username": "{email}"}, code=70),
    E("star", SONG, "write"),
    E("star", {"albumId": "al-{album}"}, "write"),
    E("star", {"artistId": "ar-{artist}"}, "write"),
    E("unstar", SONG, "write"),
    E("setRating", SONG | {"rating": "4"}, "write"),
    E("scrobble", SONG, "write"),
    E("getPlaylists"),
    E("getPlaylist", LIST),
    E("createPlaylist", {"name": "Early"}, "write"),
    E("createPlaylist", {"playlistId": "pl-{playlist}"}, "write"),
    E("updatePlaylist", {"playlistId": "pl-{playlist}", "songIdToAdd": "tr-{track}"}, "write"),
    E("deletePlaylist", LIST, "delete"),
    E("getNowPlaying"),
    E("getPlayQueue"),
    E("getPlayQueueByIndex"),
    E("savePlayQueue", {}, "write"),
    E("savePlayQueueByIndex", {}, "write"),
    *(
        E(name)
        for name in (
            *("getBookmarks", "getInternetRadioStations", "getPodcasts", "getNewestPodcasts", "getShares"),
        )
    ),
    *(
        E(name, code=50)
        for name in (
            *("startScan", "getUsers", "createUser", "updateUser", "deleteUser", "changePassword"),
            *("createShare", "updateShare", "deleteShare", "createBookmark", "deleteBookmark"),
            *("createInternetRadioStation", "updateInternetRadioStation", "deleteInternetRadioStation"),
            *("refreshPodcasts", "createPodcastChannel", "deletePodcastChannel", "deletePodcastEpisode"),
            *("downloadPodcastEpisode", "jukeboxControl", "getChatMessages", "addChatMessage"),
        )
    ),
]


def name_of(row: EndpointAccess) -> str:
    return f"{row.name} {' '.join(row.params)}".strip()


def named(row: EndpointAccess, alices: dict[str, Any]) -> dict[str, str]:
    return {name: value.format(**alices) for name, value in row.params.items()}


@pytest.fixture
def alices(alice: User) -> dict[str, Any]:
    """The ids of things of alice's."""
    album = make_album(alice, "Foundry", "The Gravel Kings")
    track = make_track_on(album, "Slag", embedding=[0.6, 0.8])
    playlist = services.playlist_add(owner=alice, name="Late")
    services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
    return {
        "track": track.pk,
        "album": album.pk,
        "artist": album.artist_id,
        "playlist": playlist.pk,
        "cover": make_cover(alice).pk,
        "email": alice.email,
    }


def answer_of(player: Player, row: EndpointAccess, params: dict[str, str]) -> tuple[str, int]:
    """How it went, and the error's code."""
    response, content = player.bytes(row.name, f="json", **params)
    assert response.status_code == 200, content
    if row.is_file and response["Content-Type"] != "application/json":
        return "ok", 0
    body = response.json()["subsonic-response"]
    return body["status"], body.get("error", {}).get("code", 0)


class TestEverybody:
    @pytest.mark.parametrize("row", ACCESS, ids=name_of)
    def test_the_owner(self, row: EndpointAccess, alice: User, alices: dict[str, Any]) -> None:
        expected = ("failed", row.code) if row.code else ("ok", 0)
        assert answer_of(Player(alice), row, named(row, alices)) == expected

    @pytest.mark.parametrize("person", ["bob", "charlie"])
    @pytest.mark.parametrize("row", ACCESS, ids=name_of)
    def test_others_see_and_change_nothing(
        self, row: EndpointAccess, person: str, alices: dict[str, Any], request: pytest.FixtureRequest
    ) -> None:
        """What is alice's is to them as what never was."""
        player = Player(request.getfixturevalue(person))
        params = named(row, alices)
        _, content = player.bytes(row.name, f="json", **params)
        for secret in ("Slag", "Foundry", "Gravel", "Late", *map(str, alices.values())):
            assert secret.encode() not in content
        if not row.params or row.code or row.name in OF_ONESELF:
            return
        nobodys = {name: str(value)[:-6] + "000000" for name, value in alices.items()}
        foreign, unknown = (answer_of(player, row, named(row, ids)) for ids in (alices, nobodys))
        assert foreign == unknown == ("failed", row.foreign)
        track = Track.objects.get(pk=alices["track"])
        assert (track.starred_at, track.rating, track.play_count, track.playlists.count()) == (
            None,
            None,
            0,
            1,
        )

    @pytest.mark.parametrize("row", ACCESS, ids=name_of)
    def test_a_session_counts_for_nothing(
        self, row: EndpointAccess, alice: User, alices: dict[str, Any]
    ) -> None:
        """Otherwise other sites could act in a person's name."""
        client, fields = signed_in(alice), named(row, alices) | {"f": "json"}
        for send in (client.get, functools.partial(post_form, client)):
            response: Any = send(f"/rest/{row.name}", fields)
            body = response.json()["subsonic-response"]
            if row.needs == "public":
                assert body["status"] == "ok"
            else:
                assert (body["status"], body["error"]["code"]) == ("failed", 10)

    @pytest.mark.parametrize("row", ACCESS, ids=name_of)
    @pytest.mark.parametrize("scopes", [{"read"}, {"read", "write"}, {"read", "delete"}], ids=sorted)
    def test_tokens_do_what_they_were_made_for(
        self, row: EndpointAccess, scopes: set[str], alice: User, alices: dict[str, Any]
    ) -> None:
        _, key = services.token_create(
            owner=alice, name="limited", may_write="write" in scopes, may_delete="delete" in scopes
        )
        player = Player(alice)
        player.credentials = {"apiKey": key}
        may = row.needs in scopes | {"public"}
        expected = 50 if not may else row.code
        assert answer_of(player, row, named(row, alices)) == ("failed" if expected else "ok", expected)

    def test_the_table_is_complete(self) -> None:
        assert {row.name for row in ACCESS} == set(ENDPOINTS)
        for row in ACCESS:
            endpoint = ENDPOINTS[row.name]
            scope = "public" if isinstance(endpoint, PublicEndpoint) else endpoint.scope
            assert scope == row.needs, row.name


#: With the same parameters, everybody gets something of their own.
OF_ONESELF = {
    "getAlbumList", "getAlbumList2", "getSongsByGenre", "search2", "search3", "getCoverArt", "createPlaylist",
}  # fmt: skip


class TestWaysIn:
    @pytest.fixture
    def player(self, alice: User) -> Player:
        return Player(alice)

    def code(self, client: Client | None = None, **params: str) -> int:
        response = (client or Client()).get("/rest/ping", params | {"f": "json"})
        assert response.status_code == 200
        code: int = response.json()["subsonic-response"].get("error", {}).get("code", 0)
        return code

    def test_by_password(self, player: Player, alice: User) -> None:
        for sent in (player.password, f"enc:{player.password.encode().hex()}"):
            assert self.code(u=alice.email, p=sent) == 0
            assert self.code(u=alice.email.upper(), p=sent) == 0

    def test_by_a_hash_with_any_salt(self, player: Player, alice: User) -> None:
        for salt in ("a", "½ and more", "x" * 100):
            assert self.code(u=alice.email, **hashed(player.password, salt)) == 0
        assert self.code(u=alice.email, t=hashed(player.password)["t"].upper(), s=SALT) == 0

    def test_by_a_token(self, alice: User) -> None:
        _, key = services.token_create(owner=alice, name="player")
        assert self.code(apiKey=key) == 0
        assert self.code(u=alice.email, p=key) == 0

    def test_by_a_form(self, player: Player) -> None:
        for endpoint in ("ping", "ping.view"):
            assert b'status="ok"' in player.send(endpoint, "post").content

    def test_not_by_the_password_of_the_account(self, alice: User) -> None:
        assert self.code(u=alice.email, p=PASSWORD) == 40
        assert self.code(u=alice.email, **hashed(PASSWORD)) == 40

    def test_not_with_what_is_somebody_elses(self, player: Player, charlie: User, alice: User) -> None:
        assert self.code(u=charlie.email, p=player.password) == 40
        assert self.code(u=charlie.email, **hashed(player.password)) == 40
        _, key = services.token_create(owner=alice, name="player")
        assert self.code(u=charlie.email, p=key) == 40

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            ({}, 10),
            ({"u": "{email}"}, 10),
            ({"p": "{password}"}, 10),
            ({"u": "{email}", "t": "x"}, 10),
            ({"u": "{email}", "p": "wrong"}, 40),
            ({"u": "{email}", "p": "enc:zz"}, 40),
            ({"u": "nobody@example.org", "p": "{password}"}, 40),
            ({"u": "{email}", "t": "", "s": "x"}, 10),
            ({"u": "{email}", "p": "{password}", "t": "x", "s": "x"}, 43),
            ({"apiKey": "{key}", "u": "{email}"}, 43),
            ({"apiKey": "wrong"}, 44),
            ({"apiKey": "½\ud83d"}, 44),
        ],
    )
    def test_errors_have_the_numbers_of_the_protocol(
        self, sent: dict[str, str], code: int, player: Player, alice: User
    ) -> None:
        _, key = services.token_create(owner=alice, name="player")
        known = {"email": alice.email, "password": player.password, "key": key}
        told = {
            name: value.format(**known).encode("utf-8", "replace").decode() for name, value in sent.items()
        }
        assert self.code(**told) == code

    def test_not_once_revoked_or_expired(self, player: Player, alice: User) -> None:
        services.player_password_revoke(player_password=PlayerPassword.objects.get())
        assert player.refused("ping") == 40
        token, key = services.token_create(owner=alice, name="player")
        token.expires_at = timezone.now() - timedelta(days=1)
        token.save()
        assert self.code(apiKey=key) == 44

    def test_not_of_a_disabled_account(self, player: Player, alice: User) -> None:
        _, key = services.token_create(owner=alice, name="player")
        services.users_set_active(users=User.objects.filter(pk=alice.pk), active=False)
        assert player.refused("ping") == 40
        assert self.code(apiKey=key) == 44

    def test_not_with_another_secret_key(self, player: Player, settings: Settings) -> None:
        before, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
        assert player.refused("ping") == 40
        settings.SECRET_KEY_FALLBACKS = [before]
        assert player.ask("ping") == {}

    def test_an_error_says_where_to_make_a_password(self, alice: User) -> None:
        response = Client().get("/rest/ping", {"u": alice.email, "p": "wrong", "f": "json"})
        error = response.json()["subsonic-response"]["error"]
        assert error["helpUrl"] == "http://testserver/account/#players"
        assert "account page" in error["message"]

    def test_its_use_is_noted(
        self, player: Player, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        player.ask("ping")
        row = PlayerPassword.objects.get()
        assert row.last_used_at is not None
        with django_assert_num_queries(1):
            player.ask("ping")

    @pytest.mark.parametrize(("version", "code"), [("1.1.0", 0), ("0.9", 20), ("2.0.0", 30), ("x", 0)])
    def test_versions(self, version: str, code: int, player: Player, alice: User) -> None:
        assert self.code(u=alice.email, p=player.password, v=version) == code


class TestFailures:
    """They count as those of the sign-in page do."""

    def fail(self, email: str = "alice@example.org", address: str = "192.0.2.1") -> dict[str, Any]:
        response = Client(REMOTE_ADDR=address).get("/rest/ping", {"u": email, "p": "wrong", "f": "json"})
        error: dict[str, Any] = response.json()["subsonic-response"]["error"]
        return error

    def test_after_five_there_is_a_wait(self, alice: User) -> None:
        assert all("Wrong user name" in self.fail()["message"] for _ in range(5))
        assert self.fail() | {"helpUrl": ""} == {
            "code": 40, "message": "Too many attempts. Please try again in 15 minutes.", "helpUrl": "",
        }  # fmt: skip
        assert FailedSignIn.objects.count() == 10

    def test_an_address_has_thirty_for_all_names_and_the_sign_in_page(self, alice: User) -> None:
        for number in range(30):
            self.fail(f"{number}@example.org")
        assert "Too many attempts" in self.fail("another@example.org")["message"]
        page = Client(REMOTE_ADDR="192.0.2.1").post(
            "/account/login/", {"username": alice.email, "password": PASSWORD}
        )
        assert page.status_code == 429

    def test_they_lock_nobody_out_of_the_site_elsewhere(self, alice: User) -> None:
        for _ in range(6):
            self.fail()
        page = Client(REMOTE_ADDR="192.0.2.2").post(
            "/account/login/", {"username": alice.email, "password": PASSWORD}
        )
        assert page.status_code == 302

    def test_music_goes_on_with_the_right_password(self, alice: User) -> None:
        player = Player(alice)
        for _ in range(6):
            self.fail(address="127.0.0.1")
        assert player.ask("ping") == {}

    def test_the_same_is_said_of_people_who_are_not_here(self, alice: User) -> None:
        assert self.fail() == self.fail("nobody@example.org", "192.0.2.2")

    def test_wrong_keys_count_too(self) -> None:
        for _ in range(31):
            response = Client().get("/rest/ping", {"apiKey": "wrong", "f": "json"})
        assert "Too many attempts" in response.json()["subsonic-response"]["error"]["message"]
