"""The API's albums and artists: lists in pages, their tracks in order, and stars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from library import services
from library.models import Album, Artist, Track, TrackArtist, User
from library.models.albums import COVER_SIZES
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on
from tests.covers import make_cover

pytestmark = pytest.mark.django_db
ALBUMS, ARTISTS, TRACKS = "/api/v1/albums/", "/api/v1/artists/", "/api/v1/tracks/"
MBID = "6f1f0a52-3c58-4a0f-9d5e-7d2f8f0f4f11"


@pytest.fixture
def foundry(alice: User) -> Album:
    """An album of two discs."""
    album = make_album(alice, "Foundry", "The Gravel Kings", year=1999, mbid=MBID)
    for title, disc, number in (("Cinders", 2, 1), ("Slag", 1, 2), ("Bonus", None, None), ("Ore", 1, 1)):
        make_track_on(album, title, disc_number=disc, track_number=number)
    return album


def get(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.json()


def titles(client: Client, query: str = "") -> list[str]:
    return [row["title"] for row in get(client, f"{ALBUMS}?{query}")["results"]]


def names(client: Client, query: str = "") -> list[str]:
    return [row["name"] for row in get(client, f"{ARTISTS}?{query}")["results"]]


def track_titles(ids: list[str]) -> list[str]:
    found = {str(track.pk): track.title for track in Track.objects.filter(pk__in=ids)}
    return [found[pk] for pk in ids]


def test_an_album_with_its_tracks_in_order(alice_api: Client, foundry: Album) -> None:
    cover = make_cover(foundry.owner)
    Album.objects.filter(pk=foundry.pk).update(cover=cover)
    body = get(alice_api, f"{ALBUMS}{foundry.pk}/")
    assert track_titles(body.pop("tracks")) == ["Ore", "Slag", "Bonus", "Cinders"]
    assert body == {
        "id": str(foundry.pk),
        "url": f"http://testserver{ALBUMS}{foundry.pk}/",
        "title": "Foundry",
        "artist": {"id": str(foundry.artist_id), "name": "The Gravel Kings"},
        "compilation": False,
        "year": 1999,
        "cover": {
            size: f"http://testserver/api/v1/covers/{cover.pk}/{size}/"
            for size in ("small", "medium", "large")
        },
        "starred": False,
        "starred_at": None,
        "track_count": 4,
        "duration": 24.0,
        "musicbrainz": MBID,
        "created_at": body["created_at"],
    }
    (row,) = get(alice_api, ALBUMS)["results"]
    assert row == body


def test_an_album_of_various_artists(alice: User, alice_api: Client) -> None:
    album = make_album(alice, "Festival")
    for artist in ("Ann", "Bea"):
        make_track_on(album, f"Song of {artist}", artist)
    body = get(alice_api, f"{ALBUMS}{album.pk}/")
    assert (body["artist"], body["compilation"], body["musicbrainz"], body["cover"]) == (
        None,
        True,
        None,
        None,
    )
    assert names(alice_api) == ["Ann", "Bea"]


def test_an_artist_with_albums_and_tracks(alice: User, alice_api: Client, foundry: Album) -> None:
    older = make_album(alice, "Quarry", "The Gravel Kings", year=1990)
    make_track_on(older, "Guest on it", "Somebody else")
    make_track_by(alice, "Alone", "The Gravel Kings")
    make_track_on(make_album(alice, "Festival"), "Live", "The Gravel Kings")
    body = get(alice_api, f"{ARTISTS}{foundry.artist_id}/")
    assert body.pop("albums") == [str(older.pk), str(foundry.pk)]
    listed = track_titles(body.pop("tracks"))
    assert set(listed) == {"Guest on it", "Ore", "Slag", "Bonus", "Cinders", "Live", "Alone"}
    assert listed[0] == "Guest on it"
    assert body == {
        "id": str(foundry.artist_id),
        "url": f"http://testserver{ARTISTS}{foundry.artist_id}/",
        "name": "The Gravel Kings",
        "starred": False,
        "starred_at": None,
        "track_count": 7,
        "album_count": 2,
        "musicbrainz": None,
        "created_at": body["created_at"],
    }
    rows = get(alice_api, ARTISTS)["results"]
    assert [row["name"] for row in rows] == ["Somebody else", "The Gravel Kings"]
    assert rows[1] == body
    assert (rows[0]["track_count"], rows[0]["album_count"]) == (1, 0)


class TestLists:
    @pytest.fixture(autouse=True)
    def library(self, alice: User) -> None:
        for title, artist, year in (
            ("Zebra", "Ann", 1990),
            ("Élan", "Béa", 1999),
            ("Apple", "", None),
            ("Apple", "Ann", 1999),
        ):
            make_track_on(make_album(alice, title, artist, year=year), "Song", artist or "Carl")
        services.album_star(album=Album.objects.get(title="Zebra"), starred=True)
        services.artist_star(artist=Artist.objects.get(name="Béa"), starred=True)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Apple", "Apple", "Élan", "Zebra"]),
            ("q=apple", ["Apple", "Apple"]),
            ("q=APPLE+ann", ["Apple"]),
            ("q=elan", ["Élan"]),
            ("q=bea", ["Élan"]),
            ("q=nothing", []),
            ("q=%CC%81", []),
            ("starred=true", ["Zebra"]),
            ("starred=false", ["Apple", "Apple", "Élan"]),
            ("year=1999", ["Apple", "Élan"]),
            ("ordering=-title", ["Zebra", "Élan", "Apple", "Apple"]),
            ("ordering=year,title", ["Zebra", "Apple", "Élan", "Apple"]),
            ("ordering=-starred_at,title", ["Zebra", "Apple", "Apple", "Élan"]),
            ("ordering=created_at", ["Zebra", "Élan", "Apple", "Apple"]),
        ],
    )
    def test_albums(self, query: str, found: list[str], alice_api: Client) -> None:
        assert titles(alice_api, query) == found
        # One by one, they come in the same order.
        ids, following = [], f"{ALBUMS}?{query}&page_size=1"
        while following:
            page = get(alice_api, following)
            ids += [row["id"] for row in page["results"]]
            following = page["next"]
        assert ids == [row["id"] for row in get(alice_api, f"{ALBUMS}?{query}")["results"]]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Ann", "Béa", "Carl"]),
            ("q=BEA", ["Béa"]),
            ("starred=true", ["Béa"]),
            ("starred=false&ordering=-name", ["Carl", "Ann"]),
            ("ordering=-starred_at,name", ["Béa", "Ann", "Carl"]),
        ],
    )
    def test_artists(self, query: str, found: list[str], alice_api: Client) -> None:
        assert names(alice_api, query) == found

    def test_albums_of_an_artist(self, alice_api: Client) -> None:
        ann = Artist.objects.get(name="Ann")
        assert titles(alice_api, f"artist={ann.pk}&ordering=year") == ["Zebra", "Apple"]
        assert titles(alice_api, "artist=00000000-0000-0000-0000-000000000001") == []

    @pytest.mark.parametrize(
        ("address", "pointer"),
        [
            (f"{ALBUMS}?strred=true", "/strred"),
            (f"{ALBUMS}?starred=maybe", "/starred"),
            (f"{ALBUMS}?artist=ann", "/artist"),
            (f"{ALBUMS}?year=0", "/year"),
            (f"{ALBUMS}?ordering=artist", "/ordering"),
            (f"{ARTISTS}?year=1999", "/year"),
            (f"{ARTISTS}?ordering=title", "/ordering"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, address: str, pointer: str, alice_api: Client) -> None:
        response = alice_api.get(address)
        assert response.status_code == 400
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]

    def test_others_see_nothing_of_it(self, charlie_api: Client) -> None:
        assert get(charlie_api, ALBUMS) == get(charlie_api, ARTISTS) == {"next": None, "results": []}

    @pytest.mark.parametrize("address", [ALBUMS, ARTISTS])
    def test_the_queries_of_a_list_are_few_however_long_it_is(
        self, address: str, alice: User, alice_api: Client, django_assert_max_num_queries: Any
    ) -> None:
        get(alice_api, address)  # notes the use of the token
        with django_assert_max_num_queries(5):
            get(alice_api, address)
        for number in range(10):
            album = make_album(
                alice, f"Album {number}", f"Artist {number}", cover=make_cover(alice, (number * 20, 9, 9))
            )
            make_track_on(album, "Song")
        with django_assert_max_num_queries(5):
            assert len(get(alice_api, address)["results"]) > 10


def test_what_is_in_the_bin_is_gone(alice: User, alice_api: Client, foundry: Album) -> None:
    first, *rest = foundry.tracks.order_by("title")
    services.tracks_move_to_bin(owner=alice, track_ids=[track.pk for track in rest])
    body = get(alice_api, f"{ALBUMS}{foundry.pk}/")
    assert (body["tracks"], body["track_count"], body["duration"]) == ([str(first.pk)], 1, 6.0)
    artist = get(alice_api, f"{ARTISTS}{foundry.artist_id}/")
    assert (artist["tracks"], artist["track_count"], artist["album_count"]) == ([str(first.pk)], 1, 1)
    services.track_delete(track=first)
    for address in (f"{ALBUMS}{foundry.pk}/", f"{ARTISTS}{foundry.artist_id}/"):
        assert alice_api.get(address).status_code == 404
        change = alice_api.patch(address, {"starred": True}, content_type="application/json")
        assert change.status_code == 404
    assert titles(alice_api) == names(alice_api) == []


class TestStars:
    @pytest.mark.parametrize("kind", ["album", "artist"])
    def test_albums_and_artists(self, kind: str, alice_api: Client, foundry: Album) -> None:
        thing: Any = foundry if kind == "album" else foundry.artist
        address = f"{ALBUMS if kind == 'album' else ARTISTS}{thing.pk}/"

        def change(body: Any) -> Any:
            return alice_api.patch(address, body, content_type="application/json")

        first = change({"starred": True}).json()
        assert first["starred"] is True
        assert change({"starred": True}).json()["starred_at"] == first["starred_at"]
        assert change({}).json() == change({"starred": True}).json() == get(alice_api, address)
        assert change({"starred": False}).json()["starred_at"] is None
        assert change({"starred": "perhaps"}).status_code == 400
        thing.refresh_from_db()
        assert thing.starred_at is None

    def test_a_track(self, alice_api: Client, track: Track) -> None:
        address = f"{TRACKS}{track.pk}/"

        def change(body: Any) -> Any:
            return alice_api.patch(address, body, content_type="application/json")

        body = change({"starred": True, "rating": 4, "title": "Mine"}).json()
        assert (body["starred"], body["rating"], body["title"], body["edited"]) == (
            True,
            4,
            "Mine",
            ["title"],
        )
        assert change({"starred": True}).json()["starred_at"] == body["starred_at"]
        body = change({"starred": False, "rating": None}).json()
        assert (body["starred"], body["starred_at"], body["rating"]) == (False, None, None)

    @pytest.mark.parametrize(
        "body", [{"rating": 0}, {"rating": 6}, {"rating": "good"}, {"starred": None}, {"starred": "perhaps"}]
    )
    def test_others_are_refused_and_nothing_is_changed(
        self, body: dict[str, Any], alice_api: Client, track: Track
    ) -> None:
        response = alice_api.patch(
            f"{TRACKS}{track.pk}/", body | {"title": "Mine"}, content_type="application/json"
        )
        assert response.status_code == 400
        assert [error["pointer"] for error in response.json()["errors"]] == [f"/{name}" for name in body]
        track.refresh_from_db()
        assert (track.title != "Mine", track.rating, track.starred_at) == (True, None, None)

    def test_many_tracks(self, alice: User, alice_api: Client, foundry: Album) -> None:
        def act(**body: Any) -> Any:
            return alice_api.post("/api/v1/acts/", {"query": ""} | body, content_type="application/json")

        starred = act(act="star").json()
        assert starred["done"] == 4
        assert act(act="rate", value="3").json()["done"] == 4
        found = get(alice_api, f"{TRACKS}?starred=true&rating_min=3&fields=title,rating")["results"]
        assert len(found) == 4
        assert alice_api.post(f"/api/v1/acts/{starred['id']}/undo/").json()["done"] == 4
        assert act(act="unstar").json()["done"] == 0
        assert act(act="rate", value="0").json()["done"] == 4
        for refused in (act(act="rate", value="6"), act(act="rate", value="good")):
            assert (refused.status_code, refused.json()["code"]) == (422, "bad_value")
        assert act(act="rate").status_code == 400


class TestTracks:
    def test_a_track_on_an_album(self, alice: User, alice_api: Client) -> None:
        cover, own = make_cover(alice), make_cover(alice, (1, 2, 3))
        album = make_album(alice, "Foundry", "The Gravel Kings", cover=cover)
        track = make_track_on(
            album, "Slag", album_artist="The Gravel Kings", disc_number=1, disc_total=2, track_number=3, track_total=9,
            original_year=1987, musicbrainz={"recording": [MBID]},
        )  # fmt: skip
        TrackArtist.objects.create(track=track, artist=make_artist(alice, "Ann"), position=1)
        Album.objects.filter(pk=album.pk).update(cover=cover)
        body = get(alice_api, f"{TRACKS}{track.pk}/")
        assert {
            name: body[name] for name in ("album_artist", "disc_number", "disc_total", "track_number")
        } == {
            "album_artist": "The Gravel Kings",
            "disc_number": 1,
            "disc_total": 2,
            "track_number": 3,
        }
        assert (body["track_total"], body["original_year"], body["compilation"]) == (9, 1987, False)
        assert [artist["name"] for artist in body["artists"]] == ["The Gravel Kings", "Ann"]
        assert body["artists"][0]["id"] == str(album.artist_id)
        assert (body["album_id"], body["musicbrainz"]) == (str(album.pk), {"recording": [MBID]})
        assert set(body["cover"]) == set(COVER_SIZES)
        assert str(cover.pk) in body["cover"]["small"]
        Track.objects.filter(pk=track.pk).update(cover=own)
        assert str(own.pk) in get(alice_api, f"{TRACKS}{track.pk}/")["cover"]["small"]
        Album.objects.filter(pk=album.pk).update(cover_chosen=True)
        for address in (f"{TRACKS}{track.pk}/", TRACKS):
            assert str(cover.pk) in alice_api.get(address).content.decode()

    def test_the_queries_of_a_list_are_few_however_long_it_is(
        self,
        alice: User,
        alice_api: Client,
        make_track: Callable[..., Track],
        django_assert_max_num_queries: Any,
    ) -> None:
        make_track()
        get(alice_api, TRACKS)  # notes the use of the token
        for number in range(10):
            album = make_album(
                alice, f"Album {number}", f"Artist {number}", cover=make_cover(alice, (number * 20, 9, 9))
            )
            make_track_on(album, "Song")
        with django_assert_max_num_queries(8):
            assert len(get(alice_api, TRACKS)["results"]) == 11
