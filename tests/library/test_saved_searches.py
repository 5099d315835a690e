"""Saved searches: listed in one place, changed, and following what they name."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library import services
from library.errors import DomainError, InvalidSearchError
from library.models import Album, Artist, Playlist, Track, User
from library.search.saved import gone_rows_of, playlist_tracks_of
from library.services import album_actions, albums, batches, bulk_action_undoing, bulk_actions
from tests.albums import make_song

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture
def search(alice: User) -> Playlist:
    return services.search_save(owner=alice, name="Evening jazz", query="genre=jazz")


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def titles(search: Playlist) -> list[str]:
    search.refresh_from_db()
    return sorted(track.title for track in playlist_tracks_of(search.owner, search))


def query_of(search: Playlist) -> str:
    search.refresh_from_db()
    return search.query


class TestList:
    url = "/playlists/searches/"

    def test_all_of_them_in_one_place(self, alice: User, alice_client: Client, search: Playlist) -> None:
        services.search_save(owner=alice, name="New here", query="added_within_days=30")
        late = services.playlist_add(owner=alice, name="Late")
        page = text(alice_client, self.url)
        assert "Evening jazz" in page
        assert "New here" in page
        assert late.get_absolute_url() not in page.partition('id="content"')[2]
        assert reverse("playlist-length", args=[search.pk]) in page
        assert self.url in text(alice_client, reverse("playlists"))

    def test_each_says_what_it_looks_for(
        self, alice: User, alice_client: Client, make_track: MakeTrack
    ) -> None:
        make_track(heard={"top": "jazz"})
        search = services.search_save(
            owner=alice, name="n", query="genre=jazz&added_within_days=30&has_tag=false"
        )
        row = text(alice_client, reverse("playlist-length", args=[search.pk]))
        assert "1 track" in row
        assert "Jazz, No tag, Added in the last 30 days" in row
        page = text(alice_client, search.get_absolute_url())
        assert "Added in the last 30 days" in page
        assert f'href="{self.url}"' in page

    def test_empty_it_says_how_to_save_one(self, alice_client: Client) -> None:
        assert "No saved searches yet" in text(alice_client, self.url)

    def test_only_ones_own(self, charlie_client: Client, search: Playlist) -> None:
        assert search.name not in text(charlie_client, self.url)

    @pytest.mark.parametrize("number", [1, 20])
    def test_as_many_queries_for_one_as_for_many(
        self,
        alice: User,
        alice_client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        number: int,
    ) -> None:
        for _ in range(number):
            services.search_save(owner=alice, name="another", query="genre=jazz&tag=live")
        # session, user, count, searches, covers, needs you, newest playlists
        with django_assert_num_queries(7):
            text(alice_client, self.url)

    def test_deleting_one_leads_back_to_it(self, alice_client: Client, search: Playlist) -> None:
        response = alice_client.post(reverse("playlist-delete", args=[search.pk]), follow=True)
        assert response.redirect_chain[-1][0] == self.url
        assert "The tracks that it found are still in your library." in response.content.decode()


class TestChange:
    def test_from_its_page_to_the_library_and_back(
        self, alice_client: Client, search: Playlist, make_track: MakeTrack
    ) -> None:
        make_track(title="So what", year=1959, heard={"top": "jazz"})
        make_track(title="Birdland", year=1977, heard={"top": "jazz"})
        links = re.findall('href="([^"]+)"', text(alice_client, search.get_absolute_url()))
        (change,) = [unescape(link) for link in links if "saved=" in link]
        page = text(alice_client, change)
        update = reverse("search-update", args=[search.pk])
        assert "You are changing the saved search" in page
        assert f'action="{update}"' in page
        assert "was not understood" not in page
        # Whatever narrows the list further keeps the search in mind.
        facets = unescape(text(alice_client, change.replace("/?", "/facets/?")))
        assert f"/?genre=jazz&saved={search.pk}&year_min=1970&year_max=1979" in facets
        narrowed = text(alice_client, f"{change}&year_min=1970&year_max=1979")
        assert f'href="/?saved={search.pk}"' in narrowed  # clear filters
        (query,) = re.findall(
            'name="query" value="([^"]+)"', narrowed[narrowed.index(f'action="{update}"') :]
        )[:1]
        done = alice_client.post(update, {"query": unescape(query)}, follow=True)
        assert done.redirect_chain[-1][0] == search.get_absolute_url()
        page = done.content.decode()
        assert "Updated “Evening jazz”." in page
        assert titles(search) == ["Birdland"]

        (undo,) = re.findall(f'action="({update}[^"]+)"', page)
        done = alice_client.post(unescape(undo), follow=True)
        assert query_of(search) == "genre=jazz"
        assert titles(search) == ["Birdland", "So what"]

    def test_without_any_filter_there_is_nothing_to_update_to(
        self, alice_client: Client, search: Playlist, track: Track
    ) -> None:
        page = text(alice_client, f"/?saved={search.pk}")
        button = page[page.index("changed-search-answers") :].partition("</button>")[0]
        assert "disabled" in button
        answer = alice_client.post(reverse("search-update", args=[search.pk]), {"query": ""}, follow=True)
        assert "There is nothing to save yet" in answer.content.decode()
        assert query_of(search) == "genre=jazz"

    def test_a_list_without_tracks_can_be_saved(self, alice_client: Client, search: Playlist) -> None:
        assert "Update “" in text(alice_client, f"/?genre=rock&saved={search.pk}")

    def test_one_that_no_longer_works_can_be_mended(
        self, alice: User, alice_client: Client, search: Playlist
    ) -> None:
        Playlist.objects.filter(pk=search.pk).update(query="genre=gone")
        update = reverse("search-update", args=[search.pk])
        page = alice_client.post(update, {"query": "genre=rock"}, follow=True).content.decode()
        assert "Updated “Evening jazz”." in page
        assert f'action="{update}?' not in page  # there is nothing to go back to
        assert query_of(search) == "genre=rock"

    def test_the_same_again_changes_nothing(self, alice_client: Client, search: Playlist) -> None:
        before = search.updated_at
        update = reverse("search-update", args=[search.pk])
        page = alice_client.post(update, {"query": "genre=Jazz"}, follow=True).content.decode()
        assert "is that search already" in page
        search.refresh_from_db()
        assert search.updated_at == before

    @pytest.mark.parametrize("saved", ["nonsense", "00000000-0000-0000-0000-000000000001", ""])
    def test_an_id_of_nothing_is_no_search(self, saved: str, alice_client: Client, track: Track) -> None:
        page = text(alice_client, f"/?genre=blues&saved={saved}")
        assert "You are changing" not in page
        assert "was not understood" not in page

    def test_nobody_elses_and_no_playlist(
        self, alice: User, alice_client: Client, charlie_client: Client, search: Playlist, track: Track
    ) -> None:
        assert "You are changing" not in text(charlie_client, f"/?saved={search.pk}")
        late = services.playlist_add(owner=alice, name="Late")
        assert "You are changing" not in text(alice_client, f"/?saved={late.pk}")
        with pytest.raises(DomainError) as refused:
            services.search_update(playlist=late, query="genre=jazz")
        assert refused.value.code == "not_saved_search"
        late.refresh_from_db()
        assert (late.smart, late.query) == (False, "")

    @pytest.mark.parametrize(
        ("query", "code"),
        [("", "no_search"), ("page=2", "invalid"), ("gnere=jazz", "invalid"), ("q=" + "%E3%81%82" * 200, "")],
    )
    def test_what_cannot_be_saved_is_refused(self, query: str, code: str, search: Playlist) -> None:
        if not code:
            assert services.search_update(playlist=search, query=query)
            return
        with pytest.raises(DomainError) as refused:
            services.search_update(playlist=search, query=query)
        assert isinstance(refused.value, InvalidSearchError) == (code == "invalid")
        assert query_of(search) == "genre=jazz"

    def test_by_programs(self, alice: User, alice_api: Client, search: Playlist) -> None:
        address = f"/api/v1/playlists/{search.pk}/"

        def patch(**body: str) -> tuple[int, str]:
            answer = alice_api.patch(address, body, content_type="application/json")
            return answer.status_code, answer.json().get("code") or answer.json()["query"]

        assert patch(query="genre=Rock&has_tag=false") == (200, "genre=rock&has_tag=false")
        assert patch(name="Rock") == (200, "genre=rock&has_tag=false")
        assert patch(name="Pop", query="genre=pop") == (200, "genre=pop")
        search.refresh_from_db()
        assert search.name == "Pop"
        assert patch() == (400, "invalid")
        assert patch(query="") == (422, "no_search")
        assert patch(query="gnere=pop")[0] == 400
        late = services.playlist_add(owner=alice, name="Late")
        answer = alice_api.patch(
            f"/api/v1/playlists/{late.pk}/", {"query": "genre=pop"}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "not_saved_search")


class TestFollowArtistsAndAlbums:
    @pytest.fixture(params=[250, 2], ids=["one batch", "several batches"], autouse=True)
    def batch_size(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (batches, album_actions, albums, bulk_actions, bulk_action_undoing):
            monkeypatch.setattr(module, "BATCH_SIZE", request.param)

    @pytest.fixture(autouse=True)
    def songs(self, alice: User) -> None:
        for number in range(3):
            make_song(alice, title=f"a{number}", artist="Bjork", album="Debut")
            make_song(alice, title=f"b{number}", artist="Björk", album="Post")
        make_song(alice, title="c", artist="Cher", album="Believe")

    @staticmethod
    def saved(row: Artist | Album, more: str = "") -> Playlist:
        kind = type(row).__name__.lower()
        return services.search_save(owner=row.owner, name=kind, query=f"{kind}={row.pk}{more}")

    def test_a_merged_artist_and_its_undo(self, alice: User) -> None:
        into, other, cher = (
            Artist.objects.get(owner=alice, name=name) for name in ("Björk", "Bjork", "Cher")
        )
        one, both, else_ = self.saved(other), self.saved(other, f"&artist={into.pk}"), self.saved(cher)
        before = [query_of(search) for search in (one, both, else_)]
        action = services.artists_merge(owner=alice, into=into, artists=[other])
        assert query_of(one) == query_of(both) == f"artist={into.pk}"
        assert titles(one) == ["a0", "a1", "a2", "b0", "b1", "b2"]
        assert titles(else_) == ["c"]
        services.bulk_action_undo(action=action)
        assert [query_of(search) for search in (one, both, else_)] == before
        assert titles(one) == ["a0", "a1", "a2"]

    def test_a_renamed_artist(self, alice: User) -> None:
        artist = Artist.objects.get(owner=alice, name="Cher")
        search = self.saved(artist)
        services.artist_rename(artist=artist, name="Cherilyn")
        assert titles(search) == ["c"]
        services.artist_rename(artist=Artist.objects.get(owner=alice, name="Cherilyn"), name="Björk")
        assert titles(search) == ["b0", "b1", "b2", "c"]

    def test_a_merged_album_and_its_undo(self, alice: User) -> None:
        debut, post, believe = (
            Album.objects.get(owner=alice, title=name) for name in ("Debut", "Post", "Believe")
        )
        search, both = self.saved(debut), self.saved(debut, f"&album={believe.pk}")
        before = [query_of(one) for one in (search, both)]
        action = services.albums_merge(owner=alice, into=post, albums=[debut, believe])
        assert query_of(search) == query_of(both) == f"album={post.pk}"
        assert titles(search) == ["a0", "a1", "a2", "b0", "b1", "b2", "c"]
        services.bulk_action_undo(action=action)
        assert [query_of(one) for one in (search, both)] == before
        assert titles(search) == ["a0", "a1", "a2"]

    def test_an_album_whose_tracks_join_another(self, alice: User) -> None:
        believe = Album.objects.get(owner=alice, title="Believe")
        search = self.saved(believe)
        services.track_edit(track=Track.objects.get(title="c"), album="Debut", artist="Bjork")
        assert not Album.objects.filter(pk=believe.pk).exists()
        assert titles(search) == ["a0", "a1", "a2", "c"]

    def test_an_undo_leaves_what_has_changed_since(self, alice: User) -> None:
        into, other = (Artist.objects.get(owner=alice, name=name) for name in ("Björk", "Bjork"))
        search = self.saved(other)
        action = services.artists_merge(owner=alice, into=into, artists=[other])
        services.search_update(playlist=search, query="genre=jazz")
        services.bulk_action_undo(action=action)
        assert query_of(search) == "genre=jazz"

    def test_what_is_gone_is_said(self, alice: User, alice_client: Client) -> None:
        search = self.saved(Album.objects.get(owner=alice, title="Believe"))
        assert gone_rows_of(alice, search) == []
        services.track_delete(track=Track.objects.get(title="c"))
        assert gone_rows_of(alice, search) == ["album"]
        assert "An album that this search names is gone." in text(alice_client, search.get_absolute_url())

    def test_of_others_stay(self, alice: User, charlie: User) -> None:
        into, other = (Artist.objects.get(owner=alice, name=name) for name in ("Björk", "Bjork"))
        theirs = services.search_save(owner=charlie, name="n", query=f"artist={other.pk}")
        services.artists_merge(owner=alice, into=into, artists=[other])
        assert query_of(theirs) == f"artist={other.pk}"
