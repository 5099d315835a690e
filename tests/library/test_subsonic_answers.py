"""Fields and types of answers, the same in XML and in JSON, and what has them: songs, albums, artists, errors."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import Album, Track, User
from library.subsonic.endpoints import ENDPOINTS
from library.subsonic.envelope import SERVER_VERSION
from tests.album_rows import make_album, make_track_by, make_track_on
from tests.covers import make_cover
from tests.factories import TrackFactory
from tests.library.test_subsonic_access import ACCESS, EndpointAccess, alices, name_of, named
from tests.subsonic import NAMESPACE, Player

pytestmark = pytest.mark.django_db
alices = alices  # a fixture

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
#: Those with a question mark may be left out.
SONG = {
    "id": str, "parent": str, "isDir": bool, "title": str, "album": str, "artist": str, "track?": int, "year?": int,
    "genre?": str, "coverArt": str, "size": int, "contentType": str, "suffix": str, "duration": int, "bitRate": int,
    "samplingRate?": int, "channelCount?": int, "path": str, "isVideo": bool, "userRating?": int, "playCount": int,
    "discNumber?": int, "created": MOMENT, "starred?": MOMENT, "played?": MOMENT, "albumId": str, "artistId": str,
    "type": str, "mediaType": str, "sortName": str, "musicBrainzId": str, "genres": [{"name": str}],
    "artists": [{"id": str, "name": str}], "displayArtist": str, "albumArtists": [{"id": str, "name": str}],
    "displayAlbumArtist": str, "moods": [str], "groupings": [str],
}  # fmt: skip
ALBUM = {
    "id": str, "name": str, "artist": str, "artistId": str, "coverArt": str, "songCount": int, "duration": int,
    "playCount": int, "created": MOMENT, "starred?": MOMENT, "year?": int, "genre?": str, "played?": MOMENT,
    "musicBrainzId": str, "genres": [{"name": str}], "artists": [{"id": str, "name": str}], "displayArtist": str,
    "sortName": str, "isCompilation": bool,
}  # fmt: skip
FOLDER = {
    "id": str, "parent": str, "isDir": bool, "title": str, "name": str, "album": str, "artist": str, "artistId": str,
    "mediaType": str, "coverArt": str, "songCount": int, "duration": int, "playCount": int, "created": MOMENT,
    "starred?": MOMENT, "year?": int, "genre?": str, "played?": MOMENT,
}  # fmt: skip
ARTIST = {
    "id": str, "name": str, "coverArt": str, "albumCount?": int, "starred?": MOMENT, "musicBrainzId": str,
    "sortName": str,
}  # fmt: skip
NAMED = {"id": str, "name": str, "starred?": MOMENT}
PLAYLIST = {
    "id": str, "name": str, "owner": str, "public": bool, "readonly": bool, "songCount": int, "duration": int,
    "created": MOMENT, "changed": MOMENT, "coverArt": str,
}  # fmt: skip
QUEUE = {"position": int, "username": str, "changed": MOMENT, "changedBy": str, "entry": [SONG]}
#: What each endpoint answers to `ACCESS`, of a library that has one of each.
SHAPES: dict[str, Any] = {
    "ping": {},
    "getLicense": {"license": {"valid": bool}},
    "getOpenSubsonicExtensions": {"openSubsonicExtensions": [{"name": str, "versions": [int]}]},
    "tokenInfo": {"tokenInfo": {"username": str}},
    "getScanStatus": {"scanStatus": {"scanning": bool, "count": int}},
    "getMusicFolders": {"musicFolders": {"musicFolder": [{"id": int, "name": str}]}},
    "getIndexes": {
        "indexes": {"ignoredArticles": str, "lastModified": int, "index": [{"name": str, "artist": [NAMED]}]}
    },
    "getArtists": {"artists": {"ignoredArticles": str, "index": [{"name": str, "artist": [ARTIST]}]}},
    "getArtist": {"artist": {**ARTIST, "album": [ALBUM]}},
    "getAlbum": {"album": {**ALBUM, "song": [SONG]}},
    "getSong": {"song": SONG},
    "getGenres": {"genres": {"genre": [{"value": str, "songCount": int, "albumCount": int}]}},
    "getAlbumList": {"albumList": {"album": [FOLDER]}},
    "getAlbumList2": {"albumList2": {"album": [ALBUM]}},
    "getRandomSongs": {"randomSongs": {"song": [SONG]}},
    "getSongsByGenre": {"songsByGenre": {"song": [SONG]}},
    "getStarred": {"starred": {"artist": [NAMED], "album": [FOLDER], "song": [SONG]}},
    "getStarred2": {"starred2": {"artist": [ARTIST], "album": [ALBUM], "song": [SONG]}},
    "search2": {"searchResult2": {"artist": [NAMED], "album": [FOLDER], "song": [SONG]}},
    "search3": {"searchResult3": {"artist": [ARTIST], "album": [ALBUM], "song": [SONG]}},
    "getArtistInfo": {"artistInfo": {"musicBrainzId?": str}},
    "getArtistInfo2": {"artistInfo2": {"musicBrainzId?": str}},
    "getAlbumInfo": {"albumInfo": {"musicBrainzId?": str}},
    "getAlbumInfo2": {"albumInfo": {"musicBrainzId?": str}},
    "getSimilarSongs": {"similarSongs": {"song": [SONG]}},
    "getSimilarSongs2": {"similarSongs2": {"song": [SONG]}},
    "getTopSongs": {"topSongs": {"song": [SONG]}},
    "getSonicSimilarTracks": {"sonicMatch": [{"similarity": float, "entry": SONG}]},
    "findSonicPath": {"sonicMatch": [{"similarity": float, "entry": SONG}]},
    "getLyrics": {"lyrics": {"value": str}},
    "getLyricsBySongId": {"lyricsList": {"structuredLyrics": []}},
    "star": {},
    "unstar": {},
    "setRating": {},
    "scrobble": {},
    "getPlaylists": {"playlists": {"playlist": [PLAYLIST]}},
    "getPlaylist": {"playlist": {**PLAYLIST, "entry": [SONG]}},
    "createPlaylist": {"playlist": {**PLAYLIST, "entry": [SONG]}},
    "updatePlaylist": {},
    "deletePlaylist": {},
    "getNowPlaying": {
        "nowPlaying": {
            "entry": [{**SONG, "username": str, "minutesAgo": int, "playerId": int, "playerName": str}]
        }
    },
    "getPlayQueue": {"playQueue": {**QUEUE, "current": str}},
    "getPlayQueueByIndex": {"playQueueByIndex": {**QUEUE, "currentIndex": int}},
    "savePlayQueue": {},
    "savePlayQueueByIndex": {},
    "getBookmarks": {"bookmarks": {}},
    "getInternetRadioStations": {"internetRadioStations": {}},
    "getPodcasts": {"podcasts": {}},
    "getNewestPodcasts": {"newestPodcasts": {}},
    "getShares": {"shares": {}},
}
#: Folders: of artists, and of songs.
DIRECTORIES: dict[str, Any] = {
    "ar": {"id": str, "name": str, "parent": str, "starred?": MOMENT, "child": [FOLDER]},
    "al": {"id": str, "name": str, "parent": str, "starred?": MOMENT, "playCount": int, "child": [SONG]},
}
ROLES = (
    *("scrobblingEnabled", "adminRole", "settingsRole", "downloadRole", "uploadRole", "playlistRole"),
    *("coverArtRole", "commentRole", "podcastRole", "streamRole", "jukeboxRole", "shareRole"),
    "videoConversionRole",
)
SHAPES["getUser"] = {"user": {"username": str, "email": str, **dict.fromkeys(ROLES, bool), "folder": [int]}}
ROWS = [row for row in ACCESS if not row.code and not row.is_file and row.needs != "delete"]


def differences(value: Any, shape: Any, where: str = "") -> list[str]:
    """Where a value has not the shape: a type, a pattern, the only member of a list, or the fields of a dict."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        known = {name.rstrip("?"): inner for name, inner in shape.items()}
        found = [f"{where}.{name} is unknown" for name in value.keys() - known.keys()]
        found += [
            f"{where}.{name} is missing" for name in shape if not name.endswith("?") and name not in value
        ]
        for name in value.keys() & known.keys():
            found += differences(value[name], known[name], f"{where}.{name}")
        return found
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return (
            [line for inner in value for line in differences(inner, shape[0], f"{where}[]")] if shape else []
        )
    if isinstance(shape, re.Pattern):
        return [] if isinstance(value, str) and shape.fullmatch(value) else [f"{where}: {value!r}"]
    return [] if type(value) is shape else [f"{where}: {value!r} is no {shape.__name__}"]


def same_in_xml(value: Any, element: ElementTree.Element, where: str = "") -> list[str]:
    """Where an element says something else than an object of JSON."""
    if not isinstance(value, dict):
        return [] if (element.text or "") == text_of(value) else [f"{where}: {element.text!r}"]
    found, children = [], list(element)
    for name, inner in value.items():
        tag, place = f"{NAMESPACE}{name}", f"{where}/{name}"
        if isinstance(inner, dict | list):
            members = inner if isinstance(inner, list) else [inner]
            same = [child for child in children if child.tag == tag]
            if len(same) != len(members):
                found.append(f"{place}: {len(same)} elements")
                continue
            for member, child in zip(members, same, strict=True):
                found += same_in_xml(member, child, place)
        elif name == "value":
            found += [] if (element.text or "") == text_of(inner) else [f"{place}: {element.text!r}"]
        elif element.get(name) != text_of(inner):
            found.append(f"{place}: {element.get(name)!r}")
    names = {f"{NAMESPACE}{name}" for name in value} | set(value)
    found += [f"{where}: {child.tag} is new" for child in children if child.tag not in names]
    return found + [f"{where}: {name} is new" for name in element.attrib if name not in names]


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture
def filled(alice: User, alices: dict[str, Any]) -> dict[str, Any]:
    """A library in which everything that can be said of a song, an album and an artist is said of one."""
    album = Album.objects.get(pk=alices["album"])
    track = Track.objects.get(pk=alices["track"])
    make_track_on(album, "Cinder", embedding=[0.8, 0.6], file_genre="Industrial")
    make_track_by(alice, "Loose", "The Gravel Kings")
    make_track_by(alice, "Nobody’s")
    Track.objects.filter(pk=track.pk).update(
        rating=4,
        year=1977,
        disc_number=1,
        track_number=2,
        mood_lines="\ncalm\nsad\n",
        audio={"bit_rate": 256_000, "sample_rate": 44_100, "channels": 2},
        musicbrainz={"recording": ["f4d3b7ab-ab3c-4d5b-8f3f-000000000001"]},
        cover=make_cover(alice, (1, 2, 3)),
    )
    Album.objects.filter(pk=album.pk).update(year=1977)
    services.track_tag(track=track, name="late")
    services.track_star(track=track, starred=True)
    services.album_star(album=album, starred=True)
    assert album.artist
    services.artist_star(artist=album.artist, starred=True)
    services.play_add(track=track)
    services.search_save(owner=alice, name="Blues", query="genre=blues")
    services.play_queue_save(owner=alice, tracks=[track], current=0, position_ms=1, client="phone")
    services.now_playing_set(track=track, client="phone")
    return alices


class TestShapes:
    @pytest.mark.parametrize("row", ROWS, ids=name_of)
    def test_fields_and_types(self, row: EndpointAccess, alice: User, filled: dict[str, Any]) -> None:
        answer = Player(alice).ask(row.name, **named(row, filled))
        shape = SHAPES.get(row.name)
        if row.name == "getMusicDirectory":
            shape = {"directory": DIRECTORIES[row.params["id"][:2]]}
        assert differences(answer, shape) == []

    @pytest.mark.parametrize("row", ROWS, ids=name_of)
    def test_the_same_in_xml(self, row: EndpointAccess, alice: User, filled: dict[str, Any]) -> None:
        player = Player(alice)
        if row.needs != "read" or "Random" in row.name or row.params.get("type") == "random":
            return  # each answer is another
        by_json = player.ask(row.name, **named(row, filled))
        if row.name == "getPlaylists":
            for playlist in by_json["playlists"]["playlist"]:
                if playlist["readonly"]:
                    playlist["changed"] = "now"
        root = player.xml(row.name, **named(row, filled))
        for searched in root.iterfind(f".//{NAMESPACE}playlist[@readonly='true']"):
            searched.set("changed", "now")
        for name in ("status", "version", "type", "serverVersion", "openSubsonic"):
            assert root.attrib.pop(name)
        assert same_in_xml(by_json, root) == []

    def test_the_tables_are_complete(self) -> None:
        files = {row.name for row in ACCESS if row.is_file or row.code}
        assert SHAPES.keys() | {"getMusicDirectory"} | files == set(ENDPOINTS)

    def test_nothing_optional_is_missing_from_what_says_all(
        self, alice: User, filled: dict[str, Any]
    ) -> None:
        player = Player(alice)
        song = player.ask("getSong", id=f"tr-{filled['track']}")["song"]
        album = player.ask("getAlbum", id=f"al-{filled['album']}")["album"]
        assert {name.rstrip("?") for name in SONG} == set(song)
        assert {name.rstrip("?") for name in ALBUM} == set(album) - {"song"}
        for entries in (song["genres"], song["moods"], song["groupings"], album["genres"]):
            assert entries


class TestSongs:
    def test_says_what_is_known(self, alice: User, filled: dict[str, Any]) -> None:
        song = Player(alice).ask("getSong", id=f"tr-{filled['track']}")["song"]
        track = Track.objects.get(pk=filled["track"])
        told = {name: value for name, value in song.items() if name not in ("created", "starred", "played")}
        artist = {"id": f"ar-{filled['artist']}", "name": "The Gravel Kings"}
        assert told == {
            "id": f"tr-{track.pk}", "parent": f"al-{filled['album']}", "isDir": False, "title": "Slag",
            "album": "Foundry", "artist": "The Gravel Kings", "track": 2, "year": 1977, "genre": "Blues",
            "coverArt": f"co-{track.cover_id}", "size": track.size, "contentType": "audio/wav", "suffix": "wav",
            "duration": 6, "bitRate": 256, "samplingRate": 44100, "channelCount": 2,
            "path": "The Gravel Kings/Foundry/02 - Slag.wav", "isVideo": False, "userRating": 4, "playCount": 1,
            "discNumber": 1, "albumId": f"al-{filled['album']}", "artistId": artist["id"], "type": "music",
            "mediaType": "song", "sortName": "slag", "musicBrainzId": "f4d3b7ab-ab3c-4d5b-8f3f-000000000001",
            "genres": [{"name": "Blues"}], "artists": [artist], "displayArtist": "The Gravel Kings",
            "albumArtists": [artist], "displayAlbumArtist": "The Gravel Kings", "moods": ["calm", "sad"],
            "groupings": ["late"],
        }  # fmt: skip

    def test_a_genre_is_the_files_where_nobody_is_sure(self, alice: User) -> None:
        track = TrackFactory(owner=alice, file_genre="Zydeco", heard={"label": None})
        sure = TrackFactory(owner=alice, file_genre="Zydeco")
        player = Player(alice)
        unsure_song, sure_song = (player.ask("getSong", id=f"tr-{row.pk}")["song"] for row in (track, sure))
        assert (unsure_song["genre"], unsure_song["genres"]) == ("Zydeco", [{"name": "Zydeco"}])
        assert (sure_song["genre"], sure_song["genres"]) == ("Blues", [{"name": "Blues"}, {"name": "Zydeco"}])

    def test_no_name_of_a_path_has_a_slash(self, alice: User) -> None:
        track = make_track_by(alice, "A/B: C?", "AC/DC")
        song = Player(alice).ask("getSong", id=f"tr-{track.pk}")["song"]
        assert song["path"] == "AC_DC/[Unknown Album]/A_B_ C_.wav"

    def test_a_track_that_is_not_heard_yet_is_one(self, alice: User) -> None:
        track = TrackFactory(owner=alice, status=Track.Status.QUEUED, duration=None)
        song = Player(alice).ask("getSong", id=f"tr-{track.pk}")["song"]
        assert differences(song, SONG) == []
        assert (song["duration"], song["bitRate"]) == (0, 0)


class TestEnvelope:
    def test_says_which_version_this_is(self) -> None:
        project = tomllib.loads(Path(settings.BASE_DIR, "pyproject.toml").read_text())["project"]
        assert project["version"] == SERVER_VERSION

    def test_is_that_of_the_protocol(self, alice: User) -> None:
        player = Player(alice)
        body = player.send("ping", f="json").json()
        assert body["subsonic-response"] == {
            "status": "ok", "version": "1.16.1", "type": "earmark", "serverVersion": SERVER_VERSION,
            "openSubsonic": True,
        }  # fmt: skip
        root = player.xml("ping")
        assert root.attrib == {
            "status": "ok", "version": "1.16.1", "type": "earmark", "serverVersion": SERVER_VERSION,
            "openSubsonic": "true",
        }  # fmt: skip
        assert player.send("ping").content.startswith(
            b"<?xml version='1.0' encoding='utf-8'?>\n<subsonic-response "
        )

    @pytest.mark.parametrize("callback", ["cb", "jQuery.x_1.$"])
    def test_jsonp(self, alice: User, callback: str) -> None:
        response = Player(alice).send("ping", f="jsonp", callback=callback)
        assert response["Content-Type"] == "application/javascript"
        text = response.content.decode()
        assert text.startswith(f"{callback}(")
        assert text.endswith(");")
        assert json.loads(text[len(callback) + 1 : -2])["subsonic-response"]["status"] == "ok"

    @pytest.mark.parametrize("callback", ["", "alert(1)//", "a;b", "<script>", "a b"])
    def test_jsonp_calls_functions_only(self, alice: User, callback: str) -> None:
        response = Player(alice).send("ping", f="jsonp", callback=callback)
        assert response["Content-Type"] == "application/json"
        assert response.json()["subsonic-response"]["status"] == "ok"

    def test_what_xml_cannot_hold_is_left_out(self, alice: User) -> None:
        track = TrackFactory(owner=alice)
        Track.objects.filter(pk=track.pk).update(title="a\x0bb\ufffec <&\">'")
        root = Player(alice).xml("getSong", id=f"tr-{track.pk}")
        song = root.find(f"{NAMESPACE}song")
        assert song is not None
        assert song.get("title") == "abc <&\">'"

    @pytest.mark.parametrize(
        "endpoint", ["stream", "getCoverArt", "getSong", "nothing", "nothing.view", "", "a/b"]
    )
    def test_errors_have_it_too(self, alice: User, endpoint: str) -> None:
        player = Player(alice)
        code = 10 if endpoint in ("stream", "getCoverArt", "getSong") else 70
        assert player.refused(endpoint) == code
        error = player.xml(endpoint).find(f"{NAMESPACE}error")
        assert error is not None
        assert error.get("code") == str(code)

    @pytest.mark.parametrize("method", ["get", "post", "head"])
    @pytest.mark.parametrize("endpoint", ["ping", "ping.view"])
    def test_each_way_to_ask(self, alice: User, endpoint: str, method: str) -> None:
        response = Player(alice).send(endpoint, method)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("application/xml")

    def test_what_fails_is_no_page(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("library.selectors.usage_of", lambda owner: 1 / 0)
        response = Player(alice).send("getScanStatus", f="json")
        assert response.status_code == 500
        assert response.json()["subsonic-response"]["error"]["code"] == 0

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods_are_not_known(self, method: str) -> None:
        response = getattr(Client(), method)("/rest/ping")
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, POST, OPTIONS"

    def test_too_many_parameters_are_refused(self, alice: User) -> None:
        player = Player(alice)
        player.credentials["id"] = ["tr-x"] * 20_001
        assert player.send("star", "post", f="json").json is not None
        body = player.send("star", "post", f="json").content
        assert b"20,000 parameters" in body

    def test_nul_is_refused(self, alice: User) -> None:
        player = Player(alice)
        assert b"NUL" in player.send("search3", "post", query="a\0b").content


class TestCrossOrigin:
    """Players that run in a browser are on other sites; nothing else of this site is for those."""

    @pytest.mark.parametrize("endpoint", ["ping", "ping.view", "stream", "getCoverArt", "nothing"])
    @pytest.mark.parametrize("method", ["get", "post", "options", "put"])
    def test_headers(self, alice: User, track: Track, endpoint: str, method: str) -> None:
        player = Player(alice)
        if method in ("get", "post"):
            response, _ = player.bytes(endpoint, method=method, id=f"tr-{track.pk}")
        else:
            response = getattr(Client(), method)(f"/rest/{endpoint}")
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in response
        if method == "options":
            assert response.status_code == 204
            assert "POST" in response["Access-Control-Allow-Methods"]

    @pytest.mark.parametrize("address", ["/", "/api/v1/tracks/", "/rest", "/restful/"])
    def test_nowhere_else(self, alice_client: Client, address: str) -> None:
        response = alice_client.get(address)
        assert "Access-Control-Allow-Origin" not in response
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"


class TestQueries:
    """As many for many rows as for few."""

    @pytest.mark.parametrize(
        ("endpoint", "params", "queries"),
        [
            ("getArtists", {}, 8),
            ("getIndexes", {}, 7),
            ("getAlbumList2", {"type": "alphabeticalByName"}, 4),
            ("getAlbumList2", {"type": "frequent"}, 5),
            ("getAlbumList2", {"type": "random"}, 5),
            ("getRandomSongs", {}, 6),
            ("search3", {"query": ""}, 12),
            ("search2", {"query": "song"}, 9),
            ("getStarred2", {}, 8),
            ("getGenres", {}, 4),
        ],
    )
    def test_lists(
        self,
        endpoint: str,
        params: dict[str, str],
        queries: int,
        alice: User,
        make_track: Callable[..., Track],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        player = Player(alice)
        for number in range(2):
            self.fill(alice, number)
        player.ask(endpoint, **params)
        counts = []
        for number in (2, 5):
            self.fill(alice, number)
            with django_assert_num_queries(queries):
                counts.append(len(json.dumps(player.ask(endpoint, **params))))
        assert counts[0] <= counts[1]

    def fill(self, alice: User, number: int) -> None:
        album = make_album(alice, f"Album {number}", f"Artist {number}", starred_at=datetime.now(UTC))
        track = make_track_on(album, f"Song {number}", starred_at=datetime.now(UTC))
        services.play_add(track=track)
        make_track_by(alice, f"Loose {number}", f"Artist {number}")
