"""What sounds alike, moods, the map and the overview through the API: the figures of the pages."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
V1 = "/api/v1"


def unit_vector(degrees: float) -> list[float]:
    """A vector of length 1; two of them are as similar as the angle between them is small."""
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0]


def get(client: Client, path: str, status: int = 200) -> Any:
    response = client.get(path if path.startswith("http") else V1 + path)
    assert response.status_code == status
    return response.json()


@pytest.fixture
def tracks(make_track: MakeTrack) -> list[Track]:
    """Six tracks, every ten degrees another, ever less happy; the last two are jazz, and less sure."""
    made = []
    for number in range(6):
        heard = {
            "moods": {"happy": 0.99 - number * 0.05, "sad": 0.2},
            "top": "jazz" if number > 3 else "blues",
        }
        made.append(
            make_track(
                title=f"song {number}", year=1987 + number, embedding=unit_vector(10 * number), heard=heard
            )
        )
        services.track_tag(track=made[-1], name="tagged")
    return made


class TestSimilar:
    def test_the_nearest_first_and_why(self, alice_api: Client, tracks: list[Track]) -> None:
        near = get(alice_api, f"/tracks/{tracks[0].pk}/similar/?count=4")
        assert [row["track"]["title"] for row in near] == ["song 1", "song 2", "song 3", "song 4"]
        assert near[0]["similarity"] == pytest.approx(math.cos(math.radians(10)))
        assert [(row["genre"], row["moods"]) for row in near[2:]] == [("blues", ["happy"]), (None, ["happy"])]

    def test_a_track_that_was_not_analysed(self, alice_api: Client, make_track: MakeTrack) -> None:
        assert get(alice_api, f"/tracks/{make_track(status='queued').pk}/similar/") == []

    @pytest.mark.parametrize("count", ["0", "101", "some"])
    def test_how_many_is_a_number(self, alice_api: Client, track: Track, count: str) -> None:
        problem = get(alice_api, f"/tracks/{track.pk}/similar/?count={count}", 400)
        assert [error["pointer"] for error in problem["errors"]] == ["/count"]


class TestMoods:
    def test_the_list(self, alice_api: Client, charlie_api: Client, tracks: list[Track]) -> None:
        assert get(alice_api, "/moods/") == [{"name": "happy", "tracks": 5}]
        assert get(charlie_api, "/moods/") == []

    def test_a_station_page_by_page(self, alice_api: Client, tracks: list[Track]) -> None:
        heard = []
        url: str | None = "/moods/happy/?page_size=2&fields=title"
        while url:
            page = get(alice_api, url)
            heard += [(row["score"], row["track"]) for row in page["results"]]
            url = page["next"]
        assert heard == [
            (pytest.approx(0.99 - number * 0.05), {"title": f"song {number}"}) for number in range(5)
        ]

    def test_a_mood_that_no_track_has(self, alice_api: Client, tracks: list[Track]) -> None:
        assert get(alice_api, "/moods/sad/", 404) == get(alice_api, "/moods/polished/", 404)
        assert get(alice_api, "/moods/happy/?cursor=nonsense", 404)["code"] == "not_found"

    def test_a_page_that_has_lost_its_tracks_is_empty(self, alice_api: Client, tracks: list[Track]) -> None:
        following = get(alice_api, "/moods/happy/?page_size=4")["next"]
        Track.objects.all().delete()
        assert get(alice_api, following) == {"next": None, "results": []}


class TestMap:
    def test_dots_by_genre(self, alice_api: Client, tracks: list[Track]) -> None:
        found = get(alice_api, "/map/")
        assert (found["tracks"], found["shown"]) == (6, 6)
        assert {genre: len(dots) for genre, dots in found["dots"].items()} == {"blues": 4, "jazz": 2}
        assert all(0 <= dot[axis] <= 100 for dots in found["dots"].values() for dot in dots for axis in "xy")
        assert "happy" in found["edges"]["left"] + found["edges"]["right"]

    def test_what_is_at_a_point(self, alice_api: Client, tracks: list[Track]) -> None:
        everything = get(alice_api, "/map/around/?x=50&y=50")
        assert len(everything) == 6
        for row in everything:
            (nearest,) = get(alice_api, f"/map/around/?x={row['x']}&y={row['y']}&count=1")
            assert (nearest["x"], nearest["y"]) == (row["x"], row["y"])

    @pytest.mark.parametrize("point", ["", "x=5", "x=5&y=101", "x=nan&y=5", "x=5&y=inf"])
    def test_an_invalid_point_is_refused(self, alice_api: Client, point: str) -> None:
        assert get(alice_api, f"/map/around/?{point}", 400)["code"] == "invalid"

    def test_a_library_too_small_for_one(self, alice_api: Client, track: Track) -> None:
        assert get(alice_api, "/map/") == {"tracks": 0, "shown": 0, "dots": {}, "edges": {}}
        assert get(alice_api, "/map/around/?x=5&y=5") == []


def test_the_overview(alice: User, alice_api: Client, charlie_api: Client, tracks: list[Track]) -> None:
    services.genre_set(track=tracks[0], person=alice, genre="blues")
    services.genre_set(track=tracks[5], person=alice, genre="rock")
    seen = get(alice_api, "/overview/")
    assert seen["usage"]["tracks"] == 6
    assert seen["genres"] == {"blues": 4, "jazz": 1, "rock": 1}
    assert seen["seconds"] == {"blues": 24.0, "jazz": 6.0, "rock": 6.0}
    assert seen["moods"] == {"happy": 5}
    assert seen["decades"] == {"1980": 3, "1990": 3}
    assert (seen["formats"], seen["states"]) == ({"wav": 6}, {"ready": 6})
    assert seen["lengths"][0] == {"at_least": None, "at_most": 120, "tracks": 6}
    assert seen["sure"] == {"right": 1, "tracks": 2}
    assert seen["by_genre"] == {"blues": {"right": 1, "tracks": 1}, "jazz": {"right": 0, "tracks": 1}}
    assert get(charlie_api, "/overview/")["genres"] == {}


def test_suggested_tags_are_accepted_or_rejected(alice_api: Client, make_track: MakeTrack) -> None:
    track = make_track(file_genre="Shoegaze", heard={"moods": {"happy": 0.9, "sad": 0.95}})
    suggestions, tags = f"/tracks/{track.pk}/suggestions/", f"{V1}/tracks/{track.pk}/tags/"
    assert get(alice_api, suggestions) == [{"name": "Shoegaze"}, {"name": "sad"}, {"name": "happy"}]
    reject = f"{V1}{suggestions}reject/"
    assert alice_api.post(reject, {"name": "SAD"}, content_type="application/json").status_code == 204
    assert alice_api.post(tags, {"name": "happy"}, content_type="application/json").status_code == 200
    assert get(alice_api, suggestions) == [{"name": "Shoegaze"}]
    assert alice_api.post(reject, {}, content_type="application/json").json()["code"] == "invalid"
    assert alice_api.post(reject, {"name": "\u200b"}, content_type="application/json").status_code == 422


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/tracks/{id}/similar/", 10),
        ("/moods/", 2),
        ("/moods/happy/", 6),
        ("/map/around/?x=1&y=1", 8),
        ("/map/", 6),
        ("/overview/", 8),
    ],
)
def test_they_cost_as_many_queries_whatever_there_is(
    alice_api: Client,
    tracks: list[Track],
    make_track: MakeTrack,
    path: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    path = path.format(id=tracks[0].pk)
    get(alice_api, path)  # notes the use of the token
    for more in (0, 14):
        for number in range(more):
            make_track(embedding=unit_vector(number), heard={"moods": {"happy": 0.9}})
        get(alice_api, path)  # reads the vectors
        with django_assert_num_queries(queries):
            get(alice_api, path)
