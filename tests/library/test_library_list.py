"""The list as a search leaves it: what is shown of it, how it is left, kept, and kept fresh."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import services
from library.errors import DomainError
from library.models import Playlist, Track, User
from library.search.chips import chips
from library.search.filters import track_filterset
from library.selectors import genre_names_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


class TestList:
    def test_the_count_and_the_tracks_found(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track(title="Halo")
        make_track(title="Deja Vu")
        page = text(alice_client, "/?q=halo")
        assert page.count('class="row-track"') == 1
        assert "1 track found" in " ".join(page.split())

    def test_nothing_found_has_a_way_out(self, alice_client: Client, track: Track) -> None:
        page = text(alice_client, "/?genre=jazz&q=zzz")
        assert "Nothing matches" in page
        assert "Clear filters" in page
        assert "Your library is empty" not in page

    def test_pages_keep_the_search(self, alice_client: Client, make_track: MakeTrack) -> None:
        for _ in range(51):
            make_track()
        page = text(alice_client, "/?genre=blues&ordering=title&page=1")
        assert 'href="?genre=blues&amp;ordering=title&page=2"' in page
        assert text(alice_client, "/?genre=blues&ordering=title&page=2").count('class="row-track"') == 1

    def test_a_row_shows_a_few_tags(self, alice_client: Client, track: Track) -> None:
        for name in ("one", "two", "three", "x-four"):
            services.track_tag(track=track, name=name)
        page = text(alice_client, "/")
        assert "/?tag=one" in page
        assert "/?tag=x-four" not in page

    @pytest.mark.parametrize("tracks", [1, 20])
    def test_as_many_queries_for_one_track_as_for_many(
        self,
        tracks: int,
        alice_client: Client,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(tracks):
            services.track_tag(track=make_track(), name="live")
        # session, user, own genres, tags in force and their names, words in tags, count, ids, tracks, their tags and
        # artists, their strips, what waits, albums and artists that are called so, all tags, playlists, needs you
        with django_assert_num_queries(20):
            text(alice_client, "/?tag=live&q=song&not_genre=jazz&ordering=artist")

    def test_what_is_searched_for_is_only_text(self, alice_client: Client, track: Track) -> None:
        page = text(alice_client, "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&tag=%3Cscript%3Ealert(1)")
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=night", ["“night”"]),
        ("genre=jazz&genre=unsure", ["Jazz", "Not sure"]),
        ("not_genre=hiphop", ["not Hip-hop"]),
        ("tag=live&not_tag=nowhere", ["Live", "not nowhere"]),
        ("mood=happy", ["Happy"]),
        ("source=owner&status=failed&format=mp3", ["Set by hand", "MP3", "Failed"]),
        ("year_min=1970&year_max=1979", ["1970s"]),
        ("year_min=1971&year_max=1979", ["From 1971, until 1979"]),
        ("year_max=1979", ["Until 1979"]),
        ("year_min=1984&year_max=1984", ["1984"]),
        ("confidence_min=0.7&confidence_max=.9", ["At least 70 % sure, at most 90 % sure"]),
        ("confidence_min=0.7&confidence_below=.9", ["At least 70 % sure, less than 90 % sure"]),
        ("duration_below=120", ["Under 2:00"]),
        ("duration_min=90", ["From 1:30"]),
        ("added_after=2026-03-01", ["Added since 1 Mar 2026"]),
        ("needs_you=true", ["Needs you"]),
        ("year_min=soon&page=3&ordering=title", []),
    ],
)
def test_each_filter_in_force_is_a_chip(query: str, words: list[str], alice: User) -> None:
    services.tag_add(owner=alice, name="Live")
    assert [
        chip.text for chip in chips(track_filterset(alice, QueryDict(query)), genre_names_of(alice))
    ] == words


def test_a_chip_leads_to_the_search_without_it(alice: User) -> None:
    found = track_filterset(alice, QueryDict("genre=jazz&genre=rock&q=x&year_min=1970&year_max=1979&page=2"))
    queries = {chip.text: chip.query for chip in chips(found, genre_names_of(alice))}
    assert queries["Jazz"] == "?genre=rock&q=x&year_min=1970&year_max=1979"
    assert queries["1970s"] == "?genre=jazz&genre=rock&q=x"
    assert queries["“x”"] == "?genre=jazz&genre=rock&year_min=1970&year_max=1979"


class TestWaiting:
    """Rows of tracks that are being heard are asked for alone, and the filter stays in force."""

    def test_the_list_asks_for_the_unfinished_rows(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track()
        waiting = make_track(status=Track.Status.QUEUED)
        page = text(alice_client, "/?q=song")
        assert f'hx-get="/rows/?id={waiting.pk}&q=song"' in page

    def test_a_finished_row_comes_once_and_the_asking_ends(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        done, waiting = make_track(), make_track(status=Track.Status.ANALYSING)
        rows = text(alice_client, f"/rows/?id={done.pk}&id={waiting.pk}")
        assert f'id="track-{done.pk}"' in rows
        assert "Blues" in rows
        assert f"?id={waiting.pk}&" in rows
        assert "every 2s" in rows
        Track.objects.filter(pk=waiting.pk).update(status=Track.Status.READY)
        assert "every 2s" not in text(alice_client, f"/rows/?id={done.pk}")

    def test_how_far_it_has_come(self, alice_client: Client, make_track: MakeTrack) -> None:
        def heard(url: str) -> str:
            return " ".join(text(alice_client, url).partition('id="heard"')[2].partition(">")[2].split())

        before = make_track()
        Track.objects.filter(pk=before.pk).update(created_at=timezone.now() - timedelta(days=2))
        make_track()
        make_track(status=Track.Status.FAILED)
        assert heard("/").startswith("</p>")
        for status in (Track.Status.QUEUED, Track.Status.ANALYSING):
            make_track(status=status)
        assert heard("/").startswith("2 of 4 heard")
        # Also while none of them is in the list.
        assert heard("/?status=ready").startswith("2 of 4 heard")
        assert "every 2s" in text(alice_client, "/?status=ready")
        assert heard(f"/rows/?id={before.pk}").startswith("2 of 4 heard")
        make_track(owner=UserFactory(), status=Track.Status.QUEUED)
        assert heard("/").startswith("2 of 4 heard")

    def test_what_no_longer_matches_leaves_the_list(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        done = make_track()
        rows = text(alice_client, f"/rows/?id={done.pk}&status=queued")
        assert f'<li id="track-{done.pk}" hx-swap-oob="delete">' in rows
        assert "Blues" not in rows

    def test_nobody_elses_rows(self, charlie_client: Client, track: Track) -> None:
        foreign = text(charlie_client, f"/rows/?id={track.pk}")
        unknown = uuid.uuid4()
        assert foreign.replace(str(track.pk), "") == text(charlie_client, f"/rows/?id={unknown}").replace(
            str(unknown), ""
        )
        assert track.title not in foreign

    def test_nonsense_is_left_out(self, alice_client: Client) -> None:
        assert "track-" not in text(alice_client, "/rows/?id=1&id=%01&id=<b>")


class TestSavedSearch:
    def test_it_is_kept_as_a_playlist_that_finds(self, alice_client: Client, alice: User) -> None:
        response = alice_client.post(
            "/searches/", {"name": " Loud  nights ", "query": "page=2&q=night&genre=rock"}, follow=True
        )
        saved = Playlist.objects.get()
        assert (saved.owner, saved.name, saved.smart, saved.query) == (
            alice, "Loud nights", True, "genre=rock&q=night",
        )  # fmt: skip
        assert response.redirect_chain == [("/?genre=rock&q=night", 302)]
        assert "Saved as “Loud nights”" in response.content.decode()

    @pytest.mark.parametrize(
        ("name", "query", "code"),
        [
            ("", "q=x", "bad_name"),
            ("x" * 81, "q=x", "bad_name"),
            ("a\0b", "q=x", "bad_name"),
            ("x", "", "no_search"),
            ("x", "&", "invalid"),
            ("x", "year_min=abc", "invalid"),
            ("x", "q=x&nonsense=1", "invalid"),
            ("x", "&".join(f"tag={n:079}" for n in range(60)), "search_too_long"),
        ],
    )
    def test_refusals(self, name: str, query: str, code: str, alice: User) -> None:
        with pytest.raises(DomainError) as refused:
            services.search_save(owner=alice, name=name, query=query)
        assert refused.value.code == code
        assert not Playlist.objects.exists()

    def test_the_button_is_there_when_there_is_a_search(self, alice_client: Client, track: Track) -> None:
        assert "Save this search" not in text(alice_client, "/?ordering=title")
        page = text(alice_client, "/?genre=blues&q=song")
        assert "Save this search" in page
        assert 'value="“song”, Blues"' in page
