"""Whatever acts, sends or saves refuses a search that it does not understand; it never takes it for everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from library import services
from library.errors import DomainError
from library.models import BulkAction, Playlist, Tagging, Track, User
from library.models.playlists import QUERY_LENGTH
from library.search.filters import TrackFilterSet, track_filterset
from library.search.query import parse_search
from library.search.saved import playlist_tracks_of

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]

#: What is no search, and what the refusal says of it.
NONE = [
    ("year_min=2O24", "“year_min”: Enter a number."),
    ("gnere=jazz", "“gnere” is not a filter."),
    ("?genre=jazz", "“?genre” is not a filter."),
    ("genre:jazz", "“genre:jazz” is not a filter."),
    ("http://host/?genre=jazz", "“http://host/?genre” is not a filter."),
    ("page=2", "“page” is not a filter."),
    ("q=" + "x" * 201, "“q”: Ensure this value has at most 200 characters (it has 201)."),
    ("genre=nonsense", "“genre”: There is no genre “nonsense”."),
    ("needs_you=maybe", "“needs_you”: Enter true or false."),
    ("genre=", "“genre” has no value."),
    ("q=jazz&q=", "“q” has no value."),
    (" ", "“ ” is not a filter."),
    ("&", "“&” is not a search."),
    ("=", "“” is not a filter."),
    ("q=%FF", "It is not valid UTF-8, or has more than 1,000 parameters."),
    ("tag=a%00b", "It is not valid UTF-8, or has more than 1,000 parameters."),
    ("&" * 1001, "It is not valid UTF-8, or has more than 1,000 parameters."),
    ("tag=a&" * 101, "“tag”: Enter at most 100 values."),
    ("x" * 100 + "=1", f"“{'x' * 59}…” is not a filter."),
    ("a%0Ab=1", "“a�b” is not a filter."),
]


def send(client: Client, address: str, **body: Any) -> Any:
    return client.post(f"/api/v1{address}", body, content_type="application/json")


@pytest.fixture
def tracks(make_track: MakeTrack) -> list[Track]:
    return [make_track(title="one", heard={"top": "jazz"}), make_track(title="two")]


@pytest.mark.usefixtures("tracks")
class TestPrograms:
    @pytest.mark.parametrize(("query", "detail"), NONE)
    @pytest.mark.parametrize("name", ["delete", "tag", "genre", "playlist"])
    def test_a_bulk_action_is_refused_and_says_why(
        self, name: str, query: str, detail: str, alice: User, alice_api: Client
    ) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        value = {"tag": "live", "genre": "rock", "playlist": str(playlist.pk)}.get(name, "x")
        response = send(alice_api, "/acts/", act=name, value=value, query=query)
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        (error,) = response.json()["errors"]
        assert error["pointer"] == "/query"
        assert error["detail"] == detail
        assert Track.objects.exclude(genre="rock").count() == 2
        assert not Tagging.objects.exists()
        assert not playlist.items.exists()
        assert not BulkAction.objects.exists()

    @pytest.mark.parametrize(("query", "detail"), NONE)
    def test_so_are_an_archive_and_a_saved_search(self, query: str, detail: str, alice_api: Client) -> None:
        for address, body in (("/archive/", {}), ("/playlists/", {"name": "n"})):
            response = send(alice_api, address, query=query, **body)
            assert (response.status_code, response.json()["code"]) == (400, "invalid")
            assert [(error["pointer"], error["detail"]) for error in response.json()["errors"]] == [
                ("/query", detail)
            ]
        assert not Playlist.objects.exists()

    def test_each_parameter_is_named(self, alice_api: Client) -> None:
        response = send(alice_api, "/acts/", act="delete", query="gnere=jazz&genre=jazz&year_min=abc&tag=")
        assert [error["detail"] for error in response.json()["errors"]] == [
            "“gnere” is not a filter.", "“year_min”: Enter a number.", "“tag” has no value.",
        ]  # fmt: skip

    def test_the_empty_query_still_means_everything(self, alice_api: Client) -> None:
        assert send(alice_api, "/acts/", act="delete", query="").json()["done"] == 2

    def test_a_query_that_is_longer_than_any_is_refused(self, alice_api: Client) -> None:
        response = send(alice_api, "/acts/", act="delete", query="q=" + "&" * QUERY_LENGTH)
        assert response.json()["errors"][0]["pointer"] == "/query"
        assert Track.objects.count() == 2

    def test_the_longest_search_that_is_taken_is_no_strain_for_the_database(self, alice: User) -> None:
        query = [
            (name, f"{number}") for name in ("tag", "not_tag", "mood", "not_mood") for number in range(100)
        ]
        query.append(("q", "a " * 99))
        assert parse_search(alice, urlencode(query)).qs.count() == 0


def as_value(value: str) -> str:
    return urlencode({"": value})[1:]


words = st.one_of(
    st.text(max_size=5), st.sampled_from(["jazz", "Blues", "live", "two", "1990", "-1", "true", "title"])
)
pairs = st.tuples(st.one_of(st.sampled_from(sorted(TrackFilterSet.base_filters)), st.text(max_size=5)), words)
queries = st.one_of(
    st.text(max_size=30),
    st.lists(pairs, max_size=4).map(urlencode),
    st.lists(pairs, max_size=3).map(lambda some: "&".join("=".join(pair) for pair in some)),
)


@given(query=queries)
@example(query="q=%CC%81")
@example(query="year_min=1&year_min=x")
@example(query="\ud800=1")
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_bulk_action_is_refused_or_touches_what_the_same_text_lists(
    query: str, alice: User, alice_api: Client, tracks: list[Track]
) -> None:
    """Any text at all: an act touches the tracks that the page of that address lists, and names no problem with."""
    Tagging.objects.all().delete()
    response = send(alice_api, "/acts/", act="tag", value="touched", query=query)
    touched = set(Tagging.objects.filter(tag__key="touched").values_list("track", flat=True))
    if response.status_code != 200:
        assert response.status_code == 400
        assert touched == set()
        return
    assert touched == set(track_filterset(alice, QueryDict(query)).qs.values_list("pk", flat=True))
    # As a server hands it over: the bytes of the address, each as a character.
    listed = alice_api.get("/api/v1/tracks/", QUERY_STRING=query.encode().decode("latin-1"))
    assert {str(pk) for pk in touched} == {row["id"] for row in listed.json()["results"]}


class TestPages:
    def test_what_is_not_understood_is_named_above_the_list(self, alice_client: Client, track: Track) -> None:
        page = alice_client.get("/?year_min=abc&utm_source=letter&genre=blues").content.decode()
        said = " ".join(page.split())
        assert "“utm_source=letter” was not understood, so nothing is filtered or sorted by it." in said
        assert "“year_min=abc” was not understood" in said
        assert "Enter a number." in said
        assert 'href="/?utm_source=letter&amp;genre=blues"' in said
        assert track.title in page

    @pytest.mark.parametrize("address", ["/", "/facets/"])
    @pytest.mark.parametrize(
        "query", ["q=" + "x" * 201, "gnere=jazz", "genre=nonsense", "ordering=size", "=&a=1"]
    )
    def test_no_page_shows_everything_in_silence(
        self, address: str, query: str, alice_client: Client, track: Track
    ) -> None:
        assert "data-ignored-filters" in alice_client.get(f"{address}?{query}").content.decode()

    @pytest.mark.parametrize(
        "query", ["", "page=1", "q=&genre=", "tag=nowhere", "genre=Blues&ordering=-year"]
    )
    def test_what_is_understood_is_passed_over(self, query: str, alice_client: Client, track: Track) -> None:
        assert "data-ignored-filters" not in alice_client.get(f"/?{query}").content.decode()

    def test_all_that_match_cannot_be_chosen_there(self, alice_client: Client, track: Track) -> None:
        assert "data-select-all" in alice_client.get("/?genre=blues").content.decode()
        page = alice_client.get("/?genre=blues&year_min=abc").content.decode()
        assert "data-select-all" not in page
        assert "data-select" in page

    def test_nor_be_asked_for(self, alice_client: Client, track: Track) -> None:
        for query in ("year_min=abc", "gnere=jazz", "utm_source=letter"):
            body = {"act": "tag", "tag": "live", "all": "1", "query": query}
            page = alice_client.post(reverse("bulk-action-submit"), body, follow=True).content.decode()
            assert "This search was not understood" in page
        assert not Tagging.objects.exists()

    def test_a_long_search_is_not_cut(self, alice_client: Client, make_track: MakeTrack) -> None:
        """Of an address of more than 2,000 characters the last filters count as much as the first."""
        for title in ("other", "more"):
            make_track(title=title)
        query = urlencode([*(("not_tag", f"{'夜' * 19}{number}") for number in range(14)), ("q", "other")])
        assert len(query) > 2000
        page = alice_client.get(f"/?{query}").content.decode()
        assert "1 track found" in " ".join(page.split())
        body = {"act": "tag", "tag": "live", "all": "1", "query": query}
        alice_client.post(reverse("bulk-action-submit"), body)
        assert [tagging.track.title for tagging in Tagging.objects.all()] == ["other"]

    def test_a_chip_of_a_genre_by_its_name_leads_to_the_search_without_it(
        self, alice_client: Client, track: Track
    ) -> None:
        page = alice_client.get("/?genre=Blues&q=song").content.decode()
        assert 'href="/?genre=&amp;q=song"' not in page
        assert 'href="/?q=song"' in page


class TestSavedSearches:
    def test_of_many_letters_that_take_several_characters(self, alice_client: Client, alice: User) -> None:
        text = "夜" * 120
        page = alice_client.post(
            "/searches/", {"name": "Night", "query": urlencode({"q": text})}, follow=True
        )
        assert "Saved as “Night”" in page.content.decode()
        assert parse_search(alice, Playlist.objects.get().query).active_filters == {"q": text}

    def test_of_too_many_letters_say_so(self, alice: User) -> None:
        with pytest.raises(DomainError) as refused:
            services.search_save(
                owner=alice, name="n", query=urlencode([("tag", f"{'夜' * 78}{n}") for n in range(6)])
            )
        assert refused.value.code == "search_too_long"
        assert "too long" in refused.value.message

    @pytest.mark.parametrize(
        "query", ["year_min=abc", "gnere=jazz", "q=" + "x" * 201, "genre=shoegaze", "page=2"]
    )
    def test_of_before_that_are_not_understood_find_nothing_and_say_why(
        self, query: str, alice: User, alice_client: Client, alice_api: Client, track: Track
    ) -> None:
        kept = Playlist.objects.create(owner=alice, name="Old", smart=True, query=query)
        page = alice_client.get(kept.get_absolute_url()).content.decode()
        assert "no longer works" in page
        assert f"“{query.partition('=')[0]}”" in page
        assert track.title not in page
        assert alice_client.get(reverse("playlist-queue", args=[kept.pk])).json()["tracks"] == []
        assert "0 tracks" in alice_client.get(reverse("playlist-length", args=[kept.pk])).content.decode()
        assert alice_api.get(f"/api/v1/playlists/{kept.pk}/items/").json()["results"] == []

    def test_of_a_genre_that_was_deleted_find_nothing_until_it_is_back(
        self, alice: User, make_track: MakeTrack
    ) -> None:
        genre = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=make_track(), person=alice, genre=genre.key)
        make_track()
        kept = services.search_save(owner=alice, name="n", query="genre=SHOEGAZE")
        other = services.search_save(owner=alice, name="n", query="not_genre=Shoegaze")
        assert (kept.query, other.query) == (f"genre={genre.key}", f"not_genre={genre.key}")

        def counts() -> list[int]:
            return [playlist_tracks_of(alice, search).count() for search in (kept, other)]

        assert counts() == [1, 1]
        action = services.own_genre_delete(genre=genre)
        assert counts() == [0, 0]
        services.bulk_action_undo(action=action)
        assert counts() == [1, 1]

    def test_a_renamed_genre_stays_in_them(self, alice: User, make_track: MakeTrack) -> None:
        genre = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=make_track(), person=alice, genre=genre.key)
        kept = services.search_save(owner=alice, name="n", query="genre=Shoegaze")
        services.own_genre_rename(genre=genre, name="Dream Pop")
        assert playlist_tracks_of(alice, kept).count() == 1


@pytest.mark.parametrize("parameter", ["genre", "not_genre"])
@pytest.mark.parametrize("text", ["%", "100 %", "%s", "%(genre)s", "%00"])
def test_a_per_cent_sign_is_a_letter_as_any_other(parameter: str, text: str, alice_api: Client) -> None:
    response = alice_api.get("/api/v1/tracks/", {parameter: text})
    assert response.status_code == 400
    assert f"There is no genre “{text}”." in response.json()["errors"][0]["detail"]
