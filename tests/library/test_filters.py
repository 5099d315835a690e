"""What a search finds: each filter, and all of them together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import Client

from library import services
from library.errors import DomainError, InvalidSearchError
from library.models import Track, User
from library.search.filters import TrackFilterSet, track_filterset
from library.search.query import canonical_query, filterset_problems, parse_search
from tests.factories import add_own_genre

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


@pytest.fixture
def found(alice: User) -> Callable[[str], set[str]]:
    return lambda query: {track.title for track in parse_search(alice, query).qs}


Found = Callable[[str], set[str]]


class TestSearchWords:
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
            ("genre=Jazz", {"heard"}),
            ("genre=ROCK&genre=Unsure", {"said", "unsure"}),
            ("not_genre=JAZZ", {"said", "unsure", "waiting"}),
            ("not_genre=jazz", {"said", "unsure", "waiting"}),
            ("not_genre=jazz&not_genre=unsure", {"said", "waiting"}),
            ("source=owner", {"said"}),
            ("source=model", {"heard"}),
            ("source=none", {"unsure", "waiting"}),
            ("source=owner&source=model", {"said", "heard"}),
            ("confidence_min=0.6", {"heard", "said"}),
            ("confidence_max=0.6", {"said", "unsure"}),
            ("confidence_min=0.5&confidence_max=0.8", {"said"}),
            ("confidence_below=0.6", {"unsure"}),
            ("needs_you=true", {"unsure"}),
            ("needs_you=false", {"heard", "said", "waiting"}),
            ("needs_you=True", {"unsure"}),
            ("status=queued", {"waiting"}),
            ("status=queued&status=ready", {"heard", "said", "unsure", "waiting"}),
        ],
    )
    def test_effective_genre_and_who_said_it(self, query: str, titles: set[str], found: Found) -> None:
        assert found(query) == titles

    def test_ones_own_by_key_or_name(self, alice: User, charlie: User, make_track: MakeTrack) -> None:
        own = add_own_genre(alice, "Drum & Bass")
        track = make_track(title="own")
        services.genre_set(track=track, person=alice, genre=own.key)
        services.own_genre_rename(genre=own, name="Dünne Bässe")
        for word in ("drum-bass", "Drum-Bass", "D%C3%BCnne+B%C3%A4sse", "dunne+basse"):
            assert [found.title for found in parse_search(alice, f"genre={word}").qs] == ["own"]
            assert "own" not in [found.title for found in parse_search(alice, f"not_genre={word}").qs]
        with pytest.raises(InvalidSearchError):
            parse_search(charlie, f"genre={own.key}")

    def test_one_that_only_a_model_of_the_site_knows(self, make_track: MakeTrack, found: Found) -> None:
        make_track(title="pulse", heard={"top": "techno"})
        assert found("genre=techno") == found("genre=Techno") == {"pulse"}

    def test_hip_hop_is_found_as_it_is_written(self, make_track: MakeTrack, found: Found) -> None:
        make_track(title="rhymes", heard={"top": "hiphop"})
        assert found("genre=Hip-hop") == found("genre=Hip-Hop") == found("genre=hiphop") == {"rhymes"}

    def test_no_genre_of_ones_own_is_called_unsure(self, alice: User) -> None:
        with pytest.raises(DomainError):
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
            services.moods_recompute(track=track, moods=moods)

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("tag=live", {"both", "one"}),
            ("tag=LIVE", {"both", "one"}),
            ("tag=nowhere", set()),
            ("not_tag=nowhere", {"both", "one", "none"}),
            ("tag=live&tag=jazz", {"both"}),
            ("not_tag=jazz", {"one", "none"}),
            ("not_tag=jazz&not_tag=live", {"none"}),
            ("tag=live&not_tag=jazz", {"one"}),
            ("mood=relaxed", {"both"}),
            ("mood=Relaxed", {"both"}),
            ("mood=nowhere", set()),
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
            ("duration_max=300", {"old", "new"}),
            ("duration_below=300", {"old"}),
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
        "genre=polka",
        "not_genre=polka",
        "genre=jazz&genre=polka",
        "q=%CC%81",
        "needs_you=yes",
    ],
)
def test_a_value_that_will_not_do_is_named(query: str, alice: User, track: Track) -> None:
    name = query.partition("=")[0]
    found = track_filterset(alice, QueryDict(query))
    assert list(found.qs) == [track]
    assert [problem.name for problem in filterset_problems(found)] == [name]
    assert f"“{name}”" in filterset_problems(found)[0].detail


@pytest.mark.parametrize("query", ["", "genre=", "q=", "q=++", "tag=&tag=", "year_min="])
def test_a_list_takes_an_empty_field_of_a_form_for_no_filter(query: str, alice: User, track: Track) -> None:
    found = track_filterset(alice, QueryDict(query))
    assert list(found.qs) == [track]
    assert filterset_problems(found) == []


def test_everything_together(alice: User, make_track: MakeTrack, found: Found) -> None:
    wanted = make_track(title="wanted", artist="Ella", year=1956, heard={"top": "jazz", "confidence": 0.8})
    services.track_tag(track=wanted, name="live")
    make_track(title="other", artist="Ella", year=1956, heard={"top": "pop", "confidence": 0.8})
    query = "q=ella&genre=jazz&source=model&confidence_min=.5&tag=live&not_tag=christmas&not_genre=rock"
    query += (
        "&status=ready&duration_min=5&duration_max=7&year_min=1950&year_max=1959&format=wav&ordering=-year"
    )
    assert found(query) == {"wanted"}


@pytest.mark.parametrize("name", sorted(TrackFilterSet.base_filters))
def test_only_ones_own(name: str, charlie: User, track: Track) -> None:
    values = {
        "q": "song",
        "genre": "blues",
        "not_genre": "rock",
        "source": "model",
        "status": "ready",
        "format": "wav",
        "ordering": "title",
        "artist": "none",
        "album": "none",
        "needs_you": "false",
        "added_after": "2000-01-01",
        "added_before": "2100-01-01",
    }
    assert not parse_search(charlie, f"{name}={values.get(name, 1)}").qs


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
        assert "".join(track.title for track in parse_search(alice, query).qs) == titles

    @pytest.mark.parametrize("ordering", ["duration", "-duration"])
    def test_what_is_equal_keeps_one_order(self, ordering: str, alice: User) -> None:
        ids = [track.pk for track in parse_search(alice, f"ordering={ordering}").qs]
        assert ids == sorted(ids, reverse=ordering.startswith("-"))


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("", ""),
        ("page=3&q=", ""),
        ("tag=b&q=x&tag=a&page=2&nonsense=1", "q=x&tag=a&tag=b"),
        ("q=+x+", "q=x"),
        ("q=b&q=a", "q=a"),
        ("year_min=1990&year_min=", ""),
        ("genre=Hip-hop&genre=JAZZ&not_genre=Unsure", "genre=hiphop&genre=jazz&not_genre=unsure"),
        ("tag=L%C3%8Dve&tag=l%C3%ADve&not_mood=HAPPY", "not_mood=happy&tag=l%C3%ADve"),
        ("q=%C3%A9&tag=a%26b", "q=%C3%A9&tag=a%26b"),
    ],
)
def test_one_text_for_one_search(query: str, same: str, alice: User) -> None:
    assert canonical_query(track_filterset(alice, QueryDict(query))) == same
