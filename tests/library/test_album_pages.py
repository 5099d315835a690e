"""The grid of albums, and the page of one: its tracks in order, and what can be done with all of them."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import Album, Playlist, Track, User
from tests.album_rows import make_album, make_track_by, make_track_on

pytestmark = pytest.mark.django_db


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return text_of(response)


def text_of(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def shown(page: str) -> list[str]:
    """The titles of the albums in a grid."""
    return re.findall(r'class="album-title" href="[^"]*">([^<]*)<', page)


@pytest.fixture
def albums(alice: User) -> dict[str, Album]:
    made = {}
    for title, artist, year in (
        ("Kind of Blue", "Miles Davis", 1959),
        ("Abbey Road", "The Beatles", 1969),
        ("Élan", "Zoë", None),
        ("Hair", "", 1968),
    ):
        made[title] = make_album(alice, title, artist, year=year)
        make_track_on(made[title], f"{title} song", artist or "Somebody", year=year)
    return made


class TestGrid:
    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("", ["Abbey Road", "Élan", "Hair", "Kind of Blue"]),
            ("sort=artist", ["Kind of Blue", "Abbey Road", "Élan", "Hair"]),
            ("sort=year", ["Kind of Blue", "Hair", "Abbey Road", "Élan"]),
            ("sort=-year", ["Abbey Road", "Hair", "Kind of Blue", "Élan"]),
            ("sort=added", ["Hair", "Élan", "Abbey Road", "Kind of Blue"]),
            ("sort=starred", ["Hair", "Abbey Road", "Élan", "Kind of Blue"]),
            ("sort=nonsense", ["Abbey Road", "Élan", "Hair", "Kind of Blue"]),
            ("q=miles", ["Kind of Blue"]),
            ("q=elan", ["Élan"]),
            ("year_min=1960&year_max=1969&sort=year", ["Hair", "Abbey Road"]),
            ("genre=jazz", ["Kind of Blue"]),
            ("genre=metal", []),
            ("ordering=-title", ["Abbey Road", "Élan", "Hair", "Kind of Blue"]),
        ],
    )
    def test_is_sorted_and_narrowed(
        self, query: str, titles: list[str], albums: dict[str, Album], alice: User, alice_client: Client
    ) -> None:
        Album.objects.filter(pk=albums["Hair"].pk).update(starred_at=timezone.now())
        services.genre_set(track=albums["Kind of Blue"].tracks.get(), person=alice, genre="jazz")
        assert shown(page_of(alice_client, f"/albums/?{query}")) == titles

    def test_chips_and_facets_stay_on_albums(self, albums: dict[str, Album], alice_client: Client) -> None:
        page = page_of(alice_client, "/albums/?genre=blues&sort=year")
        assert "4 albums with matching tracks" in page
        assert 'href="/albums/?sort=year"' in page
        assert "Save this search" not in page
        facets = page_of(alice_client, "/albums/facets/?genre=blues&sort=year")
        assert 'href="/albums/?sort=year"' in facets
        assert 'href="/?' not in facets.replace('href="/?q', "")
        assert "not understood" not in page + facets

    def test_an_unknown_filter_is_named(self, albums: dict[str, Album], alice_client: Client) -> None:
        assert "“gnere=jazz” was not understood" in page_of(alice_client, "/albums/?gnere=jazz")

    def test_nothing_matches(self, albums: dict[str, Album], alice_client: Client) -> None:
        page = page_of(alice_client, "/albums/?q=xyzzy")
        assert "Nothing matches" in page
        assert "No albums yet" not in page

    def test_without_albums(self, alice: User, alice_client: Client) -> None:
        assert "No albums yet" in page_of(alice_client, "/albums/")
        make_track_by(alice, "Alone", "Ann")
        page = page_of(alice_client, "/albums/")
        assert '<a href="/?album=none">1 track</a> names no album' in page
        assert shown(page) == []

    def test_tracks_on_no_album_do_not_pretend(
        self, albums: dict[str, Album], alice: User, alice_client: Client
    ) -> None:
        for title in ("Alone", "Again"):
            make_track_by(alice, title)
        page = page_of(alice_client, "/albums/")
        assert len(shown(page)) == 4
        assert '<a href="/?album=none">2 tracks</a> name no album' in page
        assert "no album" not in page_of(alice_client, "/albums/?q=blue")

    def test_pages_keep_search_and_order(self, alice: User, alice_client: Client) -> None:
        for number in range(49):
            make_track_on(make_album(alice, f"Volume {number:02}", "Ann"), "Song")
        page = page_of(alice_client, "/albums/?q=volume&sort=-year")
        assert len(shown(page)) == 48
        assert 'href="?q=volume&amp;sort=-year&page=2"' in page
        assert len(shown(page_of(alice_client, "/albums/?q=volume&sort=-year&page=2"))) == 1

    @pytest.mark.parametrize("count", [1, 20])
    def test_as_many_queries_for_one_album_as_for_many(
        self, count: int, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(count):
            make_track_on(make_album(alice, f"Volume {number}", f"Artist {number}"), "Song")
        # session, user, count, ids, albums, own genres, needs you; and without filters, tracks on no album
        with django_assert_num_queries(9):
            alice_client.get("/albums/?sort=artist")


class TestAlbum:
    @pytest.fixture
    def album(self, alice: User) -> Album:
        """Rock, metal, blues and country on two discs."""
        album = make_album(alice, "Foundry", "The Gravel Kings", year=2011)
        for disc, number, title, genre, minutes in (
            (2, 1, "Night Shift", "blues", 5),
            (1, 2, "Cold Welding", "metal", 4),
            (1, 1, "Third Rail", "rock", 2),
            (2, 2, "Cinders", "country", 1),
        ):
            make_track_on(
                album, title, disc_number=disc, track_number=number, duration=60.0 * minutes,
                heard={"top": genre, "confidence": 0.8},
            )  # fmt: skip
        return album

    def test_says_what_it_is(self, album: Album, alice_client: Client) -> None:
        page = page_of(alice_client, f"/albums/{album.pk}/")
        assert "Album · 2011 · 4 tracks · 12 min" in page
        assert f'<a class="by-link" href="/artists/{album.artist_id}/">The Gravel Kings</a>' in page
        assert "Begins as rock, turns to metal, ends as blues and country." in page

    def test_tracks_come_by_disc_and_number(self, album: Album, alice_client: Client) -> None:
        page = page_of(alice_client, f"/albums/{album.pk}/")
        found = re.findall(r'<h2>(Disc \d)</h2>|class="row-name"> <a href="[^"]*">([^<]*)<', page)
        assert [disc or title for disc, title in found] == [
            *("Disc 1", "Third Rail", "Cold Welding"),
            *("Disc 2", "Night Shift", "Cinders"),
        ]

    def test_one_disc_has_no_heading(self, alice: User, alice_client: Client) -> None:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        make_track_on(album, "Slag", disc_number=1)
        make_track_on(album, "Cinders")
        assert "Disc 1" not in page_of(alice_client, f"/albums/{album.pk}/")

    def test_the_strips_have_one_scale(self, album: Album, alice_client: Client) -> None:
        """The longest fills the column of 48 stretches; 4, 2 and 1 of its 5 minutes are as many fifths."""
        page = page_of(alice_client, f"/albums/{album.pk}/")
        strips = re.findall(r'<svg class="album-strip".*?</svg>', page)
        assert [strip.count("<rect") for strip in strips] == [19, 38, 48, 10]
        assert 'class="genre-metal"' in strips[1]

    def test_others_than_the_album_artist_are_named(self, alice: User, alice_client: Client) -> None:
        album = make_album(alice, "Hair")
        track = make_track_on(album, "Aquarius", "Ronnie Dyson")
        page = page_of(alice_client, f"/albums/{album.pk}/")
        assert "Compilation · 1 track" in page
        assert "Various artists" in page
        assert f'href="/artists/{track.artists.get().pk}/">Ronnie Dyson</a>' in page

    def test_waiting_and_failed_tracks_are_there(self, alice: User, alice_client: Client) -> None:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        make_track_on(album, "Slag", status=Track.Status.QUEUED, duration=None)
        make_track_on(album, "Cinders", status=Track.Status.FAILED, duration=None)
        page = page_of(alice_client, f"/albums/{album.pk}/")
        assert "Waiting…" in page
        assert "row-error" in page
        assert "<rect" not in page

    def test_the_queue_is_in_the_albums_order(self, album: Album, alice_client: Client) -> None:
        answer = alice_client.get(f"/albums/{album.pk}/queue/").json()
        titles = [track["title"] for track in answer["tracks"]]
        assert titles == ["Third Rail", "Cold Welding", "Night Shift", "Cinders"]
        assert answer["more"] is None
        assert answer["tracks"][0]["artist_href"] == f"/artists/{album.artist_id}/"

    def test_a_long_album_has_pages(
        self, album: Album, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("library.views.albums.TRACKS_PER_PAGE", 3)
        page = page_of(alice_client, f"/albums/{album.pk}/")
        assert page.count('class="album-track"') == 3
        assert f'data-play-queue="/albums/{album.pk}/queue/?start=3"' in page
        more = alice_client.get(f"/albums/{album.pk}/queue/?start=3").json()
        assert [track["title"] for track in more["tracks"]] == ["Cinders"]

    @pytest.mark.parametrize("count", [1, 15])
    def test_as_many_queries_for_one_track_as_for_many(
        self, count: int, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        album = make_album(alice, "Volume")
        for number in range(count):
            make_track_on(album, f"Song {number}", f"Artist {number}", disc_number=1 + number % 2)
        # session, user, album, count, tracks, their artists, segments, length, own genres, needs you
        with django_assert_num_queries(11):
            alice_client.get(f"/albums/{album.pk}/")


class TestActions:
    @pytest.fixture
    def album(self, alice: User) -> Album:
        album = make_album(alice, "Foundry", "The Gravel Kings")
        for number, title in ((2, "Slag"), (1, "Third Rail")):
            make_track_on(album, title, track_number=number)
        return album

    def test_into_a_new_playlist_in_order(self, album: Album, alice_client: Client) -> None:
        page = alice_client.post(f"/albums/{album.pk}/playlists/", {"new": "Late"}, follow=True)
        assert "Added to “Late”: 2 tracks." in text_of(page)
        items = Playlist.objects.get().items.order_by("position")
        assert [item.track.title for item in items] == ["Third Rail", "Slag"]
        again = alice_client.post(
            f"/albums/{album.pk}/playlists/", {"playlist": str(Playlist.objects.get().pk)}, follow=True
        )
        assert "is in “Late” already" in text_of(again)
        assert items.count() == 2

    def test_into_nothing(self, album: Album, alice_client: Client) -> None:
        page = alice_client.post(f"/albums/{album.pk}/playlists/", {"playlist": "x"}, follow=True)
        assert "That playlist is no longer there." in text_of(page)

    def test_download(self, album: Album, alice_client: Client) -> None:
        response = alice_client.get(f"/albums/{album.pk}/download/")
        assert "Foundry.zip" in response["Content-Disposition"]
        names = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))).namelist()  # type: ignore[attr-defined]
        assert len(names) == 2

    def test_delete_and_undo(self, album: Album, alice: User, alice_client: Client) -> None:
        assert "2 tracks" in page_of(alice_client, f"/albums/{album.pk}/delete/")
        page = alice_client.post(f"/albums/{album.pk}/delete/", follow=True)
        assert "Moved “Foundry” to the bin: 2 tracks." in text_of(page)
        assert alice_client.get(f"/albums/{album.pk}/").status_code == 404
        assert not Track.objects.filter(owner=alice).exists()
        alice_client.post(f"/acts/{alice.bulk_actions.get().pk}/undo/")
        assert "2 tracks" in page_of(alice_client, f"/albums/{album.pk}/")
