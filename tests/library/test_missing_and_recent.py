"""Searching for tracks that lack something, and for those that were added in the last days."""

from __future__ import annotations

import re
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
Facets = Callable[[str], dict[str, dict[str, FacetValue]]]


@pytest.fixture(autouse=True)
def tracks(alice: User, charlie: User, make_track: MakeTrack) -> None:
    """ "bare" lacks everything, "full" nothing; the others lack what they are called."""
    known = {"artist": "Ella", "album": "Live", "year": 1960}
    for title, lacks in (
        ("full", ""), ("bare", "artist album year tag playlist"), ("artist", "artist"), ("album", "album"),
        ("year", "year"), ("tag", "tag"), ("playlist", "playlist"),
    ):  # fmt: skip
        track = make_track(title=title, **{name: value for name, value in known.items() if name not in lacks})
        if "tag" not in lacks:
            services.track_tag(track=track, name="evening")
    services.playlist_append(
        playlist=services.playlist_add(owner=alice, name="Late"),
        tracks=selectors.tracks_of(alice).exclude(title__in=["bare", "playlist"]),
    )
    Track.objects.filter(title__in=["full", "bare"]).update(created_at=timezone.now() - timedelta(days=20))
    Track.objects.filter(title="artist").update(created_at=timezone.now() - timedelta(days=200))


@pytest.fixture
def found(alice: User) -> Callable[[str], set[str]]:
    return lambda query: {track.title for track in parse_search(alice, query).qs}


@pytest.fixture
def facets(alice: User) -> Facets:
    def ask(query: str) -> dict[str, dict[str, FacetValue]]:
        made = facets_of(track_filterset(alice, QueryDict(query)), selectors.genre_names_of(alice))
        return {facet.name: {choice.label: choice for choice in facet.choices} for facet in made}

    return ask


def chip_texts(owner: User, query: str) -> list[str]:
    filterset = track_filterset(owner, QueryDict(query))
    return [chip.text for chip in chips(filterset, selectors.genre_names_of(owner))]


@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        ("artist=none", "artist"),
        ("album=none", "album"),
        ("has_year=false", "year"),
        ("has_tag=false", "tag"),
        ("in_playlist=false", "playlist"),
    ],
)
def test_what_lacks_something(query: str, lacking: str, found: Callable[[str], set[str]]) -> None:
    assert found(query) == {"bare", lacking}
    if not query.endswith("none"):
        others = found(query.replace("false", "true"))
        assert others == found("") - {"bare", lacking}


def test_all_of_them_together(found: Callable[[str], set[str]]) -> None:
    assert found("artist=none&album=none&has_year=false&has_tag=false&in_playlist=false") == {"bare"}


@pytest.mark.parametrize(
    ("days", "titles"),
    [
        (1, {"album", "year", "tag", "playlist"}),
        (19, {"album", "year", "tag", "playlist"}),
        (21, {"album", "year", "tag", "playlist", "full", "bare"}),
        (201, {"album", "year", "tag", "playlist", "full", "bare", "artist"}),
    ],
)
def test_added_in_the_last_days(days: int, titles: set[str], found: Callable[[str], set[str]]) -> None:
    assert found(f"added_within_days={days}") == titles


@pytest.mark.parametrize(
    "query",
    [
        "has_tag=maybe", "has_year=none", "in_playlist=no", "added_within_days=0", "added_within_days=-3",
        "added_within_days=1.5", "added_within_days=soon", "added_within_days=36501", "added_within_days=",
        "added_within_days=nan",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(query: str, alice: User) -> None:
    with pytest.raises(InvalidSearchError) as refused:
        parse_search(alice, query)
    assert [problem.name for problem in refused.value.problems] == [query.partition("=")[0]]


def test_chips_say_it_in_words(alice: User) -> None:
    query = "has_tag=false&has_year=false&in_playlist=false&added_within_days=30"
    assert sorted(chip_texts(alice, query)) == [
        "Added in the last 30 days", "In no playlist", "No tag", "No year",
    ]  # fmt: skip
    assert chip_texts(alice, "added_within_days=1") == ["Added in the last day"]
    assert chip_texts(alice, "has_tag=true") == ["Any tag"]


class TestFacets:
    def test_counts(self, facets: Facets) -> None:
        made = facets("")
        assert made["tag"]["No tag"].count == 2
        assert made["year"]["No year"].count == 2
        assert made["playlist"]["In no playlist"].count == 2
        assert {label: choice.count for label, choice in made["added"].items()} == {
            "Last 7 days": 4, "Last 30 days": 6, "Last 365 days": 7,
        }  # fmt: skip

    @pytest.mark.parametrize(
        "query", ["", "tag=evening", "year_min=1960&year_max=1969", "has_year=false", "added_within_days=30"]
    )
    def test_each_number_is_what_a_click_then_finds(self, query: str, facets: Facets, alice: User) -> None:
        clicked = 0
        for name in ("tag", "year", "playlist", "added"):
            for choice in facets(query)[name].values():
                if choice.state:
                    assert parse_search(alice, choice.query[1:]).qs.count() == 7
                else:
                    assert parse_search(alice, choice.query[1:]).qs.count() == choice.count
                    clicked += 1
        assert clicked > 4

    def test_none_takes_the_place_of_a_value_and_the_other_way_round(self, facets: Facets) -> None:
        assert facets("tag=evening&q=l")["tag"]["No tag"].query == "?q=l&has_tag=false"
        chosen = facets("has_tag=false")["tag"]
        assert (chosen["No tag"].state, chosen["No tag"].query) == ("on", "?")
        assert chosen["evening"].query == "?tag=evening"
        assert chosen["evening"].exclude_query == "?not_tag=evening"
        assert facets("has_year=false")["year"]["1960s"].query == "?year_min=1960&year_max=1969"

    def test_any_number_of_days_can_be_entered(self, alice_client: Client) -> None:
        page = alice_client.get("/facets/?tag=evening&added_within_days=14&page=2").content.decode()
        form = page[page.index('class="facet-days"') :].partition("</form>")[0]
        assert re.search(r'name="added_within_days"\s+value="14"', form)
        assert '<input type="hidden" name="tag" value="evening">' in form
        assert form.count("hidden") == 1

    def test_nothing_is_offered_that_finds_nothing(self, charlie: User) -> None:
        assert facets_of(track_filterset(charlie, QueryDict("")), selectors.genre_names_of(charlie)) == []


def test_a_saved_search_moves_on_with_time(alice: User, found: Callable[[str], set[str]]) -> None:
    saved = services.search_save(owner=alice, name="New here", query="added_within_days=30&has_tag=false")
    assert saved.query == "added_within_days=30&has_tag=false"
    assert found(saved.query) == {"bare", "tag"}
    Track.objects.filter(title="bare").update(created_at=timezone.now() - timedelta(days=31))
    assert found(saved.query) == {"tag"}


def test_on_pages_and_by_programs(alice_client: Client, alice_api: Client) -> None:
    query = "added_within_days=30&in_playlist=false&ordering=title"
    page = alice_client.get(f"/?{query}").content.decode()
    assert "Added in the last 30 days" in page
    address = {track.title: track.get_absolute_url() for track in Track.objects.all()}
    assert address["playlist"] in page
    assert address["full"] not in page
    results = alice_api.get(f"/api/v1/tracks/?{query}").json()["results"]
    assert [track["title"] for track in results] == ["bare", "playlist"]


def test_a_playlist_of_somebody_else_does_not_count(
    charlie: User, make_track: MakeTrack, found: Callable[[str], set[str]]
) -> None:
    services.playlist_append(
        playlist=services.playlist_add(owner=charlie, name="Theirs"),
        tracks=Track.objects.filter(pk=make_track(owner=charlie, title="theirs").pk),
    )
    assert found("in_playlist=false") == {"bare", "playlist"}
