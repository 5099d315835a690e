"""The list of artists, with letters and a search, and the page of one."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library.models import Artist, Playlist, User
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on

pytestmark = pytest.mark.django_db


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def names(page: str) -> list[str]:
    return re.findall(r'class="artist-name"> <a href="[^"]*">([^<]*)<', page)


@pytest.fixture
def artists(alice: User) -> None:
    for name in ("Björk", "Bebe", "Émilie", "2Pac", "ABBA", "!!!"):
        make_track_by(alice, f"A song of {name}", name)
    make_track_on(make_album(alice, "Post", "Björk"), "Hyperballad")


@pytest.mark.usefixtures("artists")
class TestList:
    def test_is_by_name(self, alice_client: Client) -> None:
        page = page_of(alice_client, "/artists/")
        assert names(page) == ["!!!", "2Pac", "ABBA", "Bebe", "Björk", "Émilie"]
        assert "6 artists" in page
        assert "1 album · 2 tracks" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("letter=B", ["Bebe", "Björk"]),
            ("letter=E", ["Émilie"]),
            ("letter=%23", ["!!!", "2Pac"]),
            ("letter=Q", ["!!!", "2Pac", "ABBA", "Bebe", "Björk", "Émilie"]),
            ("name=bjork", ["Björk"]),
            ("name=EMIL", ["Émilie"]),
            ("name=b&letter=E", ["ABBA", "Bebe", "Björk"]),
        ],
    )
    def test_letters_and_search(self, query: str, found: list[str], alice_client: Client) -> None:
        assert names(page_of(alice_client, f"/artists/?{query}")) == found

    def test_only_letters_that_are_there(self, alice_client: Client) -> None:
        letters = re.search(r'aria-label="First letters">(.*?)</nav>', page_of(alice_client, "/artists/"))
        assert letters
        assert re.findall(r">([^<]+)</a>", letters[1]) == ["All", "#", "A", "B", "E"]

    def test_nobody_found(self, alice_client: Client) -> None:
        page = page_of(alice_client, "/artists/?name=xyzzy")
        assert "No artist has a name like this" in page
        assert "No artists yet" not in page

    def test_pages_keep_the_search(self, alice: User, alice_client: Client) -> None:
        for number in range(61):
            make_track_on(make_album(alice, "Volume", f"Band {number:02}"), "Song")
        page = page_of(alice_client, "/artists/?name=band")
        assert len(names(page)) == 60
        assert 'href="?name=band&page=2"' in page
        assert names(page_of(alice_client, "/artists/?name=band&page=2")) == ["Band 60"]


def test_an_empty_library(alice_client: Client) -> None:
    assert "No artists yet" in page_of(alice_client, "/artists/")


@pytest.mark.parametrize("count", [1, 20])
def test_as_many_queries_for_one_artist_as_for_many(
    count: int, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        for title in ("One", "Two"):
            make_track_on(make_album(alice, title, f"Band {number}"), "Song")
    # session, user, letters, count, artists, covers, numbers of albums and tracks, own genres, needs you, newest
    # playlists
    with django_assert_num_queries(11):
        alice_client.get("/artists/")


class TestArtist:
    @pytest.fixture
    def artist(self, alice: User) -> Artist:
        for title, year in (("Post", 1995), ("Debut", 1993)):
            album = make_album(alice, title, "Björk", year=year)
            for number in (2, 1):
                make_track_on(album, f"{title} {number}", track_number=number)
        make_track_on(make_album(alice, "Dancer in the Dark"), "Cvalda", "Björk")
        make_track_by(alice, "Alone", "Björk")
        make_track_by(alice, "Other", "Bebe")
        return make_artist(alice, "Björk")

    def test_albums_by_year_others_and_single_tracks(self, artist: Artist, alice_client: Client) -> None:
        page = page_of(alice_client, f"/artists/{artist.pk}/")
        assert "Artist · 2 albums · 6 tracks" in page
        assert re.findall(r'class="album-title" href="[^"]*">([^<]*)<', page) == [
            *("Debut", "Post", "Dancer in the Dark"),
        ]
        assert page.index("Debut") < page.index("Also on") < page.index("Tracks on no album")
        assert page.count('class="row-track"') == 1
        assert "Other" not in page

    def test_the_queue_goes_album_by_album(self, artist: Artist, alice_client: Client) -> None:
        answer = alice_client.get(f"/artists/{artist.pk}/queue/").json()
        assert [track["title"] for track in answer["tracks"]] == [
            *("Debut 1", "Debut 2", "Post 1", "Post 2", "Cvalda", "Alone"),
        ]

    def test_all_into_a_playlist(self, artist: Artist, alice_client: Client) -> None:
        alice_client.post(f"/artists/{artist.pk}/playlists/", {"new": "Late"})
        assert Playlist.objects.get().items.count() == 6

    def test_the_menu_leads_to_the_tracks(self, artist: Artist, alice_client: Client) -> None:
        page = page_of(alice_client, f"/artists/{artist.pk}/")
        assert f'href="/?artist={artist.pk}&amp;ordering=album"' in page
        assert f'href="/artists/{artist.pk}/download/"' in page

    @pytest.mark.parametrize("count", [1, 10])
    def test_as_many_queries_for_one_album_as_for_many(
        self, count: int, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(count):
            make_track_on(make_album(alice, f"Volume {number}", "Ann"), "Song")
            make_track_on(make_album(alice, f"Hits {number}"), "Song", "Ann")
            make_track_by(alice, f"Alone {number}", "Ann")
        artist = make_artist(alice, "Ann")
        # session, user, artist, albums, length, count, ids, rows, their tags and artists, strips, most played, other
        # albums, own genres, needs you, newest playlists
        with django_assert_num_queries(16):
            alice_client.get(f"/artists/{artist.pk}/")
