"""What is typed into the search field: words, phrases in quotes, and words for one field."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client

from library import selectors, services
from library.models import Track, User
from library.search.chips import chips
from library.search.filters import track_filterset
from library.search.query import filterset_problems, parse_search
from library.search.typed import Term, plain_words, typed_terms, years_named

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture
def found(alice: User) -> Callable[[str], set[str]]:
    def ask(text: str) -> set[str]:
        query = QueryDict(mutable=True)
        query["search"] = text
        return {track.title for track in parse_search(alice, query.urlencode()).qs}

    return ask


Found = Callable[[str], set[str]]


@pytest.fixture(autouse=True)
def tracks(alice: User, make_track: MakeTrack) -> None:
    for title, artist, album, year, genre in (
        ("Time", "Pink Floyd", "The Dark Side of the Moon", 1973, "rock"),
        ("Side of the Dark", "Abba", "Pink", 1990, "pop"),
        ("Bad, Bad Leroy Brown", "Jim Croce", "Life and Times", 1973, "pop"),
        ("Déjà Vu", "Beyoncé", "B'Day", 2006, "hiphop"),
        ("Rock & Roll", "Led Zeppelin", "IV", 1971, "metal"),
    ):
        make_track(title=title, artist=artist, album=album, year=year, heard={"top": genre})
    services.track_tag(track=Track.objects.get(title="Time"), name="Late night")
    services.track_tag(track=Track.objects.get(title="Déjà Vu"), name="night drive")
    make_track(title="Unknown", heard={"label": None, "top": "pop"})


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("dark side", [Term("dark"), Term("side")]),
        ('"Dark Side"', [Term("dark side", "", True)]),
        ("“dark side” moon", [Term("dark side", "", True), Term("moon")]),
        ("«dark side»", [Term("dark side", "", True)]),
        ('"dark', [Term("dark")]),
        ('dark"', [Term("dark")]),
        ('12" mix and 7" mix', [Term("12"), Term("mix"), Term("and"), Term("7"), Term("mix")]),
        ('"dark side"moon', [Term("dark"), Term("side"), Term("moon")]),
        ("artist:ABBA", [Term("abba", "artist")]),
        ("Artist:abba", [Term("abba", "artist")]),
        ('album:"Dark Side" x', [Term("dark side", "album", True), Term("x")]),
        ("year:1990-1999", [Term("1990-1999", "year")]),
        ("year:1990–1999", [Term("1990-1999", "year")]),
        ("year:soon", [Term("year:soon")]),
        ("label:ecm", [Term("label:ecm")]),
        ("artist: abba", [Term("artist:"), Term("abba")]),
        ("artist:", [Term("artist:")]),
        ('artist:""', [Term("artist:")]),
        ("rock & roll", [Term("rock"), Term("roll")]),
        ("&", [Term("&")]),
        ('""', []),
        ("  ", []),
    ],
)
def test_terms(text: str, terms: list[Term]) -> None:
    assert typed_terms(text) == terms


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1990", (1990, 1990)),
        ("1990-1999", (1990, 1999)),
        ("1990-", (1990, None)),
        ("-1999", (None, 1999)),
        ("1990s", (1990, 1999)),
        ("-", None),
        ("", None),
        ("19900", None),
        ("1990-99999", None),
        ("90s", None),
    ],
)
def test_years(text: str, years: object) -> None:
    assert years_named(text) == years


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("dark side", {"Time", "Side of the Dark"}),
        ('"dark side"', {"Time"}),
        ('"DARK SIDE" time', {"Time"}),
        ('"side of the"', {"Time", "Side of the Dark"}),
        ('"moon time"', set()),  # the end of one name and the start of another
        ('"floyd time"', set()),
        ('"bad, bad leroy"', {"Bad, Bad Leroy Brown"}),
        ('"deja vu"', {"Déjà Vu"}),
        ('"late night"', {"Time"}),  # a tag
        ('"night late"', set()),
        ("artist:pink", {"Time"}),
        ("album:pink", {"Side of the Dark"}),
        ("album:dark", {"Time"}),
        ('album:"dark side"', {"Time"}),
        ('album:"side dark"', set()),
        ("artist:BEYONCE", {"Déjà Vu"}),
        ('artist:"led zeppelin" rock', {"Rock & Roll"}),
        ("artist:abba artist:pink", set()),
        ("genre:pop", {"Side of the Dark", "Bad, Bad Leroy Brown"}),
        ("genre:Hip-Hop", {"Déjà Vu"}),
        ("genre:hiphop", {"Déjà Vu"}),
        ('genre:"hip hop"', {"Déjà Vu"}),
        ("genre:hip", {"Déjà Vu"}),
        ("genre:unsure", {"Unknown"}),
        ('genre:"not sure"', {"Unknown"}),
        ("genre:polka", set()),
        ("tag:night", {"Time", "Déjà Vu"}),
        ('tag:"late night"', {"Time"}),
        ("tag:time", set()),
        ("year:1973", {"Time", "Bad, Bad Leroy Brown"}),
        ("year:1971-1973", {"Time", "Bad, Bad Leroy Brown", "Rock & Roll"}),
        ("year:1970s", {"Time", "Bad, Bad Leroy Brown", "Rock & Roll"}),
        ("year:2000-", {"Déjà Vu"}),
        ("year:-1971", {"Rock & Roll"}),
        ("year:1999-1990", set()),
        ("year:1973 genre:rock artist:floyd", {"Time"}),
        ("unknown", {"Unknown"}),
        ("ARTIST:croce GENRE:pop", {"Bad, Bad Leroy Brown"}),
        ("colour:pink", set()),
    ],
)
def test_what_is_found(text: str, titles: set[str], found: Found) -> None:
    assert found(text) == titles


def test_an_unknown_prefix_is_just_a_word(make_track: MakeTrack, found: Found) -> None:
    make_track(title="Suite: Judy")
    make_track(title="re:member")
    assert found("suite: judy") == {"Suite: Judy"}
    assert found("re:member") == {"re:member"}


def test_genres_of_ones_own(alice: User, charlie: User, make_track: MakeTrack, found: Found) -> None:
    for name in ("Post-Rock", "C++", "C#"):
        genre = services.own_genre_add(owner=alice, name=name)
        services.genre_set(track=make_track(title=name), person=alice, genre=genre.key)
    services.own_genre_add(owner=charlie, name="Dub")
    assert found("genre:rock") == {"Time"}  # exactly that name comes first
    assert found("genre:post") == {"Post-Rock"}
    assert found("genre:postrock") == found('genre:"post rock"') == {"Post-Rock"}
    assert found("genre:c#") == {"C#"}
    assert found("genre:dub") == set()


def test_artists_that_a_file_names_one_by_one(make_track: MakeTrack, found: Found) -> None:
    make_track(title="Duet", artist="Ella & Louis", artist_names=["Ella", "Louis"])
    assert found("artist:louis") == found('artist:"ella & louis"') == {"Duet"}


def test_names_of_others_are_not_looked_through(charlie: User, make_track: MakeTrack, found: Found) -> None:
    theirs = make_track(owner=charlie, title="Theirs", artist="Pink Floyd", year=1973)
    services.track_tag(track=theirs, name="Late night")
    for text in ("artist:floyd", "tag:night", '"late night"', "year:1973", "theirs"):
        assert "Theirs" not in found(text)


@pytest.mark.parametrize("text", ['""', '" "', "\u0301", "x" * 201])
def test_without_a_letter_it_is_no_search(text: str, alice: User) -> None:
    query = QueryDict(mutable=True)
    query["search"] = text
    filterset = track_filterset(alice, query)
    assert [problem.name for problem in filterset_problems(filterset)] == ["search"]


def test_plain_words_stay_what_they_were(alice: User) -> None:
    """Programs and links that send `q` mean words, whatever signs these have."""
    assert parse_search(alice, "q=%22side+dark%22").qs.count() == 2
    assert parse_search(alice, "q=artist:pink").qs.count() == 0
    assert parse_search(alice, "q=year:1973").qs.count() == 0


@pytest.mark.parametrize(
    ("text", "words"), [("pink floyd", "pink floyd"), ('"dark side" x', "dark side x"), ("artist:pink x", "")]
)
def test_albums_and_artists_are_looked_for_by_plain_words(text: str, words: str) -> None:
    assert plain_words(text) == words


@pytest.mark.parametrize(
    ("text", "chip"),
    [("pink floyd", "“pink floyd”"), ('"dark side"', '"dark side"'), ("artist:pink", "artist:pink")],
)
def test_chips(text: str, chip: str, alice: User) -> None:
    query = QueryDict(mutable=True)
    query.update({"search": text, "genre": "rock"})
    made = chips(track_filterset(alice, query), selectors.genre_names_of(alice))
    assert [one.text for one in made] == [chip, "Rock"]
    assert made[0].query == "?genre=rock"


class TestPage:
    def test_the_field_keeps_what_was_typed(self, alice_client: Client) -> None:
        page = alice_client.get("/", {"search": 'album:"dark side"'}).content.decode()
        assert Track.objects.get(title="Time").get_absolute_url() in page
        assert Track.objects.get(title="Side of the Dark").get_absolute_url() not in page
        field = re.search(r'name="search"\s+value="([^"]*)"', page)
        assert field
        assert unescape(field[1]) == 'album:"dark side"'

    def test_a_link_with_plain_words_shows_them(self, alice_client: Client) -> None:
        page = alice_client.get("/?q=zeppelin&genre=metal").content.decode()
        assert re.search(r'name="search"\s+value="zeppelin"', page)
        # What is typed then takes their place; the other filters stay.
        assert 'name="genre" value="metal" form="search"' in page
        assert 'name="q" value="zeppelin" form="search"' not in page

    def test_names_are_offered_for_words_only(self, alice_client: Client) -> None:
        artist = Track.objects.get(title="Time").artists.get().get_absolute_url()
        assert page_links(alice_client, "/?search=floyd").count(artist) > page_links(
            alice_client, "/?search=artist:floyd"
        ).count(artist)

    def test_the_sheet_of_keys_explains_it(self, alice_client: Client) -> None:
        page = alice_client.get("/").content.decode()
        sheet = page[page.index("data-keys") :]
        for word in ("artist:", "album:", "genre:", "tag:", "year:1990-1999", '"dark side"'):
            assert word in unescape(sheet)


def page_links(client: Client, address: str) -> list[str]:
    return re.findall('href="([^"]+)"', client.get(address).content.decode())


def test_programs_and_saved_searches_take_it_too(
    alice: User, alice_client: Client, alice_api: Client
) -> None:
    query = "search=year:1973+artist:%22pink+floyd%22"
    assert [row["title"] for row in alice_api.get(f"/api/v1/tracks/?{query}").json()["results"]] == ["Time"]
    alice_client.post("/searches/", {"name": "Floyd", "query": query})
    saved = selectors.saved_searches_of(alice).get()
    assert [track.title for track in parse_search(alice, saved.query).qs] == ["Time"]
