"""Plays on pages: told by the player, shown in rows, on tracks and artists, and in lists that are one click away."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import Play, Track, User
from library.templatetags.rows import play_count_text, plays_sentence, row_plays
from tests.album_rows import make_album, make_artist, make_track_by, make_track_on
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
THEN = datetime(2026, 3, 1, 18, 20, 5, tzinfo=UTC)


def address_of(track: Track) -> str:
    return reverse("track-play", args=[track.pk])


def play(track: Track, *days: int) -> None:
    """Play a track so many days ago."""
    for ago in days:
        services.play_add(track=track, played_at=timezone.now() - timedelta(days=ago))


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


class TestTold:
    def test_it_is_beside_the_sound(self, track: Track) -> None:
        """plays.js finds it there."""
        sound = reverse("audio", args=[track.pk])
        assert address_of(track) == sound.removesuffix("audio/") + "plays/"

    def test_once_however_often_it_arrives(self, track: Track, alice_client: Client) -> None:
        for _ in range(2):
            response = alice_client.post(address_of(track), {"played_at": "2026-03-01T18:20:05.123Z"})
            assert (response.status_code, response.content) == (204, b"")
        track.refresh_from_db()
        assert (track.play_count, track.last_played_at) == (1, THEN)

    @pytest.mark.parametrize(
        "moment", ["", "soon", "2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-03-01T18:20:05"]
    )
    def test_by_a_clock_that_is_wrong_it_is_now(
        self, moment: str, track: Track, alice_client: Client
    ) -> None:
        before = timezone.now() - timedelta(seconds=1)
        assert alice_client.post(address_of(track), {"played_at": moment}).status_code == 204
        assert before <= Play.objects.get().played_at <= timezone.now()

    def test_only_of_ones_own_tracks(
        self, track: Track, alice_client: Client, bob: User, charlie: User, client: Client
    ) -> None:
        for person in (bob, charlie):
            for address in (address_of(track), reverse("track-play", args=[uuid.uuid4()])):
                assert signed_in(person).post(address).status_code == 404
        assert client.post(address_of(track)).status_code == 302
        assert (
            client.post(address_of(track), headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 401
        )
        assert alice_client.get(address_of(track)).status_code == 405
        services.track_delete(track=track)
        assert alice_client.post(address_of(track)).status_code == 404
        assert not Play.objects.exists()

    def test_not_by_another_site(self, alice: User, track: Track) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(alice)
        assert careful.post(address_of(track)).status_code == 403
        assert not Play.objects.exists()

    def test_every_page_has_the_script(self, alice_client: Client) -> None:
        assert "js/plays.js" in page_of(alice_client, reverse("albums"))


class TestWords:
    @pytest.mark.parametrize(
        ("days", "sentence"),
        [
            ([], ""),
            ([0], "Played once, today"),
            ([1], "Played once, yesterday"),
            ([3], "Played once, 3 days ago"),
            ([3, 5], "Played 2 times, last 3 days ago"),
        ],
    )
    def test_on_the_track(self, days: list[int], sentence: str, track: Track, alice_client: Client) -> None:
        play(track, *days)
        assert plays_sentence(track) == sentence
        page = page_of(alice_client, track.get_absolute_url())
        assert re.findall(r"track-plays[^>]*>([^<]*)<", page) == [sentence] * bool(sentence)

    def test_long_ago_there_is_a_date(self) -> None:
        track = Track(play_count=1234, last_played_at=THEN)
        assert plays_sentence(track) == "Played 1,234 times, last on 1 Mar 2026"
        track.play_count = 1
        assert plays_sentence(track) == "Played once, on 1 Mar 2026"
        assert (play_count_text(track), play_count_text(Track(play_count=1234))) == ("1 play", "1,234 plays")

    def test_in_rows(self, track: Track, alice_client: Client) -> None:
        assert re.sub("<[^>]+>", "", row_plays(track)) == ""
        play(track, 3, 4)
        assert re.sub("<[^>]+>", " ", row_plays(track)).split() == [
            "2",
            "plays",
            "Played",
            "3",
            "days",
            "ago",
        ]
        assert row_plays(track) in alice_client.get("/").content.decode()


class TestQuickLists:
    EMPTY = "Nothing here yet"

    def test_each_is_a_link_and_says_when_it_is_shown(self, track: Track, alice_client: Client) -> None:
        play(track, 1)
        links = re.findall(
            r'<a href="([^"]*)" data-search-link ?([^>]*)>([^<]*)<', self.nav(alice_client, "/")
        )
        assert [(text, current) for _, current, text in links] == [
            ("Recently added", ""), ("Recently played", ""), ("Most played", ""),
        ]  # fmt: skip
        for address, _, label in links:
            nav = self.nav(alice_client, address.replace("&amp;", "&"))
            assert re.findall(r'aria-current="true">([^<]*)<', nav) == [label]

    @staticmethod
    def nav(client: Client, address: str) -> str:
        page = page_of(client, address)
        return page[page.index('class="quick-lists"') :].partition("</nav>")[0]

    def test_the_order_of_parameters_and_the_page_make_no_difference(
        self, track: Track, alice_client: Client
    ) -> None:
        play(track, 1)
        for address in ("/?ordering=-play_count&played=true", "/?played=true&ordering=-play_count&page=1"):
            assert 'aria-current="true">Most played' in self.nav(alice_client, address)
        for address in ("/?ordering=-play_count", "/?played=true&ordering=-play_count&q=x"):
            assert "aria-current" not in self.nav(alice_client, address)

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("played=true&ordering=-last_played_at", "What you play appears here"),
            ("played=true&ordering=-play_count", "What you play most often appears here"),
            ("added_within_days=30", "Nothing was added in the last 30 days"),
        ],
    )
    def test_an_empty_one_says_what_will_be_there(
        self, query: str, text: str, track: Track, alice_client: Client
    ) -> None:
        Track.objects.update(created_at=timezone.now() - timedelta(days=90))
        page = page_of(alice_client, f"/?{query}")
        assert self.EMPTY in page
        assert text in page
        assert "Nothing matches" not in page
        narrowed = page_of(alice_client, f"/?{query}&q=nonsense")
        assert "Nothing matches" in narrowed
        assert self.EMPTY not in narrowed

    def test_an_empty_library_has_none(self, alice_client: Client) -> None:
        assert "quick-lists" not in page_of(alice_client, "/")

    def test_they_play_in_their_order(self, alice_client: Client, make_track: MakeTrack) -> None:
        for title, days in (("once", [1]), ("often", [5, 6]), ("never", [])):
            play(make_track(title=title), *days)
        answer = alice_client.get("/queue/?played=true&ordering=-play_count").json()
        assert [track["title"] for track in answer["tracks"]] == ["often", "once"]


class TestArtist:
    def test_what_is_played_most(self, alice: User, alice_client: Client) -> None:
        for number in range(7):
            play(make_track_by(alice, f"Song {number}", "Björk"), *range(number))
        play(make_track_by(alice, "Other", "Bebe"), *range(20))
        artist = make_artist(alice, "Björk")
        page = page_of(alice_client, artist.get_absolute_url())
        section = page[page.index('id="most-played-title"') :].partition("</section>")[0]
        assert re.findall(r">(Song \d)</a>", section) == [f"Song {number}" for number in (6, 5, 4, 3, 2)]
        assert re.findall(r"ranked-reason[^>]*>([^<]*)<", section) == [f"{n} plays" for n in (6, 5, 4, 3, 2)]

    def test_of_as_many_the_latest_first(self, alice: User) -> None:
        for title, days in (("then", 9), ("now", 1), ("between", 5)):
            play(make_track_by(alice, title, "Björk"), days)
        found = selectors.most_played_of_artist(alice, make_artist(alice, "Björk"), 2)
        assert [track.title for track in found] == ["now", "between"]

    def test_nothing_is_said_where_nothing_was_played(self, alice: User, alice_client: Client) -> None:
        make_track_by(alice, "Song", "Björk")
        page = page_of(alice_client, make_artist(alice, "Björk").get_absolute_url())
        assert "Most played" not in page

    @pytest.mark.parametrize("count", [1, 5])
    def test_as_many_queries_for_one_as_for_many(
        self, count: int, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        album = make_album(alice, "Post", "Björk")
        for number in range(count):
            play(make_track_on(album, f"Song {number}"), number)
        address = make_artist(alice, "Björk").get_absolute_url()
        # session, user, artist, length, albums, number of single tracks, most played, their artists, others' albums,
        # own genres, needs you, newest playlists
        with django_assert_num_queries(12):
            alice_client.get(address)
