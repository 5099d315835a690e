"""Mood stations, and the map: where tracks lie, and what lies around a point."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from library import services
from library.models import Track, User
from library.selectors import maps
from library.selectors.maps import MapPoint, map_of, tracks_near_point
from library.selectors.moods import moods_of

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
BUILTIN_GENRES = ("jazz", "metal")


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def near_titles(client: Client, address: str) -> list[str]:
    return re.findall(r'row-name">\s*<a [^>]*>(.*?)</a>', text(client, address))


@pytest.fixture
def clusters(make_track: MakeTrack) -> None:
    """Jazz at one end, sad; metal at the other, for parties; and one track between."""
    chance = random.Random(3)
    for number in range(24):
        genre = number % 2
        vector = [1.0 if genre else -1.0, chance.gauss(0, 0.3), 0.0]
        size = math.sqrt(sum(n * n for n in vector))
        make_track(
            title=f"{BUILTIN_GENRES[genre]} {number}",
            embedding=[n / size for n in vector],
            heard={
                "top": BUILTIN_GENRES[genre],
                "moods": {"sad": 1 - genre * 0.9, "party": 0.1 + genre * 0.8},
            },
        )
    make_track(title="lonely", embedding=[0.0, 1.0, 0.0], heard={"label": None})


class TestStations:
    def test_moods_with_their_tracks(self, make_track: MakeTrack, alice: User, charlie: User) -> None:
        make_track(heard={"moods": {"happy": 0.9, "sad": 0.1}})
        make_track(heard={"moods": {"happy": 0.75, "easy listening": 0.8}})
        make_track(owner=charlie, heard={"moods": {"happy": 0.9, "sad": 0.9}})
        assert moods_of(alice) == {"easy listening": 1, "happy": 2}

    def test_another_model_hears_other_moods(self, make_track: MakeTrack, alice: User) -> None:
        track = make_track(heard={"moods": {"happy": 0.9, "sad": 0.8}})
        services.moods_recompute(track=track, moods={"happy": 0.2, "party": 0.9})
        assert moods_of(alice) == {"party": 1}
        assert {mood.name: mood.score for mood in track.moods.all()} == {"happy": 0.2, "party": 0.9}

    def test_moods_without_room_are_left_out_whole(self, make_track: MakeTrack, alice: User) -> None:
        label_points = [f"a mood with a long name {number}" for number in range(10)]
        services.moods_recompute(track=make_track(), moods=dict.fromkeys(label_points, 0.9))
        assert set(moods_of(alice)) == set(label_points[:4])

    def test_the_strongest_come_first(self, make_track: MakeTrack, alice_client: Client) -> None:
        for score in (0.8, 0.99, 0.74, 0.9):
            make_track(title=f"has {score}", heard={"moods": {"easy listening": score}})
        station = reverse("station", args=["easy listening"])
        assert near_titles(alice_client, station) == ["has 0.99", "has 0.9", "has 0.8"]
        assert "More than 90 % of music" in text(alice_client, station)
        assert f'href="{station}"' in text(alice_client, reverse("moods"))

    def test_it_plays_on(
        self,
        make_track: MakeTrack,
        alice_client: Client,
        charlie_client: Client,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("library.views.moods.PLAY_QUEUE_CHUNK", 2)
        for score in (0.95, 0.9, 0.85):
            make_track(title=f"has {score}", heard={"moods": {"easy listening": score}})
        address = reverse("station-queue", args=["easy listening"])
        first = alice_client.get(address).json()
        assert [track["title"] for track in first["tracks"]] == ["has 0.95", "has 0.9"]
        last = alice_client.get(first["more"]).json()
        assert ([track["title"] for track in last["tracks"]], last["more"]) == (["has 0.85"], None)
        assert charlie_client.get(address).json() == {"tracks": [], "more": None}

    def test_only_ones_own(self, make_track: MakeTrack, charlie: User, alice_client: Client) -> None:
        make_track(owner=charlie, title="theirs", heard={"moods": {"happy": 0.9}})
        assert alice_client.get(reverse("station", args=["happy"])).status_code == 404
        assert "happy" not in text(alice_client, reverse("moods")).lower()
        make_track(title="mine", heard={"moods": {"happy": 0.9}})
        assert near_titles(alice_client, reverse("station", args=["happy"])) == ["mine"]

    def test_unknown_moods_are_not_there(self, alice_client: Client) -> None:
        assert alice_client.get(reverse("station", args=["<b>"])).status_code == 404

    def test_pages(
        self, make_track: MakeTrack, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("library.views.moods.PAGE_SIZE", 2)
        for score in (0.95, 0.9, 0.85):
            make_track(title=f"has {score}", heard={"moods": {"sad": score}})
        station = reverse("station", args=["sad"])
        assert near_titles(alice_client, station) == ["has 0.95", "has 0.9"]
        assert near_titles(alice_client, f"{station}?page=2") == ["has 0.85"]

    @pytest.mark.parametrize("tracks", [1, 20])
    def test_as_many_queries_for_one_as_for_twenty(
        self,
        make_track: MakeTrack,
        alice_client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        tracks: int,
    ) -> None:
        for _ in range(tracks):
            make_track(heard={"moods": {"sad": 0.9}})
        # session, person, count, ids, tracks, their artists, own genres, what needs you
        with django_assert_num_queries(9):
            text(alice_client, reverse("station", args=["sad"]))


@pytest.mark.usefixtures("clusters")
class TestMap:
    def test_a_dot_for_each_track_by_genre(self, alice: User) -> None:
        found = map_of(alice)
        assert found is not None
        assert {genre: len(places) for genre, places in found.dots.items()} == {
            "jazz": 12,
            "metal": 12,
            "": 1,
        }
        assert (found.tracks, found.shown, found.is_sample) == (25, 25, False)
        assert all(0 <= part <= 1 for places in found.dots.values() for p in places for part in (p.x, p.y))

    def test_what_sounds_alike_lies_together(self, alice: User) -> None:
        found = map_of(alice)
        assert found is not None
        jazz, metal = ([place.x for place in found.dots[genre]] for genre in BUILTIN_GENRES)
        assert max(jazz) < min(metal) or max(metal) < min(jazz)
        assert set(found.label_points) == set(BUILTIN_GENRES)

    def test_moods_stand_at_the_edges_they_grow_towards(self, alice: User) -> None:
        found = map_of(alice)
        assert found is not None
        jazz, metal = (found.dots[genre][0].x for genre in BUILTIN_GENRES)
        left, right = ("sad", "party") if jazz < metal else ("party", "sad")
        assert (found.edges["left"], found.edges["right"]) == ([left], [right])

    def test_the_same_library_is_drawn_the_same(self, alice: User, make_track: MakeTrack) -> None:
        before = map_of(alice)
        make_track(title="one more", embedding=[1.0, 0.0, 0.0])
        after = map_of(alice)
        assert before is not None
        assert after is not None
        for genre in BUILTIN_GENRES:
            for one, other in zip(before.dots[genre], after.dots[genre], strict=True):
                assert abs(one.x - other.x) + abs(one.y - other.y) < 0.2

    def test_a_large_library_is_shown_by_a_sample(
        self, alice: User, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(maps, "MAX_DOTS", 10)
        found = map_of(alice)
        assert found is not None
        assert (found.shown, found.tracks, found.is_sample) == (10, 25, True)
        assert "10 of your 25 tracks, chosen at random" in text(alice_client, reverse("moods"))

    def test_around_a_point_the_nearest_first(self, alice: User) -> None:
        found = map_of(alice)
        assert found is not None
        for place in (found.label_points["jazz"], MapPoint(0, 0), MapPoint(1, 1)):
            near = tracks_near_point(alice, place, 8)
            distances = [math.hypot(where.x - place.x, where.y - place.y) for _, where in near]
            assert len(near) == 8
            assert all(one <= other + 1e-6 for one, other in pairwise(distances))
        assert {track.genre for track, _ in tracks_near_point(alice, found.label_points["jazz"], 8)} == {
            "jazz"
        }

    def test_a_point_in_the_address(self, alice_client: Client) -> None:
        assert len(near_titles(alice_client, reverse("moods") + "?x=50&y=50")) == 25
        page = text(alice_client, reverse("moods") + "?x=0&y=100")
        assert 'data-map-point cx="4.0%" cy="4.0%"' in " ".join(page.split())

    @pytest.mark.parametrize(
        "query", ["?x=50", "?x=a&y=1", "?x=nan&y=1", "?x=-1&y=1", "?x=1&y=1e9", "?x=&y="]
    )
    def test_what_is_no_point_is_left_out_of_account(self, alice_client: Client, query: str) -> None:
        response = alice_client.get(reverse("moods") + query)
        assert response.status_code == 200
        assert b"Choose a point on the map" in response.content

    def test_never_anothers_tracks(self, charlie_client: Client) -> None:
        page = text(charlie_client, reverse("moods") + "?x=50&y=50")
        assert "lonely" not in page
        assert "With a few more tracks, a map of your library appears here" in page

    def test_a_fixed_number_of_queries(
        self, make_track: MakeTrack, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        address = reverse("moods") + "?x=50&y=50"
        for number in (0, 20):
            for _ in range(number):
                make_track(embedding=[1.0, 0.0, 0.0])
            text(alice_client, address)
            # session, person; the vectors' state (2) and tracks around, their artists; moods; the vectors' state (2),
            # genres and moods of the dots; own genres; what needs you
            with django_assert_num_queries(16):
                text(alice_client, address)


@pytest.mark.parametrize("tracks", [0, 1, 3])
def test_too_few_for_a_map(make_track: MakeTrack, alice_client: Client, tracks: int) -> None:
    for _ in range(tracks):
        make_track(embedding=[1.0, 0.0])
    page = text(alice_client, reverse("moods") + "?x=1&y=1")
    assert "With a few more tracks" in page
    assert "No moods yet" in page


def test_tracks_that_all_sound_the_same_have_a_map(make_track: MakeTrack, alice_client: Client) -> None:
    for _ in range(5):
        make_track(embedding=[1.0, 0.0], heard={"moods": {"sad": 0.5}})
    page = text(alice_client, reverse("moods") + "?x=1&y=1")
    assert "no mood clearly goes with them" in page
    assert "nan" not in page
