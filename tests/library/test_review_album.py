"""Needs you, by album: one answer for all tracks of an album that wait, or what their files say."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.models import BulkAction, Track, User
from tests.factories import TrackFactory, signed_in

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
URL = "/needs-you/"
UNSURE = {"label": None, "top": "blues", "confidence": 0.3}
SURE = {"top": "blues", "confidence": 0.9}


@pytest.fixture
def waiting(make_track: MakeTrack) -> list[Track]:
    """Three tracks of an album; the files of two name another genre than what was heard."""
    return [
        make_track(title=title, artist="Ann", album="Night Ferry", file_genre=genre, heard=heard)
        for title, genre, heard in (("One", "", UNSURE), ("Two", "Rock", SURE), ("Three", "Jazz", SURE))
    ]


def text(client: Client) -> str:
    return " ".join(unescape(client.get(URL).content.decode()).split())


def genres() -> dict[str, str]:
    return dict(Track.objects.order_by("title").values_list("title", "owner_genre"))


@pytest.mark.usefixtures("waiting")
def test_the_page_says_how_many_wait_and_what_their_files_say(
    alice_client: Client, make_track: MakeTrack
) -> None:
    make_track(title="Sure", artist="Ann", album="Night Ferry", heard={"top": "rock", "confidence": 0.99})
    shown = text(alice_client)
    assert "for all <strong>3</strong> tracks of “<bdi>Night Ferry</bdi>” that wait" in shown
    assert "Take the files’ word for 2: 1 Rock, 1 Jazz" in shown or "for 2: 1 Jazz, 1 Rock" in shown


def test_one_genre_is_named_without_a_number(alice_client: Client, make_track: MakeTrack) -> None:
    for number in range(2):
        make_track(title=str(number), artist="Ann", album="Night Ferry", file_genre="Rock", heard=SURE)
    assert "Take the files’ word for all 2: Rock" in text(alice_client)


def test_of_one_track_nothing_is_said(alice: User, alice_client: Client, make_track: MakeTrack) -> None:
    make_track(artist="Ann", album="Night Ferry", heard=UNSURE)
    make_track(artist="Ann", album="", heard=UNSURE)
    make_track(artist="Ann", album="", heard=UNSURE)
    assert 'id="review-album-all"' not in text(alice_client)


def test_one_answer_is_for_all_and_undone_at_once(
    alice: User, alice_client: Client, waiting: list[Track], make_track: MakeTrack
) -> None:
    make_track(title="Other", artist="Ann", album="Day Ferry", heard=UNSURE | {"confidence": 0.4})
    context = alice_client.get(URL).context
    ids = context["album_waiting"].track_ids
    answer = {"genre": "reggae", "others": " ".join(map(str, ids)), "next": context["next_url"]}
    response = alice_client.post(reverse("track-genre", args=[context["track"].pk]), answer)
    assert response["Location"] == context["next_url"]
    assert genres() == {"One": "reggae", "Two": "reggae", "Three": "reggae", "Other": ""}
    assert "Set the genre of 3 tracks to Reggae." in text(alice_client)
    assert selectors.needs_you_of(alice).get().title == "Other"
    services.bulk_action_undo(action=BulkAction.objects.get())
    assert set(genres().values()) == {""}
    assert selectors.needs_you_of(alice).count() == 4


def test_what_the_files_say_is_taken_for_those_that_say_something(
    alice: User, alice_client: Client, waiting: list[Track]
) -> None:
    context = alice_client.get(URL).context
    ids = " ".join(map(str, context["album_waiting"].labelled_ids))
    alice_client.post(
        reverse("bulk-action-submit"), {"act": "file_genre", "others": ids, "next": context["next_url"]}
    )
    assert genres() == {"One": "", "Two": "rock", "Three": "jazz"}
    assert BulkAction.objects.count() == 1


def test_tracks_of_others_are_left_alone(alice_client: Client, charlie: User, waiting: list[Track]) -> None:
    theirs = TrackFactory(owner=charlie, title="Theirs", heard=UNSURE)
    answer = {"genre": "reggae", "others": f"{waiting[1].pk} {theirs.pk} nonsense"}
    alice_client.post(reverse("track-genre", args=[waiting[0].pk]), answer)
    assert genres() == {"One": "reggae", "Two": "reggae", "Three": "", "Theirs": ""}


def test_a_new_genre_is_for_all_too(alice: User, alice_client: Client, waiting: list[Track]) -> None:
    others = " ".join(str(track.pk) for track in waiting)
    alice_client.post(
        reverse("track-genre", args=[waiting[0].pk]), {"new": "Slowcore", "others": others, "next": URL}
    )
    assert set(genres().values()) == {alice.genres.get().key}


def test_reviewers_are_asked_track_by_track(alice: User, bob: User, waiting: list[Track]) -> None:
    alice.share_with_reviewers = True
    alice.save()
    assert (
        'id="review-album-all"'
        not in signed_in(bob).get(reverse("admin:library_track_review")).content.decode()
    )
