"""Stars and ratings on pages, with and without a script, and in the search."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import services
from library.models import Album, BulkAction, Track, User
from library.search.query import parse_search
from tests.album_rows import make_album, make_track_on

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
BY_SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def album(alice: User) -> Album:
    made = make_album(alice, "Foundry", "The Gravel Kings")
    make_track_on(made, "Slag")
    return made


def address_of(thing: Any) -> str:
    name = {"Track": "track_star", "Album": "album_star", "Artist": "artist_star"}[type(thing).__name__]
    return reverse(name, args=[thing.pk])


def forms(page: str, address: str) -> list[str]:
    return re.findall(rf'<form[^>]+action="{address}".*?</form>', page, re.S)


class TestForms:
    @pytest.mark.parametrize("kind", ["track", "album", "artist"])
    def test_without_a_script_one_is_led_back(self, kind: str, album: Album, alice_client: Client) -> None:
        thing: Any = {"track": album.tracks.get(), "album": album, "artist": album.artist}[kind]
        for starred in (True, True, False):
            form = {"starred": str(starred).lower(), "next": "/?q=slag"}
            response = alice_client.post(address_of(thing), form)
            assert (response.status_code, response["Location"]) == (302, "/?q=slag")
            thing.refresh_from_db()
            assert bool(thing.starred_at) is starred

    @pytest.mark.parametrize("kind", ["track", "album", "artist"])
    def test_a_script_gets_the_button_as_it_is_now(
        self, kind: str, album: Album, alice_client: Client
    ) -> None:
        thing: Any = {"track": album.tracks.get(), "album": album, "artist": album.artist}[kind]
        name = getattr(thing, "title", "") or thing.name
        response = alice_client.post(address_of(thing), {"starred": "true"}, headers=BY_SCRIPT)
        assert response.status_code == 200
        (form,) = forms(response.content.decode(), address_of(thing))
        assert 'class="star"' in form
        assert 'aria-pressed="true"' in form
        assert f'aria-label="Star {name}"' in form
        assert re.search(r'name="starred"\s+value="false"', form)
        response = alice_client.post(address_of(thing), {"starred": "false"}, headers=BY_SCRIPT)
        assert 'aria-pressed="false"' in response.content.decode()

    def test_an_album_that_is_in_the_bin_is_gone(self, album: Album, alice_client: Client) -> None:
        services.track_delete(track=album.tracks.get())
        for thing in (album, album.artist):
            page = alice_client.post(address_of(thing), {"starred": "true"}, follow=True).content.decode()
            assert "no longer in your library" in page
            thing.refresh_from_db()  # type: ignore[union-attr]
            assert thing.starred_at is None  # type: ignore[union-attr]

    @pytest.mark.parametrize("form", [{}, {"starred": ""}, {"starred": "1"}])
    def test_a_form_that_does_not_say_which_changes_nothing(
        self, form: dict[str, str], track: Track, alice_client: Client
    ) -> None:
        services.track_star(track=track, starred=True)
        page = alice_client.post(address_of(track), form, follow=True).content.decode()
        assert "Say whether it is to have a star." in page
        assert Track.objects.get().starred_at == track.starred_at

    def test_rating(self, track: Track, alice_client: Client) -> None:
        address = reverse("track_rating", args=[track.pk])
        page = alice_client.get(track.get_absolute_url()).content.decode()
        (form,) = forms(page, address)
        assert re.findall(r'value="(\d)"\s+aria-pressed="(\w+)"', form) == [
            (str(rating), "false") for rating in range(1, 6)
        ]
        assert alice_client.post(address, {"rating": "4"}).status_code == 302
        track.refresh_from_db()
        assert track.rating == 4
        (form,) = forms(alice_client.get(track.get_absolute_url()).content.decode(), address)
        # Pressing the star of the present rating takes the rating away.
        assert 'value="0"' in form
        assert re.findall(r'aria-pressed="true"\s+aria-label="([^"]+)"', form) == ["4 stars"]
        assert form.count("★") == 4
        response = alice_client.post(address, {"rating": "0"}, headers=BY_SCRIPT)
        assert response.content.decode().count("☆") == 5
        track.refresh_from_db()
        assert track.rating is None

    @pytest.mark.parametrize("rating", ["", "6", "nonsense"])
    def test_a_rating_that_is_none_is_refused(self, rating: str, track: Track, alice_client: Client) -> None:
        form = {"rating": rating}
        page = alice_client.post(reverse("track_rating", args=[track.pk]), form, follow=True).content.decode()
        assert "rating" in page.lower()
        assert "from 1 to 5" in page
        track.refresh_from_db()
        assert track.rating is None

    def test_rows_and_the_page_of_a_track_have_a_star(self, track: Track, alice_client: Client) -> None:
        services.track_star(track=track, starred=True)
        for page in (reverse("library"), track.get_absolute_url()):
            (form,) = forms(alice_client.get(page).content.decode(), address_of(track))
            assert 'aria-pressed="true"' in form


class TestSelected:
    def send(self, client: Client, act: str, *tracks: Track) -> str:
        data = {"act": act, "track": [str(track.pk) for track in tracks], "next": "/"}
        response = client.post(reverse("bulk-action-submit"), data, follow=True)
        return " ".join(response.content.decode().split())

    def test_stars_and_ratings_of_many_with_one_undo(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        tracks = [make_track() for _ in range(3)]
        assert "Starred 3 tracks." in self.send(alice_client, "star", *tracks)
        assert "Removed stars: 1 track." in self.send(alice_client, "unstar", tracks[0])
        page = self.send(alice_client, "rate:4", *tracks)
        assert "Rated 4 stars: 3 tracks." in page
        assert "Undo" in page
        assert set(Track.objects.values_list("rating", flat=True)) == {4}
        assert "3 tracks skipped: already rated so." in self.send(alice_client, "rate:4", *tracks)
        latest = BulkAction.objects.filter(done=3, kind="rate").get()
        alice_client.post(reverse("bulk-action-undo", args=[latest.pk]))
        assert set(Track.objects.values_list("rating", flat=True)) == {None}
        assert Track.objects.filter(starred_at__isnull=False).count() == 2

    def test_the_bar_has_them(self, alice_client: Client, track: Track) -> None:
        page = alice_client.get("/").content.decode()
        for act in ("star", "unstar", *(f"rate:{rating}" for rating in range(6))):
            assert f'value="{act}"' in page, act


class TestSearch:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack) -> None:
        now = timezone.now()
        for title, age, rating in (("old", 9, 5), ("new", 1, 3), ("rated", None, 4), ("plain", None, None)):
            made = make_track(title=title)
            at = None if age is None else now - timedelta(days=age)
            Track.objects.filter(pk=made.pk).update(starred_at=at, rating=rating)

    def found(self, alice: User, query: str) -> list[str]:
        return [track.title for track in parse_search(alice, query).qs]

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("starred=true&ordering=title", ["new", "old"]),
            ("starred=false&ordering=title", ["plain", "rated"]),
            ("rating_min=4&ordering=title", ["old", "rated"]),
            ("rating_max=4&ordering=title", ["new", "rated"]),
            ("rating_min=4&rating_max=4", ["rated"]),
            ("rating_min=4&starred=true", ["old"]),
            ("starred=true&ordering=-starred_at", ["new", "old"]),
            ("starred=true&ordering=starred_at", ["old", "new"]),
        ],
    )
    def test_finds(self, query: str, titles: list[str], alice: User) -> None:
        assert self.found(alice, query) == titles

    def test_what_has_no_star_or_rating_comes_last(self, alice: User) -> None:
        assert self.found(alice, "ordering=-starred_at")[:2] == ["new", "old"]
        assert self.found(alice, "ordering=-rating") == ["old", "rated", "new", "plain"]

    @pytest.mark.parametrize(
        ("query", "chip"),
        [
            ("starred=true", "Starred"),
            ("starred=false", "Not starred"),
            ("rating_min=4", "4 ★ and more"),
            ("rating_max=2", "Up to 2 ★"),
            ("rating_min=3&rating_max=3", "3 ★"),
        ],
    )
    def test_chips(self, query: str, chip: str, alice_client: Client) -> None:
        page = alice_client.get(f"/?{query}").content.decode()
        assert re.findall(r'<span class="chip-text"[^>]*>([^<]+)</span>', page) == [chip]

    @pytest.mark.parametrize("query", ["starred=maybe", "rating_min=0", "rating_min=6", "rating_max=x"])
    def test_others_are_named_above_the_list(self, query: str, alice_client: Client) -> None:
        assert query.partition("=")[0] in alice_client.get(f"/?{query}").content.decode()
        assert alice_client.get(f"/api/v1/tracks/?{query}").status_code == 400

    def test_the_button_above_the_list_switches_it(self, alice_client: Client) -> None:
        page = alice_client.get("/?q=o").content.decode()
        assert 'href="/?q=o&amp;starred=true"' in page
        page = alice_client.get("/?q=o&starred=true").content.decode()
        assert 'aria-current="true"><span aria-hidden="true">★</span> Starred' in page
