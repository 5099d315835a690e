"""Searches by artist and album: filters, chips, facets, and the names found above the tracks."""

from __future__ import annotations

import uuid

import pytest
from django.http import QueryDict
from django.test import Client

from library.models import Album, User
from library.search.chips import chips
from library.search.facet_links import FacetValue, facets_of
from library.search.filters import track_filterset
from library.selectors import genre_names_of
from library.services.bin import tracks_move_to_bin
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on
from tests.covers import make_cover

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(alice: User) -> Album:
    album = make_album(alice, "Post", "Björk")
    for title in ("Army of Me", "Hyperballad"):
        make_track_on(album, title)
    make_track_on(make_album(alice, "Hits", ""), "Halo", "Beyoncé")
    make_track_by(alice, "Telephone", "Lady Gaga", "Beyoncé")
    make_track_by(alice, "Hum")
    return album


def found(owner: User, query: str) -> list[str]:
    return sorted(track.title for track in track_filterset(owner, QueryDict(query)).qs)


def facet(owner: User, name: str, query: str = "") -> dict[str, FacetValue]:
    made = facets_of(track_filterset(owner, QueryDict(query)), genre_names_of(owner))
    return {choice.label: choice for each in made if each.name == name for choice in each.choices}


@pytest.mark.usefixtures("post")
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("artist={bjork}", ["Army of Me", "Hyperballad"]),
            ("artist={bjork_in_capitals}", ["Army of Me", "Hyperballad"]),
            ("artist={beyonce}", ["Halo", "Telephone"]),
            ("artist={bjork}&artist={beyonce}&q=h", ["Halo", "Hyperballad", "Telephone"]),
            ("artist=none", ["Hum"]),
            ("artist=none&artist={beyonce}", ["Halo", "Hum", "Telephone"]),
            ("artist={nobody}", []),
            ("album={post}", ["Army of Me", "Hyperballad"]),
            ("album={post}&album={hits}", ["Army of Me", "Halo", "Hyperballad"]),
            ("album=none", ["Hum", "Telephone"]),
            ("album=none&artist={beyonce}", ["Telephone"]),
            ("album={nobody}", []),
        ],
    )
    def test_find(self, query: str, titles: list[str], alice: User) -> None:
        bjork, beyonce = make_artist(alice, "Björk").pk, make_artist(alice, "Beyoncé").pk
        albums = {title.lower(): pk for title, pk in Album.objects.values_list("title", "pk")}
        text = query.format(
            bjork=bjork,
            bjork_in_capitals=bjork.hex.upper(),
            beyonce=beyonce,
            nobody=uuid.uuid4(),
            **albums,
        )
        assert found(alice, text) == titles

    def test_of_others_find_nothing(self, charlie: User, post: Album) -> None:
        make_track_by(charlie, "Mine", "Charlie")
        assert found(charlie, f"album={post.pk}") == []
        assert found(charlie, f"artist={post.artist_id}") == []

    def test_what_is_no_id_is_refused(self, alice: User, alice_client: Client, alice_api: Client) -> None:
        page = alice_client.get("/?artist=Bj%C3%B6rk").content.decode()
        assert "was not understood" in page
        assert "“Björk” is not an id." in page
        answer = alice_api.get("/api/v1/tracks/?album=x")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/album"

    def test_the_api_has_the_same(self, alice_api: Client, post: Album) -> None:
        for query in (f"artist={post.artist_id}", f"album={post.pk}"):
            rows = alice_api.get(f"/api/v1/tracks/?{query}").json()["results"]
            assert sorted(row["title"] for row in rows) == ["Army of Me", "Hyperballad"]

    def test_chips_say_names(self, alice: User, post: Album) -> None:
        def texts(query: str) -> list[str]:
            return [
                chip.text for chip in chips(track_filterset(alice, QueryDict(query)), genre_names_of(alice))
            ]

        assert texts(f"artist={post.artist_id}&album={post.pk}") == ["Björk", "Björk – Post"]
        assert texts("artist=none&album=none") == ["No artist", "No album"]
        assert texts(f"artist={uuid.uuid4()}") == ["An artist that is gone"]


@pytest.mark.usefixtures("post")
class TestFacets:
    def test_artists(self, alice: User) -> None:
        counts = {label: choice.count for label, choice in facet(alice, "artist").items()}
        assert counts == {"Beyoncé": 2, "Björk": 2, "Lady Gaga": 1, "No artist": 1}
        assert {label: c.count for label, c in facet(alice, "artist", "q=halo").items()} == {"Beyoncé": 1}

    def test_albums(self, alice: User, post: Album) -> None:
        counts = {label: choice.count for label, choice in facet(alice, "album").items()}
        assert counts == {"Hits": 1, "Björk – Post": 2, "No album": 2}
        chosen = facet(alice, "album", f"album={post.pk}&q=h")
        assert chosen["Björk – Post"].state == "on"
        assert {label: choice.count for label, choice in chosen.items()} == {
            "Hits": 1,
            "Björk – Post": 1,
            "No album": 2,
        }

    def test_counts_are_what_the_links_find(self, alice: User) -> None:
        for name in ("artist", "album"):
            for choice in facet(alice, name).values():
                assert len(found(alice, choice.query.removeprefix("?"))) == choice.count

    def test_without_the_bin(self, alice: User, post: Album) -> None:
        tracks_move_to_bin(owner=alice, track_ids=[track.pk for track in post.tracks.all()])
        assert set(facet(alice, "album")) == {"Hits", "No album"}
        assert set(facet(alice, "artist")) == {"Beyoncé", "Lady Gaga", "No artist"}


class TestNamesFound:
    def names(self, client: Client, query: str) -> list[tuple[str, str]]:
        context = client.get(f"/?{query}").context
        return [
            *(("album", album.title) for album in context["named_albums"]),
            *(("artist", artist.name) for artist in context["named_artists"]),
        ]

    def test_above_a_search(self, post: Album, alice_client: Client) -> None:
        assert self.names(alice_client, "") == []
        assert self.names(alice_client, "genre=blues") == []
        assert self.names(alice_client, "q=bjork") == [("album", "Post"), ("artist", "Björk")]
        assert self.names(alice_client, "q=post+bjo") == [("album", "Post")]
        assert self.names(alice_client, "q=HITS") == [("album", "Hits")]
        assert self.names(alice_client, "q=xyzzy") == []

    def test_six_at_most_and_on_the_first_page(self, alice: User, alice_client: Client) -> None:
        for number in range(8):
            for title in ("One", "Two", "Three", "Four", "Five", "Six", "Seven"):
                make_track_on(make_album(alice, f"{title} {number}", f"Band {number}"), "Song")
        assert len(self.names(alice_client, "q=band")) == 12
        assert self.names(alice_client, "q=band&page=2") == []

    def test_with_covers(self, alice: User, post: Album, alice_client: Client) -> None:
        cover = make_cover(alice)
        Album.objects.filter(pk=post.pk).update(cover=cover)
        page = alice_client.get("/?q=bjork").content.decode()
        found = page[page.index('class="names-found"') :]
        assert found[: found.index("</section>")].count(f'src="/covers/{cover.pk}/small.webp"') == 2

    def test_of_others_nothing(self, post: Album, charlie_client: Client) -> None:
        assert self.names(charlie_client, "q=bjork") == []
