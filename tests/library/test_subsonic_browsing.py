"""From artists to albums to songs, and back by their ids; and the lists and searches that players sync by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from library import services
from library.models import Album, Track, User
from tests.album_rows import make_album, make_track_by, make_track_on
from tests.factories import TrackFactory, add_own_genre
from tests.subsonic import Player

pytestmark = pytest.mark.django_db


@pytest.fixture
def player(alice: User) -> Player:
    return Player(alice)


@pytest.fixture
def library(alice: User) -> dict[str, Any]:
    """Two artists with albums, various artists, an artist's track on no album, and a track of nobody."""
    foundry = make_album(alice, "Foundry", "The Gravel Kings", year=1977)
    ash = make_album(alice, "Ash", "Ålund", year=1981)
    hits = make_album(alice, "Hits")
    make_track_on(foundry, "Slag", track_number=2)
    make_track_on(foundry, "Cinder", track_number=1)
    make_track_on(ash, "Ember")
    make_track_on(hits, "Spark", "The Gravel Kings")
    make_track_by(alice, "Loose", "The Gravel Kings")
    make_track_by(alice, "Nameless")
    return {"foundry": foundry, "ash": ash, "hits": hits, "kings": foundry.artist, "alund": ash.artist}


def titles(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["title"] if "title" in entry else entry["name"] for entry in entries]


class TestArtists:
    def test_stand_under_their_letters(self, player: Player, library: dict[str, Any]) -> None:
        index = player.ask("getArtists")["artists"]["index"]
        found = {
            letter["name"]: [(row["name"], row["albumCount"]) for row in letter["artist"]] for letter in index
        }
        assert found == {
            "A": [("Ålund", 1)],
            "T": [("The Gravel Kings", 3)],
            "#": [("Various Artists", 1), ("[Unknown Artist]", 1)],
        }
        folders = player.ask("getIndexes")["indexes"]["index"]
        assert [(letter["name"], titles(letter["artist"])) for letter in folders] == [
            (letter["name"], titles(letter["artist"])) for letter in index
        ]

    def test_are_not_sent_again_when_nothing_has_changed(
        self, player: Player, library: dict[str, Any]
    ) -> None:
        indexes = player.ask("getIndexes")["indexes"]
        again = player.ask("getIndexes", ifModifiedSince=indexes["lastModified"])["indexes"]
        assert again == {"ignoredArticles": "", "lastModified": indexes["lastModified"]}
        assert "index" in player.ask("getIndexes", ifModifiedSince=indexes["lastModified"] - 1)["indexes"]
        services.track_delete(track=Track.objects.get(title="Slag"))
        assert "index" in player.ask("getIndexes", ifModifiedSince=indexes["lastModified"])["indexes"]

    def test_have_their_albums_and_those_that_they_are_on(
        self, player: Player, library: dict[str, Any]
    ) -> None:
        artist = player.ask("getArtist", id=f"ar-{library['kings'].pk}")["artist"]
        assert titles(artist["album"]) == ["Foundry", "Hits", "[Unknown Album]"]
        assert artist["albumCount"] == 3
        folder = player.ask("getMusicDirectory", id=artist["id"])["directory"]
        assert titles(folder["child"]) == titles(artist["album"])
        assert all(child["isDir"] for child in folder["child"])

    def test_nobodys_albums_have_ids_too(self, player: Player, library: dict[str, Any]) -> None:
        various = player.ask("getArtist", id="ar-various")["artist"]
        assert (various["name"], titles(various["album"])) == ("Various Artists", ["Hits"])
        unknown = player.ask("getArtist", id="ar-unknown")["artist"]
        assert titles(unknown["album"]) == ["[Unknown Album]"]
        assert titles(player.ask("getAlbum", id=unknown["album"][0]["id"])["album"]["song"]) == ["Nameless"]

    def test_everything_is_one_folder(self, player: Player, library: dict[str, Any]) -> None:
        (folder,) = player.ask("getMusicFolders")["musicFolders"]["musicFolder"]
        children = player.ask("getMusicDirectory", id=folder["id"])["directory"]["child"]
        assert titles(children) == ["Ålund", "The Gravel Kings", "Various Artists", "[Unknown Artist]"]


class TestAlbums:
    def test_have_their_songs_in_order(self, player: Player, library: dict[str, Any]) -> None:
        album = player.ask("getAlbum", id=f"al-{library['foundry'].pk}")["album"]
        assert titles(album["song"]) == ["Cinder", "Slag"]
        assert (album["songCount"], album["duration"], album["year"]) == (2, 12, 1977)
        folder = player.ask("getMusicDirectory", id=album["id"])["directory"]
        assert folder["child"] == album["song"]
        assert folder["parent"] == f"ar-{library['kings'].pk}"

    def test_songs_on_none_are_a_group_of_their_artist(self, player: Player, library: dict[str, Any]) -> None:
        (song,) = player.ask("search3", query="loose")["searchResult3"]["song"]
        assert (song["album"], song["artistId"]) == ("[Unknown Album]", f"ar-{library['kings'].pk}")
        group = player.ask("getAlbum", id=song["albumId"])["album"]
        assert (group["id"], group["name"], group["song"]) == (song["albumId"], "[Unknown Album]", [song])

    def test_each_id_leads_back(self, player: Player, library: dict[str, Any]) -> None:
        """Of every song, whatever it lacks."""
        for song in player.ask("search3", query="")["searchResult3"]["song"]:
            assert player.ask("getSong", id=song["id"])["song"] == song
            album = player.ask("getAlbum", id=song["albumId"])["album"]
            assert song in album["song"]
            artist = player.ask("getArtist", id=song["artistId"])["artist"]
            assert artist["id"] == song["artistId"]
            assert song["albumId"] in [other["id"] for other in artist["album"]]
            owner = player.ask("getArtist", id=album["artistId"])["artist"]
            assert album["id"] in [other["id"] for other in owner["album"]]

    def test_in_the_bin_there_is_none(self, player: Player, library: dict[str, Any]) -> None:
        for track in Track.objects.all():
            services.track_delete(track=track)
        assert player.ask("getArtists")["artists"]["index"] == []
        assert player.refused("getAlbum", id=f"al-{library['foundry'].pk}") == 70
        assert player.refused("getAlbum", id="al-none") == 70
        everything = player.ask("search3", query="")["searchResult3"]
        assert everything == {"artist": [], "album": [], "song": []}


class TestAlbumLists:
    def names(self, player: Player, order: str, **params: Any) -> list[str]:
        by_tag = player.ask("getAlbumList2", type=order, **params)["albumList2"]["album"]
        folders = player.ask("getAlbumList", type=order, **params)["albumList"]["album"]
        if order != "random":
            assert [album["id"] for album in by_tag] == [album["id"] for album in folders]
        return titles(by_tag)

    def test_by_name_and_artist_and_date(self, player: Player, library: dict[str, Any]) -> None:
        now = timezone.now()
        for days, name in enumerate(("hits", "foundry", "ash")):
            Album.objects.filter(pk=library[name].pk).update(created_at=now - timedelta(days=days))
        assert self.names(player, "alphabeticalByName") == ["Ash", "Foundry", "Hits"]
        assert self.names(player, "alphabeticalByArtist") == ["Ash", "Foundry", "Hits"]
        assert self.names(player, "newest") == ["Hits", "Foundry", "Ash"]
        assert sorted(self.names(player, "random")) == ["Ash", "Foundry", "Hits"]

    def test_by_pages(self, player: Player, library: dict[str, Any]) -> None:
        pages = [self.names(player, "alphabeticalByName", size=2, offset=at) for at in (0, 2, 4)]
        assert pages == [["Ash", "Foundry"], ["Hits"], []]
        assert self.names(player, "alphabeticalByName", size=0) == []

    def test_by_year_both_ways(self, player: Player, library: dict[str, Any]) -> None:
        assert self.names(player, "byYear", fromYear=1970, toYear=1990) == ["Foundry", "Ash"]
        assert self.names(player, "byYear", fromYear=1990, toYear=1970) == ["Ash", "Foundry"]
        assert self.names(player, "byYear", fromYear=1978, toYear=1990) == ["Ash"]
        assert player.refused("getAlbumList2", type="byYear", fromYear=1970) == 10

    def test_by_what_was_played_rated_and_starred(self, player: Player, library: dict[str, Any]) -> None:
        tracks = {track.title: track for track in Track.objects.all()}
        now = timezone.now()
        for title, days in (("Slag", 3), ("Cinder", 4), ("Ember", 1)):
            services.play_add(track=tracks[title], played_at=now - timedelta(days=days))
        services.track_rate(track=tracks["Slag"], rating=2)
        services.track_rate(track=tracks["Spark"], rating=5)
        services.album_star(album=library["ash"], starred=True)
        assert self.names(player, "frequent") == ["Foundry", "Ash"]
        assert self.names(player, "recent") == ["Ash", "Foundry"]
        assert self.names(player, "highest") == ["Hits", "Foundry"]
        assert self.names(player, "starred") == ["Ash"]

    def test_by_genre(self, player: Player, alice: User, library: dict[str, Any]) -> None:
        services.genre_set(track=Track.objects.get(title="Ember"), person=alice, genre="jazz")
        assert self.names(player, "byGenre", genre="Jazz") == ["Ash"]
        assert self.names(player, "byGenre", genre="Blues") == ["Foundry", "Hits"]
        assert self.names(player, "byGenre", genre="Polka") == []

    def test_others_are_not_known(self, player: Player) -> None:
        assert player.refused("getAlbumList2", type="byMood") == 0
        assert player.refused("getAlbumList2") == 10


class TestGenres:
    def test_are_counted_by_the_names_that_find_them(self, player: Player, alice: User) -> None:
        add_own_genre(alice, "Drum & Bass")
        on = make_album(alice, "Foundry", "The Gravel Kings")
        make_track_on(on, "Slag")
        make_track_on(on, "Cinder")
        services.genre_set(track=Track.objects.get(title="Cinder"), person=alice, genre="drum-bass")
        TrackFactory(owner=alice, title="Bayou", file_genre="Zydeco", heard={"label": None})
        TrackFactory(owner=alice, title="Unsure", heard={"label": None})
        genres = player.ask("getGenres")["genres"]["genre"]
        assert genres == [
            {"value": "Blues", "songCount": 1, "albumCount": 1},
            {"value": "Drum & Bass", "songCount": 1, "albumCount": 1},
            {"value": "Zydeco", "songCount": 1, "albumCount": 0},
        ]
        for genre, title in zip(genres, ("Slag", "Cinder", "Bayou"), strict=True):
            found = player.ask("getSongsByGenre", genre=genre["value"])["songsByGenre"]["song"]
            assert titles(found) == [title]
            assert found[0]["genre"] == genre["value"]
            by_chance = player.ask("getRandomSongs", genre=genre["value"])["randomSongs"]["song"]
            assert titles(by_chance) == [title]

    def test_by_pages(self, player: Player, make_track: Callable[..., Track]) -> None:
        for number in range(3):
            make_track(title=f"Song {number}")
        pages = [
            titles(player.ask("getSongsByGenre", genre="Blues", count=2, offset=at)["songsByGenre"]["song"])
            for at in (0, 2)
        ]
        assert pages == [["Song 0", "Song 1"], ["Song 2"]]


class TestRandomSongs:
    def test_of_some_years(self, player: Player, make_track: Callable[..., Track]) -> None:
        for year in (1969, 1975, 1980):
            make_track(title=str(year), year=year)
        songs = player.ask("getRandomSongs", fromYear=1970)["randomSongs"]["song"]
        assert sorted(titles(songs)) == ["1975", "1980"]
        songs = player.ask("getRandomSongs", fromYear=1970, toYear=1979)["randomSongs"]["song"]
        assert titles(songs) == ["1975"]
        assert len(player.ask("getRandomSongs", size=2)["randomSongs"]["song"]) == 2


class TestSearch:
    @pytest.mark.parametrize("query", ["", '""', "''", "NULL", "null", "*", " "])
    def test_without_words_finds_everything(
        self, query: str, player: Player, library: dict[str, Any]
    ) -> None:
        found = player.ask("search3", query=query)["searchResult3"]
        assert titles(found["artist"]) == ["Ålund", "The Gravel Kings"]
        assert titles(found["album"]) == ["Ash", "Foundry", "Hits", "[Unknown Album]", "[Unknown Album]"]
        assert titles(found["song"]) == ["Cinder", "Ember", "Loose", "Nameless", "Slag", "Spark"]
        assert player.ask("search3")["searchResult3"] == found

    def test_pages_have_each_once(self, player: Player, library: dict[str, Any]) -> None:
        whole = player.ask("search3", query="")["searchResult3"]
        for kind in ("artist", "album", "song"):
            pages = [
                player.ask("search3", query="", **self.only(kind, 2, at))["searchResult3"]
                for at in range(0, 10, 2)
            ]
            assert [row for page in pages for row in page[kind]] == whole[kind]
            assert all(page[other] == [] for page in pages for other in page if other != kind)

    def only(self, kind: str, count: int, offset: int) -> dict[str, int]:
        counts = {f"{other}Count": 0 for other in ("artist", "album", "song")}
        return counts | {f"{kind}Count": count, f"{kind}Offset": offset}

    def test_words_in_names(self, player: Player, library: dict[str, Any]) -> None:
        found = player.ask("search3", query="gravel*")["searchResult3"]
        assert (titles(found["artist"]), titles(found["album"])) == (["The Gravel Kings"], ["Foundry"])
        assert set(titles(found["song"])) == {"Slag", "Cinder", "Spark", "Loose"}
        found = player.ask("search2", query="alund")["searchResult2"]
        assert (titles(found["artist"]), titles(found["album"]), titles(found["song"])) == (
            ["Ålund"], ["Ash"], ["Ember"],
        )  # fmt: skip
        nothing = player.ask("search3", query="zzz")["searchResult3"]
        assert nothing == {"artist": [], "album": [], "song": []}


class TestDetails:
    def test_musicbrainz(self, player: Player, library: dict[str, Any]) -> None:
        mbid = "f4d3b7ab-ab3c-4d5b-8f3f-000000000001"
        Album.objects.filter(pk=library["ash"].pk).update(mbid=mbid)
        library["alund"].mbid = mbid
        library["alund"].save()
        track = Track.objects.get(title="Ember")
        for text in (f"al-{library['ash'].pk}", f"tr-{track.pk}"):
            assert player.ask("getAlbumInfo2", id=text) == {"albumInfo": {"musicBrainzId": mbid}}
        assert player.ask("getArtistInfo2", id=f"ar-{library['alund'].pk}") == {
            "artistInfo2": {"musicBrainzId": mbid}
        }
        assert player.ask("getArtistInfo2", id=f"tr-{track.pk}") == {"artistInfo2": {"musicBrainzId": mbid}}
        assert player.ask("getArtistInfo2", id=f"ar-{library['kings'].pk}") == {"artistInfo2": {}}

    def test_songs_that_sound_alike(self, player: Player, alice: User) -> None:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        one = make_track_on(album, "One", embedding=[1.0, 0.0])
        make_track_on(album, "Far", "Others", embedding=[0.0, 1.0])
        make_track_on(album, "Near", "Others", embedding=[0.8, 0.6])
        for name in ("getSimilarSongs", "getSimilarSongs2"):
            key = name.removeprefix("get").replace("S", "s", 1)
            found = player.ask(name, id=f"tr-{one.pk}", count=2)[key]["song"]
            assert titles(found) == ["Near", "Far"]
            assert titles(player.ask(name, id=f"tr-{one.pk}", count=1)[key]["song"]) == ["Near"]
        services.play_add(track=one)
        for text in (f"al-{album.pk}", f"ar-{one.artists.get().pk}"):
            assert titles(player.ask("getSimilarSongs2", id=text)["similarSongs2"]["song"]) == ["Near", "Far"]

    def test_top_songs_are_those_that_were_played(self, player: Player, library: dict[str, Any]) -> None:
        for title, times in (("Slag", 1), ("Cinder", 2)):
            for hour in range(times):
                services.play_add(
                    track=Track.objects.get(title=title), played_at=datetime(2026, 1, 1, hour, tzinfo=UTC)
                )
        for params in ({"artist": "the gravel kings"}, {"id": f"ar-{library['kings'].pk}"}):
            assert titles(player.ask("getTopSongs", **params)["topSongs"]["song"]) == ["Cinder", "Slag"]
            assert titles(player.ask("getTopSongs", count=1, **params)["topSongs"]["song"]) == ["Cinder"]
        assert player.ask("getTopSongs", artist="Nobody") == {"topSongs": {"song": []}}
