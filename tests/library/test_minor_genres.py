"""Genres that are under 5 % everywhere in a track are minor: pages fold them away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from library.genres import BUILTIN_GENRES
from library.models import Prediction, Track

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
GENRES = sorted(BUILTIN_GENRES)


def shares(**named: float) -> dict[str, float]:
    """Probabilities of the ten built-in genres, given those of some; the others get equal parts of what is left."""
    rest = (1 - sum(named.values())) / (len(GENRES) - len(named))
    return {genre: named.get(genre, rest) for genre in GENRES}


def prediction(whole: dict[str, float], *stretches: dict[str, float]) -> Prediction:
    segments = [[3.0 * i, 3.0 * i + 3, [each[genre] for genre in GENRES]] for i, each in enumerate(stretches)]
    return Prediction(probabilities=whole, segments=segments)


def names(pairs: list[tuple[str, float]]) -> list[str]:
    return [genre for genre, _ in pairs]


def test_what_is_nowhere_above_5_percent_is_minor() -> None:
    heard = prediction(shares(jazz=0.6, blues=0.3), shares(jazz=0.6, blues=0.3))
    assert names(heard.main_genres) == ["jazz", "blues"]
    assert heard.main_genres + heard.minor_genres == heard.ranking


def test_a_genre_of_one_stretch_is_not_minor() -> None:
    heard = prediction(
        shares(jazz=0.93, rock=0.02), shares(jazz=0.97), shares(jazz=0.9, rock=0.05), shares(jazz=0.97)
    )
    assert names(heard.main_genres) == ["jazz", "rock"]


def test_below_5_percent_is_below() -> None:
    heard = prediction(shares(jazz=0.9, rock=0.0499), shares(jazz=0.9, rock=0.0499))
    assert names(heard.main_genres) == ["jazz"]


def test_if_all_are_minor_none_is() -> None:
    many = {f"genre {number:02}": 0.04 for number in range(25)}
    heard = Prediction(probabilities=many, segments=[[0.0, 3.0, [0.04] * 25]])
    assert heard.main_genres == heard.ranking
    assert heard.minor_genres == []


def test_without_segments_the_whole_track_counts() -> None:
    heard = prediction(shares(jazz=0.95))
    assert names(heard.main_genres) == ["jazz"]


def test_the_page_folds_them_in_the_strip_and_in_the_bars(alice_client: Client, make_track: Make) -> None:
    track = make_track(heard={"top": "jazz", "confidence": 0.9})
    page = alice_client.get(reverse("track", args=[track.pk])).content.decode()
    assert page.count("data-unfold-genres") == 2
    assert page.count("9 more<") == 2
    assert page.count('class="genre-jazz" data-genre="jazz"') == 1
    assert page.count(' is-minor" data-genre=') == 9


def test_nothing_to_unfold_no_button(alice_client: Client, make_track: Make) -> None:
    track = make_track(heard={"label": None, "top": "jazz", "confidence": 0.1})
    page = alice_client.get(reverse("track", args=[track.pk])).content.decode()
    assert "data-unfold-genres" not in page
    assert "is-minor" not in page
    assert page.count('<li class="genre-') == 10


def test_the_timeline_is_read_once(alice_client: Client, make_track: Make) -> None:
    track = make_track()
    with CaptureQueriesContext(connection) as captured:
        alice_client.get(reverse("track", args=[track.pk]))
    assert sum('"segments"' in query["sql"] for query in captured) == 1
