"""What a search finds: each filter, and all of them together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import Client

from library import services
from library.errors import Refused
from library.filters import LibraryFilter, canonical, filter_of, tracks_matching
from library.models import Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture
def found(alice: User) -> Callable[[str], set[str]]:
    return lambda query: {track.title for track in tracks_matching(alice, QueryDict(query))}


Found = Callable[[str], set[str]]


class TestWords:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack) -> None:
        make_track(title="Déjà Vu", artist="Beyoncé", album="B'Day", original_name="01 deja.mp3")
        services.track_tag(track=make_track(title="Halo", artist="BEYONCE"), name="Été 2008")
        make_track(title="100% Pure_Love", artist="Crystal Waters")

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("q=beyonce", {"Déjà Vu", "Halo"}),
            ("q=BEYONCÉ", {"Déjà Vu", "Halo"}),
            ("q=beyonce+vu", {"Déjà Vu"}),
            ("q=b'day", {"Déjà Vu"}),
            ("q=01+deja", {"Déjà Vu"}),
            ("q=ete", {"Halo"}),
            ("q=halo+2008", {"Halo"}),
            ("q=crystal+halo", set()),
            ("q=100%25", {"100% Pure_Love"}),
            ("q=0%25+e_l", {"100% Pure_Love"}),
            ("q=a%25b", set()),
            ("q=++", {"Déjà Vu", "Halo", "100% Pure_Love"}),
        ],
    )
    def test_all_words_without_case_and_accents(self, query: str, titles: set[str], found: Found) -> None:
        assert found(query) == titles

    def test_anothers_tag_is_not_looked_through(self, charlie: User, found: Found) -> None:
        services.tag_add(owner=charlie, name="hers alone")
        assert found("q=hers") == set()


class TestGenres:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack, alice: User) -> None:
        make_track(title="heard", heard={"top": "jazz", "confidence": 0.9})
        said = make_track(title="said", heard={"top": "jazz", "confidence": 0.6})
        services.genre_set(track=said, person=alice, genre="rock")
        make_track(title="unsure", heard={"top": "jazz", "label": None, "confidence": 0.3})
        make_track(title="waiting", status=Track.Status.QUEUED)

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("genre=jazz", {"heard"}),
            ("genre=jazz&genre=rock", {"heard", "said"}),
            ("genre=unsure", {"unsure"}),
            ("genre=unsure&genre=rock", {"unsure", "said"}),
            ("genre=polka", set()),
            ("not_genre=jazz", {"said", "unsure", "waiting"}),
            ("not_genre=jazz&not_genre=unsure", {"said", "waiting"}),
            ("source=owner", {"said"}),
            ("source=model", {"heard"}),
            ("source=none", {"unsure", "waiting"}),
            ("source=owner&source=model", {"said", "heard"}),
            ("confidence_min=0.6", {"heard", "said"}),
            ("confidence_max=0.6", {"said", "unsure"}),
            ("confidence_min=0.5&confidence_max=0.8", {"said"}),
            ("needs_you=true", {"unsure"}),
            ("needs_you=false", {"heard", "said", "waiting"}),
            ("status=queued", {"waiting"}),
            ("status=queued&status=ready", {"heard", "said", "unsure", "waiting"}),
        ],
    )
    def test_what_counts_and_whose_word_it_is(self, query: str, titles: set[str], found: Found) -> None:
        assert found(query) == titles

    def test_no_genre_of_ones_own_is_called_unsure(self, alice: User) -> None:
        with pytest.raises(Refused):
            services.own_genre_add(owner=alice, name="Unsure")


class TestTagsAndMoods:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack, alice: User) -> None:
        for title, tags, moods in (
            ("both", ["Live", "jazz"], {"relaxed": 0.75, "dark": 0.9}),
            ("one", ["live"], {"relaxed": 0.74, "dark": 0.8}),
            ("none", [], {}),
        ):
            track = make_track(title=title)
            for name in tags:
                services.track_tag(track=track, name=name)
            services.moods_settle(track=track, moods=moods)

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("tag=live", {"both", "one"}),
            ("tag=LIVE", {"both", "one"}),
            ("tag=live&tag=jazz", {"both"}),
            ("not_tag=jazz", {"one", "none"}),
            ("not_tag=jazz&not_tag=live", {"none"}),
            ("tag=live&not_tag=jazz", {"one"}),
            ("mood=relaxed", {"both"}),
            ("mood=dark", {"both", "one"}),
            ("mood=dark&mood=relaxed", {"both"}),
            ("not_mood=relaxed", {"one", "none"}),
            ("not_mood=relaxed&not_mood=dark", {"none"}),
        ],
    )
    def test_several_must_all_hold_and_not_means_none(
        self, query: str, titles: set[str], found: Found
    ) -> None:
        assert found(query) == titles


class TestNumbersDatesAndFormats:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack) -> None:
        for title, year, duration, kind, day in (
            ("old", 1965, 120.5, "wav", 1),
            ("new", 2021, 300, "mp3", 2),
            ("unknown", None, None, "flac", 3),
        ):
            track = make_track(title=title, year=year, kind=kind)
            added = datetime(2026, 3, day, 23, 59, 59, tzinfo=UTC)
            Track.objects.filter(pk=track.pk).update(created_at=added, duration=duration)

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("year_min=1965", {"old", "new"}),
            ("year_min=1966", {"new"}),
            ("year_max=1965", {"old"}),
            ("duration_min=120.5", {"old", "new"}),
            ("duration_max=299.5", {"old"}),
            ("format=mp3", {"new"}),
            ("format=mp3&format=flac", {"new", "unknown"}),
            ("added_after=2026-03-02", {"new", "unknown"}),
            ("added_before=2026-03-02", {"old", "new"}),
            ("added_after=2026-03-02&added_before=2026-03-02", {"new"}),
        ],
    )
    def test_from_to(self, query: str, titles: set[str], found: Found) -> None:
        assert found(query) == titles


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 201,
        "genre=" + "x" * 81,
        "tag=%00",
        "source=everybody",
        "status=lost",
        "format=exe",
        "confidence_min=2",
        "confidence_max=nan",
        "duration_min=-1",
        "duration_max=1e400",
        "year_min=99999999999999999999",
        "year_max=soon",
        "added_after=yesterday",
        "added_before=9999-12-31",
        "added_after=0001-01-01",
        "ordering=owner__password",
        "ordering=title,sha256",
    ],
)
def test_what_is_no_filter_is_left_out_and_said(query: str, alice: User, track: Track) -> None:
    params = QueryDict(query)
    assert list(tracks_matching(alice, params)) == [track]
    assert set(filter_of(alice, params).errors) == {query.partition("=")[0]}


@pytest.mark.parametrize("query", ["", "page=2", "sort=title", "genre=", "q=", "tag=&tag=", "year_min="])
def test_what_is_empty_or_unknown_is_no_error(query: str, alice: User, track: Track) -> None:
    params = QueryDict(query)
    assert list(tracks_matching(alice, params)) == [track]
    assert not filter_of(alice, params).errors


def test_everything_together(alice: User, make_track: MakeTrack, found: Found) -> None:
    wanted = make_track(title="wanted", artist="Ella", year=1956, heard={"top": "jazz", "confidence": 0.8})
    services.track_tag(track=wanted, name="live")
    make_track(title="other", artist="Ella", year=1956, heard={"top": "pop", "confidence": 0.8})
    query = "q=ella&genre=jazz&source=model&confidence_min=.5&tag=live&not_tag=christmas&not_genre=rock"
    query += (
        "&status=ready&duration_min=5&duration_max=7&year_min=1950&year_max=1959&format=wav&ordering=-year"
    )
    assert found(query) == {"wanted"}


@pytest.mark.parametrize("name", sorted(LibraryFilter.base_filters))
def test_only_ones_own(name: str, charlie: User, track: Track) -> None:
    values = {
        "q": "song",
        "genre": "blues",
        "ordering": "title",
        "needs_you": "false",
        "added_after": "2000-01-01",
    }
    values["not_genre"] = values["not_tag"] = values["not_mood"] = "polka"
    assert not tracks_matching(charlie, QueryDict(f"{name}={values.get(name, 1)}"))


def test_programs_ask_the_same_way(alice_api: Client, make_track: MakeTrack) -> None:
    make_track(title="wave")
    services.track_tag(track=make_track(title="tape", kind="mp3"), name="live")
    for query, titles in (("format=wav", ["wave"]), ("tag=LIVE&q=tape", ["tape"]), ("not_genre=blues", [])):
        results = alice_api.get(f"/api/v1/tracks/?{query}").json()["results"]
        assert [track["title"] for track in results] == titles
    assert alice_api.get("/api/v1/tracks/?year_min=soon").status_code == 400


class TestOrder:
    @pytest.fixture(autouse=True)
    def tracks(self, make_track: MakeTrack) -> None:
        for title, artist, year, genre, confidence in (
            ("b", "Zappa", 1970, "rock", 0.5),
            ("a", "Ärzte", None, "pop", 0.9),
            ("C", "abba", 1976, "disco", 0.7),
        ):
            make_track(title=title, artist=artist, year=year, heard={"top": genre, "confidence": confidence})

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("", "Cab"),
            ("ordering=-created_at", "Cab"),
            ("ordering=created_at", "baC"),
            ("ordering=title", "abC"),
            ("ordering=-title", "Cba"),
            ("ordering=artist", "Cab"),
            ("ordering=-artist", "baC"),
            ("ordering=year", "bCa"),
            ("ordering=-year", "Cba"),
            ("ordering=genre", "Cab"),
            ("ordering=confidence", "bCa"),
            ("ordering=-confidence", "aCb"),
            ("ordering=duration,-title", "Cba"),
        ],
    )
    def test_by_what_is_asked_for(self, query: str, titles: str, alice: User) -> None:
        assert "".join(track.title for track in tracks_matching(alice, QueryDict(query))) == titles

    @pytest.mark.parametrize("ordering", ["album", "-album", "duration", "-duration"])
    def test_what_is_equal_keeps_one_order(self, ordering: str, alice: User) -> None:
        ids = [track.pk for track in tracks_matching(alice, QueryDict(f"ordering={ordering}"))]
        assert ids == sorted(ids, reverse=ordering.startswith("-"))


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("", ""),
        ("page=3&q=", ""),
        ("tag=b&q=x&tag=a&page=2&nonsense=1", "q=x&tag=a&tag=b"),
        ("q=+x+", "q=x"),
        ("q=%C3%A9&tag=a%26b", "q=%C3%A9&tag=a%26b"),
    ],
)
def test_one_text_for_one_search(query: str, same: str) -> None:
    assert canonical(QueryDict(query)) == same
