"""The place of what was learned among the opinions on a track's genre."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from library import services
from library.models import LearnedModel, LearnedRow, Track, User

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]

Status, State = LearnedModel.Status, LearnedRow.State
NEVER, UNSURE, ALWAYS = User.FileGenreTrust
SURE_OF_BLUES = {"top": "blues"}
NOT_SURE = {"top": "blues", "label": None}


def learned(
    track: Track, genre: str = "rock", status: str = Status.ACTIVE, counts: str | None = None
) -> Track:
    """The track, after a version has learned its genre."""
    version, _ = LearnedModel.objects.get_or_create(owner=track.owner, number=1, status=status)
    LearnedRow.objects.create(
        model=version,
        track=track,
        genre=genre,
        probability=0.9,
        before=track.genre,
        counts=genre if counts is None else counts,
    )
    services.effective_genres_recompute(Track.objects.filter(pk=track.pk))
    track.refresh_from_db()
    return track


@pytest.mark.parametrize(
    ("trust", "heard", "file", "genre", "source", "asked"),
    [
        (UNSURE, SURE_OF_BLUES, "", "rock", "learned", False),
        (UNSURE, NOT_SURE, "", "rock", "learned", False),
        (UNSURE, NOT_SURE, "Jazz", "rock", "learned", True),
        (NEVER, SURE_OF_BLUES, "Jazz", "rock", "learned", True),
        # Whatever the model says, the file agrees with what was learned.
        (UNSURE, SURE_OF_BLUES, "Rock", "rock", "learned", False),
        (ALWAYS, SURE_OF_BLUES, "Jazz", "jazz", "file", False),
        (ALWAYS, SURE_OF_BLUES, "Polka", "rock", "learned", False),
    ],
)
def test_its_place(
    alice: User,
    make_track: MakeTrack,
    trust: User.FileGenreTrust,
    heard: dict[str, str],
    file: str,
    genre: str,
    source: str,
    asked: bool,
) -> None:
    services.user_trust_file_genres(user=alice, trust=trust)
    track = learned(make_track(heard=heard, file_genre=file))
    assert (track.genre, track.genre_source, track.needs_you) == (genre, source, asked)


@pytest.mark.parametrize("status", [status for status in Status if status != Status.ACTIVE])
def test_only_the_version_in_use_counts(track: Track, status: Status) -> None:
    assert learned(track, status=status).genre_source == "model"


def test_only_what_counts_in_it_counts(track: Track) -> None:
    assert learned(track, counts="").genre_source == "model"


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_a_verdict_wins(track: Track, person: str, request: pytest.FixtureRequest) -> None:
    learned(track)
    giver = request.getfixturevalue(person)
    services.genre_set(track=track, person=giver, genre="jazz")
    assert (track.genre, track.genre_source) == ("jazz", "owner")
    services.genre_undo(track=track, person=giver)
    assert (track.genre, track.genre_source) == ("rock", "learned")


def test_it_can_be_confirmed(track: Track, alice: User) -> None:
    services.genre_confirm(track=learned(track), person=alice)
    assert (track.genre, track.genre_source) == ("rock", "owner")


def test_many_can_be_confirmed_at_once(track: Track, alice: User) -> None:
    learned(track)
    services.genres_set(tracks=Track.objects.all(), person=alice, genre=None)
    track.refresh_from_db()
    assert (track.genre, track.genre_source) == ("rock", "owner")


class TestOnThePage:
    def test_lists_say_so(self, alice_client: Client, track: Track, make_track: MakeTrack) -> None:
        learned(track)
        make_track(title="Heard by the model")
        page = alice_client.get(reverse("library") + "?source=learned").content.decode()
        assert track.title in page
        assert "Heard by the model" not in page
        assert 'title="Learned from you"' in page
        # How sure the model is of another genre says nothing about this one.
        assert 'class="ring"' not in page

    def test_the_track_says_so(self, alice_client: Client, track: Track) -> None:
        page = alice_client.get(learned(track).get_absolute_url()).content.decode()
        assert page.count("layer-effective") == 1
        assert "Learned from you" in page[page.index("layer-effective") :]

    def test_programs_are_told(self, alice_api: Client, track: Track) -> None:
        learned(track)
        [found] = alice_api.get("/api/v1/tracks/?source=learned").json()["results"]
        assert (found["genre"]["label"], found["genre"]["source"]) == ("rock", "learned")
        assert found["genre"]["model"] == "blues"
