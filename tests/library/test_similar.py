"""More like this: the nearest tracks of one's own library, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from library import services
from library.models import Track, User
from library.selectors.similar import similar_to
from library.selectors.vectors import vectors_of

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def unit_vector(degrees: float) -> list[float]:
    """A vector of length 1; two of them are as similar as the angle between them is small."""
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0]


def titles(owner: User, track: Track, count: int = 8) -> list[str]:
    return [neighbour.track.title for neighbour in similar_to(owner, track, count)]


def test_the_nearest_come_first(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0))
    for degrees in (80, 5, 170, 30):
        make_track(title=f"{degrees}°", embedding=unit_vector(degrees))
    make_track(title="not heard that way")
    assert titles(alice, track) == ["5°", "30°", "80°", "170°"]
    assert titles(alice, track, 2) == ["5°", "30°"]


def test_how_close_in_words(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0))
    for degrees in (10, 35, 50, 100):
        make_track(embedding=unit_vector(degrees))
    assert [neighbour.closeness for neighbour in similar_to(alice, track, 8)] == [
        "Very close", "Close", "Somewhat like it", "Further off",
    ]  # fmt: skip


def test_the_reason_names_what_both_have(make_track: MakeTrack, alice_client: Client) -> None:
    track = make_track(embedding=unit_vector(0), heard={"moods": {"sad": 0.8, "mellow": 0.99, "party": 0.1}})
    make_track(embedding=unit_vector(1), heard={"moods": {"sad": 0.9, "mellow": 0.95, "party": 0.9}})
    make_track(embedding=unit_vector(2), heard={"moods": {"sad": 0.7, "mellow": 0.8}, "top": "jazz"})
    make_track(embedding=unit_vector(3), heard={"top": "rock"})
    page = alice_client.get(reverse("similar", args=[track.pk])).content.decode()
    assert re.findall(r"ranked-reason[^>]*>(.*?)<", page) == [
        "Very close · both blues · both mellow and sad",
        "Very close · both mellow",
        "Very close",
    ]


def test_tracks_without_a_genre_share_none(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0), heard={"label": None})
    make_track(embedding=unit_vector(0), heard={"label": None})
    assert similar_to(alice, track, 8)[0].genre == ""


def test_the_effective_genre_is_compared(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0), heard={"top": "rock"})
    make_track(embedding=unit_vector(0))
    services.genre_set(track=track, person=alice, genre="blues")
    assert similar_to(alice, track, 8)[0].genre == "blues"


def test_never_another_persons(make_track: MakeTrack, alice: User, charlie: User) -> None:
    track = make_track(embedding=unit_vector(0))
    theirs = make_track(owner=charlie, embedding=unit_vector(0))
    make_track(owner=charlie, title="theirs, too", embedding=unit_vector(1))
    assert titles(alice, track) == []
    assert titles(charlie, theirs) == ["theirs, too"]
    assert titles(charlie, track) == []


def test_only_vectors_of_one_model_are_compared(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0))
    make_track(title="other model", embedding=unit_vector(0), heard={"model_name": "msd-musicnn-1"})
    make_track(title="other version", embedding=[1.0, 0.0], heard={"model_version": "2"})
    make_track(title="same", embedding=unit_vector(90))
    assert titles(alice, track) == ["same"]


def test_what_comes_and_goes_is_noticed(make_track: MakeTrack, alice: User) -> None:
    track = make_track(embedding=unit_vector(0))
    first = make_track(title="first", embedding=unit_vector(1))
    assert titles(alice, track) == ["first"]
    make_track(title="second", embedding=unit_vector(2))
    assert titles(alice, track) == ["first", "second"]
    third = make_track(title="third", embedding=unit_vector(3))
    first.delete()
    assert titles(alice, track) == ["second", "third"]
    services.prediction_adopt(track=third, prediction=third.prediction, embedding=unit_vector(1))
    assert titles(alice, track) == ["third", "second"]
    services.prediction_adopt(track=track, prediction=track.prediction, embedding=[])
    assert titles(alice, track) == []


def test_vectors_are_read_once(
    make_track: MakeTrack, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_track(embedding=unit_vector(0))
    with django_assert_num_queries(4):
        vectors_of(alice)
    with django_assert_num_queries(3):
        vectors_of(alice)


def test_vectors_are_those_that_were_written(make_track: MakeTrack, alice: User) -> None:
    made = {
        make_track(embedding=unit_vector(degrees)).pk: unit_vector(degrees) for degrees in range(0, 90, 7)
    }
    vectors = vectors_of(alice)
    assert vectors is not None
    assert len(vectors) == len(made)
    for row in range(len(made)):
        assert vectors.matrix[row] == pytest.approx(made[vectors.track_id_at(row)])


@pytest.mark.parametrize("few", ["", "?few=1"])
@pytest.mark.parametrize("others", [1, 20])
def test_the_page_makes_as_many_queries_for_one_as_for_twenty(
    make_track: MakeTrack,
    alice_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    few: str,
    others: int,
) -> None:
    track = make_track(embedding=unit_vector(0))
    for number in range(others):
        make_track(embedding=unit_vector(number))
    address = reverse("similar", args=[track.pk]) + few
    alice_client.get(address)
    # Session, person, track, its vector, whether the vectors are as they were (2), tracks, their artists,
    # own genres; the whole page also what needs you.
    with django_assert_num_queries(10 if few else 12):
        rows = alice_client.get(address).content.decode().count("ranked-row")
    assert rows == (min(others, 8) if few else others)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "analysed by a model that cannot compare tracks"),
        ({"embedding": unit_vector(0)}, "Nothing to compare it with yet"),
        ({"status": Track.Status.QUEUED}, "has not been analysed yet"),
    ],
)
def test_pages_of_tracks_that_nothing_is_like(
    make_track: MakeTrack, alice_client: Client, fields: dict[str, object], said: str
) -> None:
    address = reverse("similar", args=[make_track(**fields).pk])
    assert said in alice_client.get(address).content.decode()


def test_names_are_text(make_track: MakeTrack, alice_client: Client) -> None:
    track = make_track(title="<b>bold</b>", embedding=unit_vector(0))
    make_track(title="<script>1</script>", embedding=unit_vector(0))
    page = alice_client.get(reverse("similar", args=[track.pk])).content.decode()
    assert "<b>bold" not in page
    assert "<script>1" not in page
