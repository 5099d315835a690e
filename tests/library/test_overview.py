"""The overview: a library in numbers, each leading to the tracks behind it, and the model's record."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from library import services
from library.models import Track, User
from library.selectors.overview import (
    AccuracyCount,
    model_accuracy_of,
    seconds_by_genre,
    track_counts_by_duration,
)

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
URL = "/overview/"


def text(client: Client, address: str = URL) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def mixed(make_track: MakeTrack) -> None:
    """A library with something of everything."""
    make_track(
        heard={"top": "jazz", "moods": {"sad": 0.9, "happy": 0.8}}, year=1963, duration=100, kind="mp3"
    )
    make_track(heard={"top": "jazz", "moods": {"sad": 0.8}}, year=1969, duration=180, kind="mp3")
    make_track(heard={"top": "rock", "moods": {"sad": 0.2}}, year=2004, duration=700, kind="flac")
    make_track(heard={"label": None}, duration=None)
    make_track(status=Track.Status.QUEUED, duration=None)


@pytest.mark.usefixtures("mixed")
class TestPictures:
    def test_every_number_is_what_its_link_finds(self, alice_client: Client) -> None:
        page = text(alice_client)
        bars = re.findall(r'href="/(\?[^"]+)">.*?tabular">([\d,]+)<', page, re.S)
        assert {query.split("=")[0] for query, _ in bars} == {
            "?genre", "?mood", "?duration_min", "?duration_below", "?format",
        }  # fmt: skip
        decades = re.findall(r'href="/(\?year[^"]+)"[^>]*>\s*<span[^>]*>([\d,]+)<', page)
        assert len(decades) == 2
        for query, count in [*bars, *decades]:
            found = re.search(r'id="track-count"[^>]*>\s*(\d+)', text(alice_client, "/" + unescape(query)))
            assert (found[1] if found else "0") == count, query

    def test_years_have_bars(self, alice_client: Client) -> None:
        decades = re.search(r'class="decades".*?</ul>', text(alice_client), re.S)
        assert decades is not None
        # Two tracks from the sixties, one from 2000 on.
        assert re.findall(r'<rect y="(\d+)" width="10" height="(\d+)"', decades[0]) == [
            ("0", "100"), ("50", "50"),
        ]  # fmt: skip

    def test_hours_by_genre(self, alice: User) -> None:
        assert seconds_by_genre(alice) == {"jazz": 280, "rock": 700, "unsure": 0}

    def test_lengths(self, alice: User) -> None:
        assert track_counts_by_duration(alice) == [1, 0, 1, 0, 0, 1]  # three minutes sharp are in one

    def test_sums(self, alice_client: Client) -> None:
        figures = re.findall(r"<dd[^>]*>(.*?)</dd>", text(alice_client), re.S)
        assert [" ".join(re.sub(r"<[^>]+>", "", figure).split()) for figure in figures[:2]] == ["5", "16 min"]

    def test_only_ones_own(self, charlie_client: Client) -> None:
        page = text(charlie_client)
        assert "Nothing to show yet" in page
        assert "Jazz" not in page


class TestAccuracy:
    def test_right_and_wrong_by_what_was_heard(self, make_track: MakeTrack, alice: User) -> None:
        said = [("jazz", "jazz"), ("jazz", "blues"), ("rock", "rock"), ("metal", "rock")]
        for heard, word in said:
            services.genre_set(track=make_track(heard={"top": heard}), person=alice, genre=word)
        unsure = make_track(heard={"top": "jazz", "label": None})
        services.genre_set(track=unsure, person=alice, genre="jazz")
        make_track()  # nobody said anything about it
        found = model_accuracy_of(alice)
        assert (found.sure, found.unsure) == (AccuracyCount(2, 4), AccuracyCount(1, 1))
        assert found.by_genre == {
            "jazz": AccuracyCount(2, 3),
            "metal": AccuracyCount(0, 1),
            "rock": AccuracyCount(1, 1),
        }

    def test_only_the_latest_verdict_in_force_counts(self, track: Track, alice: User) -> None:
        services.genre_set(track=track, person=alice, genre="rock")
        services.genre_set(track=track, person=alice, genre="blues")
        assert model_accuracy_of(alice).sure == AccuracyCount(1, 1)
        services.genre_undo(track=track, person=alice)
        assert model_accuracy_of(alice).sure == AccuracyCount(0, 1)
        services.genre_set(track=track, person=alice, genre="")
        assert model_accuracy_of(alice).sure == AccuracyCount(0, 0)

    def test_own_genres_are_counted_apart(self, track: Track, alice: User) -> None:
        own = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=track, person=alice, genre=own.key)
        found = model_accuracy_of(alice)
        assert (found.own_genre_tracks, found.sure.tracks, found.by_genre) == (1, 0, {})

    def test_only_ones_own(self, track: Track, alice: User, charlie: User) -> None:
        services.genre_confirm(track=track, person=alice)
        assert model_accuracy_of(charlie).by_genre == {}

    def test_in_words(self, make_track: MakeTrack, alice: User, alice_client: Client) -> None:
        assert "Nothing to show yet" in text(alice_client)
        tracks = [make_track() for _ in range(4)]
        assert "Nothing to compare yet" in text(alice_client)
        for track, word in zip(tracks, ["blues", "blues", "blues", "rock"], strict=True):
            services.genre_set(track=track, person=alice, genre=word)
        page = re.sub(r"<[^>]+>|\s+", " ", text(alice_client))
        assert re.search(r"it was right on\s+3 of 4\s+tracks that you confirmed or corrected \(75 %\)", page)


@pytest.mark.parametrize("tracks", [1, 20])
def test_as_many_queries_for_one_as_for_twenty(
    make_track: MakeTrack,
    alice: User,
    alice_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    tracks: int,
) -> None:
    for number in range(tracks):
        track = make_track(
            heard={"top": "rock" if number % 2 else "jazz", "moods": {"sad": 0.9}}, year=1960 + number
        )
        services.track_tag(track=track, name=f"tag {number}")
        services.genre_confirm(track=track, person=alice)
    # session, person, own genres; counts (2), moods; hours, sums, lengths; the record;
    # whether genres have changed, which tags set themselves, whether an upgrade pass is going on, whether a learned
    # version waits; agreement (2), what needs you
    with django_assert_num_queries(19):
        text(alice_client, reverse("overview"))
