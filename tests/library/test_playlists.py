"""Playlists: created, filled, reordered, undone; and saved searches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.errors import DomainError
from library.models import Artist, BulkAction, Playlist, PlaylistItem, Track, User
from library.services.playlists import GAP

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture
def playlist(alice: User) -> Playlist:
    return services.playlist_add(owner=alice, name=" Sunday  morning ")


@pytest.fixture
def search(alice: User) -> Playlist:
    return Playlist.objects.create(owner=alice, name="All my jazz", smart=True, query="genre=jazz")


def tracks_of(owner: User):
    return Track.objects.filter(owner=owner).order_by("title")


@pytest.fixture
def filled(playlist: Playlist, alice: User, make_track: MakeTrack) -> Playlist:
    for title in "abcd":
        make_track(title=title)
    services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
    return playlist


def titles(playlist: Playlist) -> str:
    return "".join(item.track.title for item in selectors.playlist_items_of(playlist.owner, playlist))


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


class TestServices:
    def test_names_are_cleaned_and_checked(self, playlist: Playlist) -> None:
        assert playlist.name == "Sunday morning"
        for name in ("", "  ", "x" * 81, "a\x00b"):
            with pytest.raises(DomainError) as refused:
                services.playlist_rename(playlist=playlist, name=name)
            assert refused.value.code == "bad_name"
        services.playlist_rename(playlist=playlist, name="x" * 80)
        playlist.refresh_from_db()
        assert playlist.name == "x" * 80

    def test_append_keeps_the_order_and_leaves_out_what_is_there(
        self, filled: Playlist, alice: User, make_track: MakeTrack
    ) -> None:
        make_track(title="0")
        action = services.playlist_append(playlist=filled, tracks=tracks_of(alice))
        assert titles(filled) == "abcd0"
        assert (action.done, action.skipped) == (1, 4)

    def test_an_append_is_undone_as_a_whole_and_once(
        self, filled: Playlist, alice: User, make_track: MakeTrack
    ) -> None:
        make_track(title="e")
        make_track(title="f")
        action = services.playlist_append(playlist=filled, tracks=tracks_of(alice))
        services.playlist_remove(item=filled.items.last())
        assert services.bulk_action_undo(action=action) == 1
        assert titles(filled) == "abcd"
        with pytest.raises(DomainError):
            services.bulk_action_undo(action=action)

    def test_an_append_to_a_playlist_that_is_gone_is_undone_on_none(self, filled: Playlist) -> None:
        action = BulkAction.objects.get()
        services.playlist_delete(playlist=filled)
        assert services.bulk_action_undo(action=action) == 0

    def test_an_append_is_undone_in_a_playlist_that_was_deleted_and_restored(
        self, filled: Playlist, alice: User, make_track: MakeTrack
    ) -> None:
        make_track(title="e")
        appended = services.playlist_append(playlist=filled, tracks=tracks_of(alice))
        services.bulk_action_undo(action=services.playlist_delete(playlist=filled))
        restored = Playlist.objects.get()
        assert titles(restored) == "abcde"
        assert services.bulk_action_undo(action=appended) == 1
        assert titles(restored) == "abcd"

    def test_a_deleted_one_comes_back_with_its_order(
        self, filled: Playlist, alice_client: Client, charlie_client: Client
    ) -> None:
        address = filled.get_absolute_url()
        page = alice_client.post(reverse("playlist-delete", args=[filled.pk]), follow=True).content.decode()
        assert alice_client.get(address).status_code == 404
        services.track_delete(track=Track.objects.get(title="b"))
        action = BulkAction.objects.get(kind=BulkAction.Kind.PLAYLIST_DELETE)
        undo = reverse("bulk-action-undo", args=[action.pk])
        assert undo in page
        charlie_client.post(undo)
        assert alice_client.get(address).status_code == 404
        assert "Undone on 3 of 4 tracks" in alice_client.post(undo, follow=True).content.decode()
        assert alice_client.get(address).status_code == 200
        assert titles(Playlist.objects.get(pk=filled.pk)) == "acd"

    def test_a_deleted_search_comes_back(self, search: Playlist, alice_client: Client) -> None:
        action = services.playlist_delete(playlist=search)
        page = alice_client.post(reverse("bulk-action-undo", args=[action.pk]), follow=True).content.decode()
        assert f"Undone: Deleted “{search.name}”." in page
        assert Playlist.objects.get().query == search.query

    def test_a_saved_search_takes_no_tracks(self, search: Playlist, alice: User) -> None:
        with pytest.raises(DomainError) as refused:
            services.playlist_append(playlist=search, tracks=tracks_of(alice))
        assert refused.value.code == "saved_search"

    def test_a_track_that_is_deleted_leaves_its_playlists(self, filled: Playlist) -> None:
        services.track_delete(track=Track.objects.get(title="b"))
        assert titles(filled) == "acd"

    @pytest.mark.parametrize(
        ("title", "to", "order"),
        [
            ("a", 0, "abcd"), ("a", 1, "bacd"), ("a", 3, "bcda"), ("a", 99, "bcda"),
            ("d", 0, "dabc"), ("d", -5, "dabc"), ("d", 2, "abdc"), ("b", 2, "acbd"),
        ],
    )  # fmt: skip
    def test_move(self, filled: Playlist, title: str, to: int, order: str) -> None:
        services.playlist_move(item=filled.items.get(track__title=title), position=to)
        assert titles(filled) == order

    def test_a_move_of_one_alone(self, playlist: Playlist, alice: User, track: Track) -> None:
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
        services.playlist_move(item=playlist.items.get(), position=5)
        assert playlist.items.count() == 1

    def test_there_is_room_for_any_number_of_moves(self, filled: Playlist) -> None:
        order = "abcd"
        for number in range(3 * GAP.bit_length()):
            # The last goes to second place each time: always between the same two, until there is no room.
            services.playlist_move(item=filled.items.last(), position=1)
            order = order[0] + order[-1] + order[1:-1]
            assert titles(filled) == order, number

    def test_equal_positions_are_ordered(self, filled: Playlist) -> None:
        filled.items.update(position=7)
        services.playlist_move(item=filled.items.last(), position=1)
        assert titles(filled) == "adbc"

    def test_a_track_that_is_taken_out_comes_back_to_its_place(self, filled: Playlist) -> None:
        second = filled.items.get(track__title="b")
        removed = services.playlist_remove(item=second)
        services.playlist_move(item=filled.items.get(track__title="d"), position=0)
        assert titles(filled) == "dac"
        assert services.bulk_action_undo(action=removed) == 1
        assert titles(filled) == "dabc"
        assert filled.items.get(track__title="b").pk == second.pk

    def test_what_is_gone_already_is_neither_taken_out_nor_moved(self, filled: Playlist) -> None:
        """Two tabs have read the same item."""
        item = filled.items.get(track__title="b")
        in_another_tab = PlaylistItem.objects.get(pk=item.pk)
        removed = services.playlist_remove(item=item)
        for again in (
            lambda: services.playlist_remove(item=in_another_tab),
            lambda: services.playlist_move(item=in_another_tab, position=0),
        ):
            with pytest.raises(DomainError) as refused:
                again()
            assert refused.value.code == "not_found"
        assert BulkAction.objects.filter(kind=BulkAction.Kind.PLAYLIST_REMOVE).get() == removed
        services.bulk_action_undo(action=removed)
        assert titles(filled) == "abcd"

    def test_a_track_that_has_moved_meanwhile_comes_back_to_its_new_place(self, filled: Playlist) -> None:
        read_before = filled.items.get(track__title="a")
        services.playlist_move(item=filled.items.get(track__title="a"), position=3)
        services.bulk_action_undo(action=services.playlist_remove(item=read_before))
        assert titles(filled) == "bcda"

    def test_a_move_makes_as_many_queries_in_a_long_list(
        self, filled: Playlist, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        filled.items.update(position=7)
        with django_assert_max_num_queries(9):  # with the savepoint, the change noted, and the list shifted
            services.playlist_move(item=filled.items.last(), position=1)


class TestList:
    url = "/playlists/"

    def test_empty_it_says_what_to_do(self, alice_client: Client) -> None:
        assert "No playlists yet" in text(alice_client, self.url)

    def test_counts_and_durations(self, alice_client: Client, filled: Playlist, search: Playlist) -> None:
        page = text(alice_client, self.url)
        assert "Sunday morning" in page
        assert "4 tracks" in page
        assert "0:24" in page
        assert reverse("saved-searches") in page
        assert search.name not in page

    def test_a_new_one_is_opened(self, alice_client: Client) -> None:
        response = alice_client.post(self.url, {"name": "Late"}, follow=True)
        assert "This playlist is empty" in response.content.decode()

    def test_a_bad_name_is_refused_on_the_page(self, alice_client: Client) -> None:
        assert (
            "1 to 80 characters" in alice_client.post(self.url, {"name": " "}, follow=True).content.decode()
        )
        assert not Playlist.objects.exists()

    @pytest.mark.parametrize("number", [1, 20])
    def test_as_many_queries_for_one_as_for_many(
        self,
        alice: User,
        alice_client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        number: int,
    ) -> None:
        for _ in range(number):
            services.playlist_add(owner=alice, name="another")
        # session, user, count, playlists, covers, needs you, newest playlists
        with django_assert_num_queries(7):
            text(alice_client, self.url)


class TestPlaylist:
    @pytest.mark.parametrize("number", [1, 20])
    def test_as_many_queries_for_one_track_as_for_many(
        self,
        alice: User,
        alice_client: Client,
        playlist: Playlist,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
        number: int,
    ) -> None:
        for _ in range(number):
            services.track_tag(track=make_track(artist="Nina Simone", album="Silk & Soul"), name="live")
        services.playlist_append(playlist=playlist, tracks=tracks_of(alice))
        # session, user, playlist, count, length, covers, items, tracks, their tags, artists and segments, own genres,
        # needs you, newest playlists
        with django_assert_num_queries(14):
            text(alice_client, playlist.get_absolute_url())

    def test_what_a_saved_search_finds_now(
        self, alice_client: Client, search: Playlist, make_track: MakeTrack
    ) -> None:
        assert "No track matches this search yet" in text(alice_client, search.get_absolute_url())
        make_track(title="So what", heard={"top": "jazz"})
        make_track(title="Wild rover", heard={"top": "country"})
        page = text(alice_client, search.get_absolute_url())
        assert "So what" in page
        assert "Wild rover" not in page
        assert "/?genre=jazz" in page
        assert "1 track" in text(alice_client, reverse("playlist-length", args=[search.pk]))

    def test_ordering_without_script(self, alice_client: Client, filled: Playlist) -> None:
        item = filled.items.last()
        url = reverse("playlist-move", args=[filled.pk, item.pk])
        alice_client.post(url, {"to": "0"})
        assert titles(filled) == "dabc"
        alice_client.post(url, {"to": "nonsense"})
        assert titles(filled) == "dabc"
        alice_client.post(reverse("playlist-remove", args=[filled.pk, item.pk]))
        assert titles(filled) == "abc"

    def test_taking_a_track_out_says_so_and_can_be_undone(
        self, alice_client: Client, filled: Playlist
    ) -> None:
        item = filled.items.get(track__title="b")
        here = {"Referer": f"http://testserver{filled.get_absolute_url()}"}
        remove = reverse("playlist-remove", args=[filled.pk, item.pk])
        page = alice_client.post(remove, headers=here, follow=True).content.decode()
        assert "Removed “b” from “Sunday morning”." in page
        action = BulkAction.objects.get(kind=BulkAction.Kind.PLAYLIST_REMOVE)
        undo = reverse("bulk-action-undo", args=[action.pk])
        assert undo in page
        page = alice_client.post(undo, headers=here, follow=True).content.decode()
        assert "Undone: Removed “b” from “Sunday morning”" in page
        assert titles(filled) == "abcd"

    def test_deleting_is_as_quiet_as_renaming(self, alice_client: Client, filled: Playlist) -> None:
        assert "danger" not in text(alice_client, filled.get_absolute_url())

    def test_rename_and_delete(self, alice_client: Client, filled: Playlist) -> None:
        alice_client.post(reverse("playlist-rename", args=[filled.pk]), {"name": "Evening"})
        assert "Evening" in text(alice_client, reverse("playlist-delete", args=[filled.pk]))
        alice_client.post(reverse("playlist-delete", args=[filled.pk]))
        assert not Playlist.objects.exists()
        assert Track.objects.count() == 4


class TestAddATrack:
    def test_to_one_that_is_there(self, alice_client: Client, playlist: Playlist, track: Track) -> None:
        url = reverse("track-playlists", args=[track.pk])
        page = alice_client.post(url, {"playlist": playlist.pk}, follow=True).content.decode()
        assert "Added" in page
        assert reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]) in page
        assert " added<" in text(alice_client, url)

    def test_to_a_new_one_within_any_page(self, alice_client: Client, track: Track) -> None:
        url = reverse("track-playlists", args=[track.pk])
        answer = alice_client.post(url, {"new": "Late"}, headers={"HX-Request": "true"}, follow=True)
        assert "Added to “<bdi>Late</bdi>”" in answer.content.decode()
        assert reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]) in answer.content.decode()
        assert Playlist.objects.get().tracks.get() == track

    def test_not_to_another_persons(
        self, charlie_client: Client, alice_client: Client, charlie: User, track: Track, playlist: Playlist
    ) -> None:
        theirs = services.playlist_add(owner=charlie, name="Theirs")
        url = reverse("track-playlists", args=[track.pk])
        for bad in (theirs.pk, "nonsense", ""):
            answer = alice_client.post(url, {"playlist": bad}, follow=True).content.decode()
            assert "That playlist is no longer there." in answer
        charlie_client.post(url, {"playlist": theirs.pk})
        assert not theirs.items.exists()


class TestPlayQueue:
    def test_what_follows_in_a_search(
        self, alice_client: Client, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("library.views.play_queue.PLAY_QUEUE_CHUNK", 2)
        for title in "abcde":
            make_track(title=title, artist="Nobody", heard={"top": "jazz" if title == "b" else "pop"})
        answer = alice_client.get("/queue/?genre=pop&ordering=title").json()
        assert [track["title"] for track in answer["tracks"]] == ["a", "c"]
        assert answer["tracks"][0] == {
            "url": reverse("audio", args=[Track.objects.get(title="a").pk]),
            "href": Track.objects.get(title="a").get_absolute_url(),
            "title": "a",
            "artist": "Nobody",
            "artist_href": Artist.objects.get().get_absolute_url(),
            "genre": "Pop",
            "css": "genre-pop",
            "cover": "",
            "tile": "N",
        }
        answer = alice_client.get(answer["more"]).json()
        assert [track["title"] for track in answer["tracks"]] == ["d", "e"]
        assert answer["more"] is None

    def test_nothing_that_cannot_be_played_and_nothing_of_others(
        self, alice_client: Client, charlie_client: Client, make_track: MakeTrack
    ) -> None:
        make_track(title="good")
        make_track(title="bad", status=Track.Status.FAILED)
        assert [track["title"] for track in alice_client.get("/queue/").json()["tracks"]] == ["good"]
        assert charlie_client.get("/queue/").json() == {"tracks": [], "more": None}

    @pytest.mark.parametrize("start", ["-1", "x", "²", "9" * 30, "3"])
    def test_any_start(self, alice_client: Client, track: Track, start: str) -> None:
        assert alice_client.get("/queue/", {"start": start}).status_code == 200

    def test_of_a_playlist_and_of_a_saved_search(
        self,
        alice_client: Client,
        filled: Playlist,
        search: Playlist,
        make_track: MakeTrack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("library.views.playlists.PLAY_QUEUE_CHUNK", 3)
        first = alice_client.get(reverse("playlist-queue", args=[filled.pk])).json()
        second = alice_client.get(first["more"]).json()
        assert "".join(t["title"] for part in (first, second) for t in part["tracks"]) == "abcd"
        assert second["more"] is None
        make_track(title="So what", heard={"top": "jazz"})
        found = alice_client.get(reverse("playlist-queue", args=[search.pk])).json()
        assert [track["title"] for track in found["tracks"]] == ["So what"]

    @pytest.mark.parametrize("number", [1, 20])
    def test_as_many_queries_for_one_track_as_for_many(
        self,
        alice_client: Client,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
        number: int,
    ) -> None:
        for _ in range(number):
            make_track()
        with django_assert_num_queries(5):  # session, user, tracks, their artists, own genres
            alice_client.get("/queue/")

    def test_a_list_says_where_it_goes_on(self, alice_client: Client, make_track: MakeTrack) -> None:
        for _ in range(51):
            make_track()
        assert 'data-play-queue="/queue/?q=song&amp;start=50"' in text(alice_client, "/?q=song")
        assert 'data-play-queue=""' in text(alice_client, "/?q=song&page=2")
