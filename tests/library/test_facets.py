"""How many tracks each value would find: right under the other filters, and not shrunk by one's own choice."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import Track, User
from library.search.facet_links import FacetValue, facets_of
from library.search.filters import track_filterset
from library.search.query import parse_search
from library.selectors import genre_names_of

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
Facets = Callable[[str], dict[str, dict[str, FacetValue]]]


@pytest.fixture
def facets(alice: User) -> Facets:
    def ask(query: str) -> dict[str, dict[str, FacetValue]]:
        made = facets_of(track_filterset(alice, QueryDict(query)), genre_names_of(alice))
        return {facet.name: {choice.label: choice for choice in facet.choices} for facet in made}

    return ask


@pytest.fixture
def tracks(make_track: MakeTrack, alice: User) -> None:
    """Three jazz (one of them by alice's word), two rock, one unsure, one waiting, one failed."""
    for title, genre, confidence, year, kind, tags in (
        ("a", "jazz", 0.9, 1959, "wav", ["live", "piano"]),
        ("b", "jazz", 0.6, 1965, "mp3", ["live"]),
        ("c", "rock", 0.7, 1969, "mp3", ["live"]),
        ("d", "rock", 0.5, None, "mp3", []),
    ):
        track = make_track(title=title, year=year, kind=kind, heard={"top": genre, "confidence": confidence})
        for name in tags:
            services.track_tag(track=track, name=name)
        services.moods_recompute(track=track, moods={"happy": confidence})
    said = make_track(title="e", year=1971, heard={"top": "pop", "confidence": 0.8})
    services.genre_set(track=said, person=alice, genre="jazz")
    make_track(title="f", heard={"top": "pop", "label": None, "confidence": 0.2})
    make_track(title="g", status=Track.Status.QUEUED)
    make_track(title="h", status=Track.Status.FAILED)


def counts(choices: dict[str, FacetValue]) -> dict[str, int]:
    return {label: choice.count for label, choice in choices.items()}


@pytest.mark.usefixtures("tracks")
class TestCounts:
    def test_of_everything(self, facets: Facets) -> None:
        found = facets("")
        assert counts(found["genre"]) == {"Jazz": 3, "Rock": 2, "Not sure": 1}
        assert counts(found["source"]) == {"Set by hand": 1, "Heard by Earmark": 4, "No genre yet": 3}
        assert counts(found["confidence"]) == {
            "90 % and more": 1, "70 to 90 %": 2, "50 to 70 %": 2, "below 50 %": 1,  # each once
        }  # fmt: skip
        assert counts(found["tag"]) == {"live": 3, "piano": 1, "No tag": 5}
        assert counts(found["mood"]) == {"Happy": 1}
        assert counts(found["year"]) == {"1970s": 1, "1960s": 2, "1950s": 1, "No year": 4}
        assert counts(found["format"]) == {"WAV": 5, "MP3": 3}
        assert counts(found["status"]) == {"Waiting": 1, "Ready": 6, "Failed": 1}

    def test_under_the_other_filters_but_not_under_ones_own(self, facets: Facets) -> None:
        found = facets("genre=jazz&tag=live")
        assert counts(found["genre"]) == {"Jazz": 2, "Rock": 1}
        assert counts(found["tag"]) == {"live": 2, "piano": 1, "No tag": 1}
        assert counts(found["format"]) == {"WAV": 1, "MP3": 1}
        assert counts(found["source"]) == {"Heard by Earmark": 2}

    def test_under_a_search_a_denial_and_a_range(self, facets: Facets) -> None:
        assert counts(facets("q=b")["genre"]) == {"Jazz": 1}
        assert counts(facets("not_tag=piano&year_max=1970")["genre"]) == {"Jazz": 1, "Rock": 1}
        years = counts(facets("year_min=1960&year_max=1969")["year"])
        assert years == {"1970s": 1, "1960s": 2, "1950s": 1, "No year": 4}
        assert counts(facets("not_genre=rock")["genre"]) == {"Jazz": 3, "Rock": 2, "Not sure": 1}

    @pytest.mark.parametrize(
        "query", ["", "genre=jazz", "not_genre=jazz&format=mp3", "confidence_min=0.5", "q=a"]
    )
    def test_each_number_is_what_a_click_then_finds(self, query: str, facets: Facets, alice: User) -> None:
        clicked = 0
        for name, choices in facets(query).items():
            # Words of a field with many values add to one another; here nothing of their own is chosen.
            for choice in choices.values():
                if not choice.state and (name not in query or name in ("tag", "mood")):
                    clicked += 1
                    assert parse_search(alice, choice.query[1:]).qs.count() == choice.count
        assert clicked

    def test_a_choice_that_finds_nothing_stays_to_be_taken_back(self, facets: Facets) -> None:
        found = facets("genre=Reggae&tag=piano&q=zzz")
        assert counts(found["genre"]) == {"Reggae": 0}
        assert found["tag"]["piano"].state == "on"
        assert counts(found["tag"]) == {"piano": 0}

    def test_nothing_of_others_is_counted(self, charlie: User) -> None:
        assert facets_of(track_filterset(charlie, QueryDict("")), genre_names_of(charlie)) == []


@pytest.mark.usefixtures("tracks")
class TestLinks:
    def test_a_value_is_added_and_taken_away(self, facets: Facets) -> None:
        jazz = facets("genre=rock&page=3&q=x")["genre"].get("Rock")
        assert jazz
        assert (jazz.state, jazz.query) == ("on", "?q=x")
        assert facets("genre=rock")["genre"]["Jazz"].query == "?genre=rock&genre=jazz"

    def test_not_takes_the_place_of_yes(self, facets: Facets) -> None:
        live = facets("tag=live")["tag"]["live"]
        assert live.exclude_query == "?not_tag=live"
        excluded = facets("not_tag=live")["tag"]["live"]
        assert (excluded.state, excluded.query, excluded.exclude_query) == ("not", "?tag=live", "?")

    @pytest.mark.parametrize(
        ("query", "facet", "label", "state"),
        [
            ("tag=Live", "tag", "live", "on"),
            ("not_tag=LIVE", "tag", "live", "not"),
            ("mood=Happy", "mood", "Happy", "on"),
            ("not_mood=HAPPY", "mood", "Happy", "not"),
        ],
    )
    def test_a_value_is_recognised_in_any_case(
        self, query: str, facet: str, label: str, state: str, facets: Facets
    ) -> None:
        chosen = [value for value in facets(query)[facet].values() if value.state]
        assert [(value.label, value.state) for value in chosen] == [(label, state)]
        assert state != "on" or chosen[0].query == "?"

    def test_a_decade_and_a_band_toggle_both_bounds(self, facets: Facets) -> None:
        assert facets("")["year"]["1960s"].query == "?year_min=1960&year_max=1969"
        chosen = facets("year_min=1960&year_max=1969")["year"]["1960s"]
        assert (chosen.state, chosen.query) == ("on", "?")
        assert facets("confidence_min=0.9")["confidence"]["90 % and more"].state == "on"
        assert (
            facets("confidence_min=0.9")["confidence"]["70 to 90 %"].query
            == "?confidence_min=0.7&confidence_below=0.9"
        )
        chosen = facets("confidence_min=.7&confidence_below=0.90")["confidence"]["70 to 90 %"]
        assert (chosen.state, chosen.query, chosen.count) == ("on", "?", 2)
        # A search that was saved before keeps its bounds, and is none of the bands.
        saved = facets("confidence_min=0.7&confidence_max=0.9")["confidence"]["70 to 90 %"]
        assert (saved.state, saved.query) == ("", "?confidence_min=0.7&confidence_below=0.9")


class TestPage:
    url = "/facets/?genre=jazz&ordering=title"

    @pytest.mark.usefixtures("tracks")
    def test_a_page_of_its_own_or_a_part_of_the_library(self, alice_client: Client) -> None:
        page = alice_client.get(self.url).content.decode()
        part = alice_client.get(self.url, headers={"HX-Request": "true"})
        assert "<html" in page
        assert "<html" not in part.content.decode()
        assert "HX-Request" in part["Vary"]
        for text in (page, part.content.decode()):
            links = Links(text)
            assert "/?ordering=title" in links
            assert "/?genre=jazz&ordering=title&not_tag=live" in links

    @pytest.mark.parametrize("number", [1, 20])
    def test_as_many_queries_for_one_track_as_for_many(
        self,
        number: int,
        alice_client: Client,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for n in range(number):
            services.track_tag(track=make_track(heard={"top": "jazz"}), name=f"tag {n}")
        # session, user, own genres, one pass, years, genres without the choice, artists, tags, those without, their
        # names, moods, when they were added, when they were played and those that never were, those in no playlist
        with django_assert_num_queries(15):
            alice_client.get(self.url, headers={"HX-Request": "true"})

    def test_what_tags_are_called_is_only_text(self, alice_client: Client, track: Track) -> None:
        services.track_tag(track=track, name='"><script>alert(1)</script>')
        assert "<script>alert" not in alice_client.get("/facets/").content.decode()


class Links(HTMLParser, list):  # type: ignore[type-arg]
    """Where a page's links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.append(dict(attrs).get("href"))
