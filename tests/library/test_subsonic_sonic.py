"""Songs that sound like one, and the way from one to another, by learning vectors."""

from __future__ import annotations

import math
from typing import Any

import pytest

from library import services
from library.models import Track, User
from library.selectors.sonic import sonic_path_of
from tests.factories import TrackFactory
from tests.subsonic import Player

pytestmark = pytest.mark.django_db


@pytest.fixture
def circle(alice: User) -> list[Track]:
    """Songs on a quarter of a circle, ten degrees apart; and one on the other side."""
    angles = [*range(0, 91, 10), 180]
    return [
        TrackFactory(
            owner=alice,
            title=str(angle),
            vector=[math.cos(math.radians(angle)), math.sin(math.radians(angle))],
            heard={"model_name": "msd-musicnn-1", "model_version": "1.4.0"},
        )
        for angle in angles
    ]


def titles(matches: list[dict[str, Any]]) -> list[str]:
    return [match["entry"]["title"] for match in matches]


class TestNeighbours:
    def test_the_nearest_come_first(self, alice: User, circle: list[Track]) -> None:
        player = Player(alice)
        found = player.ask("getSonicSimilarTracks", id=f"tr-{circle[0].pk}", count=3)["sonicMatch"]
        assert titles(found) == ["10", "20", "30"]
        assert [match["similarity"] for match in found] == pytest.approx(
            [(1 + math.cos(math.radians(angle))) / 2 for angle in (10, 20, 30)], abs=1e-3
        )
        everything = player.ask("getSonicSimilarTracks", id=f"tr-{circle[0].pk}", count=99)["sonicMatch"]
        assert len(everything) == len(circle) - 1
        assert everything[-1]["similarity"] == pytest.approx(0, abs=1e-3)

    def test_ten_without_a_number(self, alice: User, circle: list[Track]) -> None:
        TrackFactory(
            owner=alice, vector=[0.6, 0.8], heard={"model_name": "msd-musicnn-1", "model_version": "1.4.0"}
        )
        assert len(Player(alice).ask("getSonicSimilarTracks", id=f"tr-{circle[0].pk}")["sonicMatch"]) == 10

    def test_none_of_a_song_that_is_not_heard(self, alice: User, circle: list[Track]) -> None:
        silent = TrackFactory(owner=alice, status=Track.Status.QUEUED)
        assert Player(alice).ask("getSonicSimilarTracks", id=f"tr-{silent.pk}") == {"sonicMatch": []}

    def test_none_in_the_bin(self, alice: User, circle: list[Track]) -> None:
        services.track_delete(track=circle[1])
        found = Player(alice).ask("getSonicSimilarTracks", id=f"tr-{circle[0].pk}", count=1)["sonicMatch"]
        assert titles(found) == ["20"]


class TestPaths:
    def path(self, alice: User, first: Track, last: Track, **params: Any) -> list[str]:
        ids = {"startSongId": f"tr-{first.pk}", "endSongId": f"tr-{last.pk}"}
        return titles(Player(alice).ask("findSonicPath", **ids, **params)["sonicMatch"])

    def test_go_from_one_to_the_other_in_even_steps(self, alice: User, circle: list[Track]) -> None:
        assert self.path(alice, circle[0], circle[9], count=4) == ["0", "30", "60", "90"]
        assert self.path(alice, circle[9], circle[0], count=4) == ["90", "60", "30", "0"]
        assert self.path(alice, circle[2], circle[4], count=3) == ["20", "30", "40"]

    def test_have_each_song_once(self, alice: User, circle: list[Track]) -> None:
        found = self.path(alice, circle[0], circle[9], count=100)
        assert sorted(found) == sorted(track.title for track in circle)
        assert (found[0], found[-1]) == ("0", "90")

    def test_of_few_songs(self, alice: User, circle: list[Track]) -> None:
        assert self.path(alice, circle[0], circle[9], count=2) == ["0", "90"]
        assert self.path(alice, circle[0], circle[9], count=1) == ["0"]
        assert self.path(alice, circle[0], circle[9], count=0) == []
        assert self.path(alice, circle[0], circle[0], count=1) == ["0"]

    def test_between_opposites(self, alice: User, circle: list[Track]) -> None:
        """There is no shortest way; there is one all the same."""
        found = sonic_path_of(alice, circle[0], circle[10], 5)
        assert (found[0][0], found[-1][0]) == (circle[0].pk, circle[10].pk)
        assert len({pk for pk, _ in found}) == 5

    def test_none_to_a_song_that_is_not_heard(self, alice: User, circle: list[Track]) -> None:
        silent = TrackFactory(owner=alice, status=Track.Status.QUEUED)
        assert self.path(alice, circle[0], silent) == []
