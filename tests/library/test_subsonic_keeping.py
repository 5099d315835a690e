"""What players keep: stars, ratings, plays, playlists and the play queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from library import selectors, services
from library.models import BulkAction, Play, Playlist, PlayQueue, Track, User, Verdict
from library.search.saved import playlist_tracks_of
from tests.album_rows import make_album, make_track_on
from tests.factories import TrackFactory, run_enqueued_tasks
from tests.subsonic import Player

pytestmark = pytest.mark.django_db

NOBODYS = "00000000-0000-0000-0000-00000000000a"


@pytest.fixture
def player(alice: User) -> Player:
    return Player(alice)


@pytest.fixture
def songs(make_track: Callable[..., Track]) -> list[str]:
    """The ids of four songs, A to D."""
    return [f"tr-{make_track(title=title).pk}" for title in "ABCD"]


class TestStars:
    @pytest.fixture
    def things(self, alice: User) -> dict[str, Any]:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        track = make_track_on(album, "Slag")
        assert album.artist
        return {"tr": track, "al": album, "ar": album.artist}

    def starred(self, things: dict[str, Any]) -> set[str]:
        for thing in things.values():
            thing.refresh_from_db()
        return {kind for kind, thing in things.items() if thing.starred_at}

    @pytest.mark.parametrize("kind", ["tr", "al", "ar"])
    def test_by_one_name_for_all(self, player: Player, things: dict[str, Any], kind: str) -> None:
        player.ask("star", id=f"{kind}-{things[kind].pk}")
        assert self.starred(things) == {kind}
        player.ask("unstar", id=f"{kind}-{things[kind].pk}")
        assert self.starred(things) == set()

    def test_several_at_once(self, player: Player, things: dict[str, Any], songs: list[str]) -> None:
        named = {"albumId": f"al-{things['al'].pk}", "artistId": f"ar-{things['ar'].pk}"}
        player.ask("star", id=[f"tr-{things['tr'].pk}", *songs], **named)
        assert self.starred(things) == {"tr", "al", "ar"}
        assert Track.objects.filter(starred_at__isnull=False).count() == 5
        starred = player.ask("getStarred2")["starred2"]
        assert [len(starred[kind]) for kind in ("artist", "album", "song")] == [1, 1, 5]

    def test_all_or_none(self, player: Player, songs: list[str]) -> None:
        assert player.refused("star", id=[*songs, f"tr-{NOBODYS}"]) == 70
        assert player.refused("star", id=songs, albumId=songs[0]) == 70
        assert player.refused("star") == 10
        assert not Track.objects.filter(starred_at__isnull=False).exists()

    def test_are_no_verdicts(self, player: Player, songs: list[str]) -> None:
        player.ask("star", id=songs[0])
        player.ask("setRating", id=songs[0], rating=5)
        assert not Verdict.objects.exists()


class TestRatings:
    def test_from_one_to_five_and_none(self, player: Player, track: Track) -> None:
        for sent, kept in ((1, 1), (5, 5), (0, None)):
            player.ask("setRating", id=f"tr-{track.pk}", rating=sent)
            track.refresh_from_db()
            assert track.rating == kept

    @pytest.mark.parametrize(("rating", "code"), [("6", 0), ("-1", 0), ("x", 0), ("", 10)])
    def test_others_are_refused(self, player: Player, track: Track, rating: str, code: int) -> None:
        assert player.refused("setRating", id=f"tr-{track.pk}", rating=rating) == code

    def test_of_albums_are_not_kept(self, player: Player, alice: User) -> None:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        make_track_on(album, "Slag")
        assert player.refused("setRating", id=f"al-{album.pk}", rating=3) == 0


class TestPlays:
    def test_now(self, player: Player, track: Track) -> None:
        player.ask("scrobble", id=f"tr-{track.pk}")
        assert abs(Play.objects.get().played_at - timezone.now()) < timedelta(minutes=1)

    def test_several_at_their_moments(self, player: Player, songs: list[str]) -> None:
        moments = [timezone.now().replace(microsecond=0) - timedelta(hours=hour) for hour in (1, 2)]
        times = [round(moment.timestamp() * 1000) for moment in moments]
        for _ in range(2):  # the same play, told twice, is one
            player.ask("scrobble", id=songs[:2], time=times)
        assert set(Play.objects.values_list("played_at", flat=True)) == set(moments)
        assert player.ask("getSong", id=songs[0])["song"]["playCount"] == 1

    def test_without_submission_none_is_counted(self, player: Player, songs: list[str]) -> None:
        player.ask("scrobble", id=songs[0], submission="false", c="phone")
        assert not Play.objects.exists()
        (entry,) = player.ask("getNowPlaying")["nowPlaying"]["entry"]
        assert (entry["id"], entry["playerName"], entry["minutesAgo"]) == (songs[0], "phone", 0)

    def test_what_is_over_plays_no_more(self, player: Player, songs: list[str], charlie: User) -> None:
        player.ask("scrobble", id=songs[0], submission="false")
        assert Player(charlie).ask("getNowPlaying") == {"nowPlaying": {"entry": []}}
        PlayQueue.objects.update(playing_since=timezone.now() - timedelta(minutes=11))
        assert player.ask("getNowPlaying") == {"nowPlaying": {"entry": []}}

    @pytest.mark.parametrize("time", ["x", "-1", "9" * 30])
    def test_moments_that_are_none(self, player: Player, track: Track, time: str) -> None:
        assert player.refused("scrobble", id=f"tr-{track.pk}", time=time) == 0
        assert not Play.objects.exists()

    def test_unknown_songs(self, player: Player, songs: list[str]) -> None:
        assert player.refused("scrobble", id=[songs[0], f"tr-{NOBODYS}"]) == 70
        assert player.refused("scrobble") == 10
        assert not Play.objects.exists()


class TestPlaylists:
    def titles(self, player: Player, playlist: str) -> str:
        return "".join(
            entry["title"] for entry in player.ask("getPlaylist", id=playlist)["playlist"].get("entry", [])
        )

    def make(self, player: Player, songs: list[str]) -> str:
        playlist = player.ask("createPlaylist", name="Late", songId=songs)["playlist"]
        assert [entry["id"] for entry in playlist["entry"]] == songs
        made: str = playlist["id"]
        return made

    def test_are_made_with_songs_in_order_also_twice(
        self, player: Player, songs: list[str], alice: User
    ) -> None:
        made = self.make(player, [songs[2], songs[0], songs[2]])
        (listed,) = player.ask("getPlaylists")["playlists"]["playlist"]
        told = {
            name: listed[name]
            for name in ("id", "name", "owner", "public", "readonly", "songCount", "duration")
        }
        assert told == {
            "id": made, "name": "Late", "owner": alice.email, "public": False, "readonly": False, "songCount": 3,
            "duration": 18,
        }  # fmt: skip

    def test_are_replaced(self, player: Player, songs: list[str]) -> None:
        made = self.make(player, songs)
        replaced = player.ask("createPlaylist", playlistId=made, name="Early", songId=songs[:1] * 2)[
            "playlist"
        ]
        assert (replaced["id"], replaced["name"], replaced["songCount"]) == (made, "Early", 2)
        assert player.ask("createPlaylist", playlistId=made)["playlist"]["songCount"] == 0

    def test_places_are_counted_before_songs_are_added(self, player: Player, songs: list[str]) -> None:
        made = self.make(player, songs)
        player.ask(
            "updatePlaylist", playlistId=made, songIndexToRemove=[0, 2], songIdToAdd=[songs[1], songs[0]]
        )
        assert self.titles(player, made) == "BDBA"
        player.ask("updatePlaylist", playlistId=made, songIndexToRemove=[9, 3, 3], name="Early")
        assert self.titles(player, made) == "BDB"
        assert player.ask("getPlaylist", id=made)["playlist"]["name"] == "Early"

    def test_what_is_in_the_bin_has_no_place(self, player: Player, songs: list[str]) -> None:
        made = self.make(player, songs)
        track = Track.objects.get(title="A")
        services.track_delete(track=track)
        player.ask("updatePlaylist", playlistId=made, songIndexToRemove=0)
        assert self.titles(player, made) == "CD"
        services.tracks_restore(owner=track.owner, track_ids=[track.pk])
        assert self.titles(player, made) == "ACD"

    def test_each_change_can_be_undone(self, player: Player, songs: list[str], alice: User) -> None:
        made = self.make(player, songs)
        player.ask("updatePlaylist", playlistId=made, songIndexToRemove=[1, 3], songIdToAdd=[songs[0]])
        assert self.titles(player, made) == "ACA"
        for _ in range(2):
            action = BulkAction.objects.filter(undone_at=None).order_by("-created_at", "-pk")[0]
            services.bulk_action_undo(action=action)
            run_enqueued_tasks()
        assert self.titles(player, made) == "ABCD"
        player.ask("createPlaylist", playlistId=made, songId=[songs[3]])
        assert self.titles(player, made) == "D"
        for kind in (BulkAction.Kind.PLAYLIST_ADD, BulkAction.Kind.PLAYLIST_REMOVE):
            services.bulk_action_undo(
                action=BulkAction.objects.filter(undone_at=None, kind=kind).latest("created_at")
            )
        assert self.titles(player, made) == "ABCD"

    def test_songs_of_others_stay_out(self, player: Player, songs: list[str], charlie: User) -> None:
        theirs = TrackFactory(owner=charlie)
        made = player.ask(
            "createPlaylist", name="Late", songId=[f"tr-{theirs.pk}", songs[0], f"tr-{NOBODYS}"]
        )
        assert [entry["id"] for entry in made["playlist"]["entry"]] == [songs[0]]

    def test_are_deleted_and_can_come_back(self, player: Player, songs: list[str]) -> None:
        made = self.make(player, songs)
        player.ask("deletePlaylist", id=made)
        assert player.ask("getPlaylists") == {"playlists": {"playlist": []}}
        assert player.refused("getPlaylist", id=made) == 70
        services.bulk_action_undo(action=BulkAction.objects.get(kind=BulkAction.Kind.PLAYLIST_DELETE))
        assert self.titles(player, made) == "ABCD"

    def test_names(self, player: Player) -> None:
        assert player.refused("createPlaylist") == 10
        assert player.refused("createPlaylist", name="x" * 500) == 0
        assert not Playlist.objects.exists()

    def test_saved_searches_are_read_only(self, player: Player, alice: User, songs: list[str]) -> None:
        search = services.search_save(owner=alice, name="Blues", query="genre=blues")
        (listed,) = player.ask("getPlaylists")["playlists"]["playlist"]
        assert (listed["name"], listed["readonly"], listed["songCount"]) == ("Blues", True, 4)
        assert sorted(self.titles(player, listed["id"])) == list("ABCD")
        for endpoint, params in (
            ("updatePlaylist", {"playlistId": listed["id"], "songIdToAdd": songs[0]}),
            ("updatePlaylist", {"playlistId": listed["id"], "name": "x"}),
            ("createPlaylist", {"playlistId": listed["id"], "songId": songs[0]}),
            ("deletePlaylist", {"id": listed["id"]}),
        ):
            assert player.refused(endpoint, **params) == 50
        search.refresh_from_db()
        assert search.name == "Blues"

    def test_of_others_are_not_listed(self, player: Player, charlie: User) -> None:
        assert player.refused("getPlaylists", username=charlie.email) == 50
        assert player.ask("getPlaylists", username="Alice@example.org") == {"playlists": {"playlist": []}}

    def test_the_site_goes_on_skipping_twins(self, player: Player, songs: list[str], alice: User) -> None:
        made = self.make(player, songs[:1] * 2)
        playlist = Playlist.objects.get()
        services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice).filter(title="A"))
        assert self.titles(player, made) == "AA"
        assert playlist_tracks_of(alice, playlist).count() == 2


class TestPlayQueue:
    def test_goes_on_where_another_player_was(self, player: Player, songs: list[str], alice: User) -> None:
        assert player.ask("getPlayQueue")["playQueue"]["entry"] == []
        player.ask("savePlayQueue", id=songs, current=songs[2], position=61000, c="phone")
        queue = player.ask("getPlayQueue")["playQueue"]
        assert [entry["id"] for entry in queue["entry"]] == songs
        told = {name: queue[name] for name in ("current", "position", "username", "changedBy")}
        assert told == {"current": songs[2], "position": 61000, "username": alice.email, "changedBy": "phone"}
        assert player.ask("getPlayQueueByIndex")["playQueueByIndex"]["currentIndex"] == 2

    def test_tells_twins_apart_by_their_places(self, player: Player, songs: list[str]) -> None:
        player.ask("savePlayQueueByIndex", id=[songs[0], songs[1], songs[0]], currentIndex=2)
        assert player.ask("getPlayQueueByIndex")["playQueueByIndex"]["currentIndex"] == 2
        assert player.ask("getPlayQueue")["playQueue"]["current"] == songs[0]

    @pytest.mark.parametrize("index", ["", "4", "-1", "x"])
    def test_its_place_is_in_it(self, player: Player, songs: list[str], index: str) -> None:
        params = {"currentIndex": index} if index else {}
        assert player.refused("savePlayQueueByIndex", id=songs, **params) in (0, 10)
        assert player.ask("getPlayQueue")["playQueue"]["entry"] == []

    def test_is_emptied(self, player: Player, songs: list[str]) -> None:
        player.ask("savePlayQueue", id=songs)
        player.ask("savePlayQueue")
        queue = player.ask("getPlayQueue")["playQueue"]
        assert queue["entry"] == []
        assert "current" not in queue
        assert "currentIndex" not in player.ask("getPlayQueueByIndex")["playQueueByIndex"]

    def test_songs_that_are_gone_are_passed_over(self, player: Player, songs: list[str]) -> None:
        player.ask("savePlayQueue", id=songs, current=songs[2])
        services.track_delete(track=Track.objects.get(title="A"))
        services.tracks_purge(owner=Track.objects.all()[0].owner, track_ids=[Track.objects.get(title="B").pk])
        assert player.ask("getPlayQueueByIndex")["playQueueByIndex"]["currentIndex"] == 0
        assert player.ask("getPlayQueue")["playQueue"]["current"] == songs[2]

    def test_songs_of_others_stay_out(self, player: Player, songs: list[str], charlie: User) -> None:
        theirs = f"tr-{TrackFactory(owner=charlie).pk}"
        player.ask("savePlayQueueByIndex", id=[theirs, *songs], currentIndex=1)
        queue = player.ask("getPlayQueueByIndex")["playQueueByIndex"]
        assert [entry["id"] for entry in queue["entry"]] == songs
        assert queue["currentIndex"] == 0

    def test_is_one_for_each_person(self, player: Player, songs: list[str], charlie: User) -> None:
        player.ask("savePlayQueue", id=songs)
        assert Player(charlie).ask("getPlayQueue")["playQueue"]["entry"] == []
        Player(charlie).ask("savePlayQueue")
        assert len(player.ask("getPlayQueue")["playQueue"]["entry"]) == 4

    def test_of_thousands_of_songs_is_kept(self, player: Player, songs: list[str]) -> None:
        many = songs[:1] * 3000
        response = player.send("savePlayQueue", "post", f="json", id=many)
        assert response.json()["subsonic-response"]["status"] == "ok"
        assert len(PlayQueue.objects.get().track_ids) == 3000
