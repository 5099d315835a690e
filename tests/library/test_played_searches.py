"""Searching by plays: those played lately, often or never, in words and by links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from library import selectors, services
from library.errors import InvalidSearchError
from library.models import Track, User
from library.search.chips import chips
from library.search.facet_links import FacetValue, facets_of
from library.search.filters import track_filterset
from library.search.query import parse_search

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture(autouse=True)
def tracks(make_track: MakeTrack, charlie: User) -> None:
    """By name: when each was played, in days ago."""
    plays = {
        "today": (0, 50),
        "week": (5,),
        "month": (20, 21, 22),
        "year": (300,),
        "long ago": (900,),
        "never": (),
    }
    for title, days in plays.items():
        track = make_track(title=title)
        for ago in days:
            services.play_add(track=track, played_at=timezone.now() - timedelta(days=ago, seconds=1))
    services.play_add(track=make_track(title="charlie's", owner=charlie))


def found(owner: User, query: str) -> list[str]:
    return [track.title for track in parse_search(owner, query).qs]


def played_facet(owner: User, query: str = "") -> dict[str, FacetValue]:
    made = facets_of(track_filterset(owner, QueryDict(query)), selectors.genre_names_of(owner))
    return {choice.label: choice for facet in made if facet.name == "played" for choice in facet.choices}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("played=true&ordering=-last_played_at", ["today", "week", "month", "year", "long ago"]),
        ("played=true&ordering=last_played_at", ["long ago", "year", "month", "week", "today"]),
        ("ordering=-last_played_at", ["today", "week", "month", "year", "long ago", "never"]),
        ("ordering=last_played_at", ["long ago", "year", "month", "week", "today", "never"]),
        ("ordering=-play_count,title", ["month", "today", "long ago", "week", "year", "never"]),
        ("ordering=play_count,-title", ["never", "year", "week", "long ago", "today", "month"]),
        ("played=false", ["never"]),
        ("played_within_days=1", ["today"]),
        ("played_within_days=19&ordering=title", ["today", "week"]),
        (
            "played_within_days=1000&played=true&ordering=title",
            ["long ago", "month", "today", "week", "year"],
        ),
        ("played_within_days=30&played=false", []),
    ],
)
def test_finds(query: str, titles: list[str], alice: User) -> None:
    assert found(alice, query) == titles


@pytest.mark.parametrize(
    "query",
    ["played=maybe", "played=", "played_within_days=0", "played_within_days=1.5", "played_within_days=36501"],
)
def test_what_makes_no_sense_is_refused(query: str, alice: User) -> None:
    with pytest.raises(InvalidSearchError) as refused:
        parse_search(alice, query)
    assert [problem.name for problem in refused.value.problems] == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("played=true", "Played"),
        ("played=false", "Never played"),
        ("played_within_days=1", "Played in the last day"),
        ("played_within_days=30", "Played in the last 30 days"),
    ],
)
def test_chips_say_it_in_words(query: str, text: str, alice: User) -> None:
    (chip,) = chips(track_filterset(alice, QueryDict(query)), selectors.genre_names_of(alice))
    assert (chip.text, chip.query) == (text, "?")


def test_the_facet_counts_them(alice: User) -> None:
    assert {label: choice.count for label, choice in played_facet(alice).items()} == {
        "Last 7 days": 2, "Last 30 days": 3, "Last 365 days": 4, "Never played": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["", "played=false", "played=true", "played_within_days=30", "played_within_days=30&q=week"]
)
def test_each_number_is_what_a_click_then_finds(query: str, alice: User) -> None:
    clicked = 0
    for choice in played_facet(alice, query).values():
        if not choice.state:
            assert len(found(alice, choice.query[1:])) == choice.count
            clicked += 1
    assert clicked > 1


def test_a_saved_search_moves_on_with_time(alice: User) -> None:
    saved = services.search_save(owner=alice, name="Not for a month", query="played_within_days=30")
    assert sorted(found(alice, saved.query)) == ["month", "today", "week"]
    Track.objects.filter(title="week").update(last_played_at=timezone.now() - timedelta(days=31))
    assert sorted(found(alice, saved.query)) == ["month", "today"]


def test_the_page_of_facets_has_it(alice_client: Client) -> None:
    page = alice_client.get("/facets/").content.decode()
    assert "?played_within_days=30" in page
    assert "?played=false" in page
