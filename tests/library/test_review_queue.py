"""The queue of tracks that ask for their owner's word: which, why, in which order, and where one is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.models import Genre, Track, User, Verdict

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
URL = "/needs-you/"


@pytest.fixture
def unsure(make_track: MakeTrack) -> Callable[..., Track]:
    """Makes tracks the model is not sure of."""

    def make(confidence: float = 0.3, top: str = "blues", **fields: Any) -> Track:
        return make_track(heard={"label": None, "top": top, "confidence": confidence}, **fields)

    return make


def text(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return unescape(response.content.decode())


def shown_track(client: Client, url: str = URL) -> Track | None:
    track = client.get(url).context["track"]
    assert track is None or isinstance(track, Track)
    return track


def answer(client: Client, url: str = URL, action: str = "track-genre", **data: str) -> str:
    """Do what the page at `url` offers for its track; returns the address it leads to."""
    context = client.get(url).context
    response = client.post(reverse(action, args=[context["track"].pk]), data | {"next": context["next_url"]})
    return str(response["Location"])


def undo(client: Client, url: str = URL) -> str:
    context = client.get(url).context
    address = reverse("track-genre-undo", args=[context["last_verdict"].track_id])
    return str(client.post(address, {"next": context["undo_next_url"]})["Location"])


class TestWhoIsAsked:
    def test_the_least_sure_first_and_nothing_with_a_verdict(
        self, alice: User, alice_client: Client, make_track: MakeTrack, unsure: MakeTrack
    ) -> None:
        make_track()
        make_track(status="failed")
        contradicted = make_track(file_genre="Jazz")
        second, first = unsure(0.4), unsure(0.2)
        answered = unsure(0.1)
        services.genre_set(track=answered, person=alice, genre="blues")
        assert list(selectors.needs_you_of(alice)) == [first, second, contradicted]
        assert shown_track(alice_client) == first

    def test_anothers_track_is_never_asked(self, charlie_client: Client, unsure: MakeTrack) -> None:
        track = unsure(title="Alice's secret")
        for url in (URL, f"{URL}?track={track.pk}", f"{URL}?after=0.1,{track.pk}"):
            page = text(charlie_client, url)
            assert "secret" not in page
            assert "Nothing needs you" in page

    def test_the_rail_counts_them_on_every_page(self, alice_client: Client, unsure: MakeTrack) -> None:
        assert 'id="review-queue-count"></span>' in text(alice_client, "/")
        unsure()
        unsure()
        assert 'id="review-queue-count">2</span>' in text(alice_client, "/")


class TestWhy:
    def test_not_sure(self, alice_client: Client, unsure: MakeTrack) -> None:
        unsure(top="blues")
        assert "Not sure: blues or classical." in text(alice_client)

    def test_not_sure_and_what_the_file_says(self, alice_client: Client, unsure: MakeTrack) -> None:
        unsure(file_genre="Shoegaze")
        assert "Not sure: blues or classical. The file says Shoegaze." in text(alice_client)

    def test_the_file_says_something_else(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track(file_genre="Jazz", heard={"confidence": 0.72})
        assert "The file says Jazz, Earmark hears blues, 72 %." in text(alice_client)


class TestAnswers:
    def test_built_in_genres_by_probability_with_shortcuts_then_own_genres(
        self, alice: User, alice_client: Client, unsure: MakeTrack
    ) -> None:
        services.own_genre_add(owner=alice, name="Ambient")
        unsure(top="rock")
        answers = alice_client.get(URL).context["answers"]
        assert [a.genre.key for a in answers[:2]] == ["rock", "blues"]
        assert "".join(a.shortcut for a in answers) == "1234567890"
        assert (answers[10].genre.name, answers[10].shortcut, answers[10].probability) == (
            "Ambient",
            "",
            None,
        )

    def test_the_files_tag_is_marked(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track(file_genre="Smooth Jazz")
        context = alice_client.get(URL).context
        assert [a.genre.key for a in context["answers"] if a.named_by_file] == ["jazz"]
        assert context["suggested"] == ""

    def test_a_file_genre_that_is_not_built_in_is_suggested_as_an_own_genre(
        self, alice: User, alice_client: Client, unsure: MakeTrack
    ) -> None:
        track = unsure(file_genre="Shoegaze")
        same = unsure(0.4, file_genre="shoegaze")
        assert alice_client.get(URL).context["suggested"] == "Shoegaze"
        answer(alice_client, new="Shoegaze")
        track.refresh_from_db()
        genre = Genre.objects.get()
        assert (track.genre, genre.name) == (genre.key, "Shoegaze")
        # From now on it counts where a file names it.
        same.refresh_from_db()
        assert (same.genre, same.genre_source) == (genre.key, "file")
        assert shown_track(alice_client) is None

    def test_what_the_file_says_comes_right_after_what_the_model_hears(
        self, alice: User, alice_client: Client, make_track: MakeTrack
    ) -> None:
        own = services.own_genre_add(owner=alice, name="Shoegaze")
        make_track(file_genre="Shoegaze")
        context = alice_client.get(URL).context
        assert [a.genre.key for a in context["answers"]][:2] == ["blues", own.key]
        assert [a.genre.name for a in context["answers"] if a.named_by_file] == ["Shoegaze"]
        assert context["suggested"] == ""

    @pytest.mark.parametrize(
        ("answers", "first"),
        [
            ((), "blues"),
            (("jazz",), "jazz"),
            (("jazz", "blues"), "blues"),
            (("rock", "jazz"), "jazz"),
            (("blues", "jazz", "jazz"), "jazz"),
        ],
    )
    def test_the_one_that_is_more_often_right_is_first(
        self, alice: User, alice_client: Client, make_track: MakeTrack, answers: tuple[str, ...], first: str
    ) -> None:
        make_track(file_genre="Jazz")
        for genre in answers:
            services.genre_set(track=make_track(file_genre="Jazz"), person=alice, genre=genre)
        assert [a.genre.key for a in alice_client.get(URL).context["answers"]][:2] == [
            first,
            "jazz" if first == "blues" else "blues",
        ]
        assert 'data-key="1 enter" aria-keyshortcuts="1 Enter"' in text(alice_client)

    def test_only_the_latest_answer_on_a_track_tells_which_is_right(
        self, alice: User, alice_client: Client, bob: User, make_track: MakeTrack
    ) -> None:
        make_track(file_genre="Jazz")
        changed, undone, reviewed, binned = (make_track(file_genre="Jazz") for _ in range(4))
        for genre in ("jazz", "blues"):
            services.genre_set(track=changed, person=alice, genre=genre)
        services.genre_set(track=undone, person=alice, genre="jazz")
        services.genre_undo(track=undone, person=alice)
        services.genre_set(track=reviewed, person=bob, genre="jazz")
        services.genre_set(track=binned, person=alice, genre="jazz")
        services.tracks_move_to_bin(owner=alice, track_ids=[binned.pk])
        assert alice_client.get(URL).context["answers"][0].genre.key == "blues"

    @pytest.mark.parametrize("name", ["jazz", "JAZZ", " Jazz "])
    def test_a_name_that_is_there_already_is_that_genre(
        self, alice_client: Client, unsure: MakeTrack, name: str
    ) -> None:
        track = unsure()
        answer(alice_client, new=name)
        track.refresh_from_db()
        assert track.owner_genre == "jazz"
        assert not Genre.objects.exists()

    @pytest.mark.parametrize("tag", ["x" * 41, "!!!", "<b>bold</b>", "\u202eknup"])
    def test_a_hostile_tag_is_only_text(self, alice_client: Client, unsure: MakeTrack, tag: str) -> None:
        unsure(file_genre=tag)
        response = alice_client.get(URL)
        assert response.status_code == 200
        assert "<b>bold" not in response.content.decode()


class TestGoingThrough:
    def test_an_answer_leads_to_the_next(self, alice_client: Client, unsure: MakeTrack) -> None:
        first, second = unsure(0.2), unsure(0.3)
        assert "<strong>2</strong> left" in text(alice_client)
        assert answer(alice_client, genre="jazz") == URL
        first.refresh_from_db()
        assert first.owner_genre == "jazz"
        assert shown_track(alice_client) == second
        assert "<strong>1</strong> left" in text(alice_client)
        answer(alice_client, genre="blues")
        assert "Nothing needs you" in text(alice_client)

    def test_a_skipped_one_comes_back_on_the_next_visit(
        self, alice_client: Client, unsure: MakeTrack
    ) -> None:
        first, second, third = unsure(0.2), unsure(0.3), unsure(0.3)
        second, third = sorted([second, third], key=lambda track: track.pk)
        seen, url = [], URL
        for _ in range(3):
            seen.append(shown_track(alice_client, url))
            url = alice_client.get(url).context["skip_url"]
        assert seen == [first, second, third]
        end = text(alice_client, url)
        assert "3 tracks you skipped are still here" in end
        assert shown_track(alice_client) == first

    def test_an_answer_after_a_skip_does_not_go_back(self, alice_client: Client, unsure: MakeTrack) -> None:
        unsure(0.2), unsure(0.3)
        third = unsure(0.4)
        after_first = alice_client.get(URL).context["skip_url"]
        url = answer(alice_client, after_first, genre="jazz")
        assert shown_track(alice_client, url) == third
        page = text(alice_client, url)
        assert "<strong>1</strong> left" in page
        assert "1 skipped" in page

    @pytest.mark.parametrize("after", ["", "x", "nan,", "0.3", "0.3,x", "inf,{id}", "nan,{id}", "\1,{id}"])
    def test_an_invalid_cursor_is_the_start(
        self, alice_client: Client, unsure: MakeTrack, after: str
    ) -> None:
        track = unsure()
        response = alice_client.get(URL, {"after": after.format(id=track.pk)})
        assert response.context["track"] == track

    def test_a_refusal_is_shown_and_the_track_stays(self, alice_client: Client, unsure: MakeTrack) -> None:
        track = unsure()
        url = answer(alice_client, genre="polka")
        assert "There is no such genre" in text(alice_client, url)
        assert shown_track(alice_client, url) == track


class TestUndo:
    def test_the_answered_track_comes_back(self, alice_client: Client, unsure: MakeTrack) -> None:
        first, second = unsure(0.2, title="Salt"), unsure(0.3)
        url = answer(alice_client, genre="jazz")
        assert "You said jazz: “Salt”" in text(alice_client, url)
        url = undo(alice_client, url)
        assert shown_track(alice_client, url) == first
        assert "<strong>2</strong> left" in text(alice_client, url)
        url = answer(alice_client, url, genre="rock")
        assert shown_track(alice_client, url) == second

    def test_also_when_one_has_skipped_on(self, alice_client: Client, unsure: MakeTrack) -> None:
        first, second, third = (unsure(c) for c in (0.2, 0.3, 0.4))
        url = answer(alice_client, genre="jazz")
        url = alice_client.get(url).context["skip_url"]
        assert shown_track(alice_client, url) == third
        url = undo(alice_client, url)
        assert shown_track(alice_client, url) == first
        assert "<strong>2</strong> left" in text(alice_client, url)
        # Skipped or answered, it goes on where one was.
        assert shown_track(alice_client, alice_client.get(url).context["skip_url"]) == third
        assert shown_track(alice_client, answer(alice_client, url, genre="pop")) == third
        assert shown_track(alice_client) == second

    def test_one_after_the_other(self, alice_client: Client, unsure: MakeTrack) -> None:
        first, second = unsure(0.2), unsure(0.3)
        url = answer(alice_client, genre="jazz")
        url = answer(alice_client, url, genre="jazz")
        assert shown_track(alice_client, url) is None
        url = undo(alice_client, url)
        assert shown_track(alice_client, url) == second
        url = undo(alice_client, url)
        assert shown_track(alice_client, url) == first
        assert alice_client.get(url).context["last_verdict"] is None

    def test_only_ones_own_recent_verdict_on_one_track_can_be_undone(
        self, alice: User, bob: User, track: Track, make_track: MakeTrack
    ) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        assert selectors.undoable_verdict_of(alice)
        assert selectors.undoable_verdict_of(bob) is None
        Verdict.objects.update(created_at=timezone.now() - timedelta(hours=2))
        assert selectors.undoable_verdict_of(alice) is None
        services.genre_set(track=track, person=alice, genre="rock")
        services.genres_set(tracks=Track.objects.filter(pk=make_track().pk), person=alice, genre="pop")
        assert selectors.undoable_verdict_of(alice) is None

    def test_a_verdict_on_anothers_track_is_not_undone_here(self, bob: User, track: Track) -> None:
        services.genre_set(track=track, person=bob, genre="jazz")
        assert selectors.undoable_verdict_of(bob) is None


def test_empty_it_says_what_comes_here(alice_client: Client) -> None:
    assert "the track waits here for you to decide" in text(alice_client)


@pytest.mark.parametrize("tracks", [1, 20])
def test_as_many_queries_for_one_as_for_many(
    alice: User,
    alice_client: Client,
    unsure: MakeTrack,
    django_assert_num_queries: DjangoAssertNumQueries,
    tracks: int,
) -> None:
    for _ in range(tracks):
        unsure()
    services.own_genre_add(owner=alice, name="Ambient")
    # session, user, how many are left, which track, the track, genres, last word, whether a learned version waits,
    # artists, newest playlists, whether files or the model are more often right
    with django_assert_num_queries(11):
        text(alice_client)
