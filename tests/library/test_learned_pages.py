"""The pages of what was learned: the versions, what one would change, and what a person decides about that."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.http.shortcuts import message_go_back
from library.models import LearnedModel, LearnedRow, Track, User
from tests.factories import TrackFactory
from tests.learning import make_heard_track, make_misheard_library

pytestmark = pytest.mark.django_db

Status, State = LearnedModel.Status, LearnedRow.State
VERSIONS, OVERVIEW = reverse("learned"), reverse("overview")


@pytest.fixture
def shouts(alice: User) -> list[Track]:
    """Five tracks that the model hears as blues, and that a version makes rock."""
    return make_misheard_library(alice)


@pytest.fixture
def version(alice: User, shouts: list[Track]) -> LearnedModel:
    return fit(alice)


def fit(owner: User) -> LearnedModel:
    services.learned_model_fit_request(owner=owner)
    found = services.learned_model_fit(owner_id=owner.pk)
    assert found is not None
    return found


def url(version: LearnedModel, what: str = "version") -> str:
    return reverse(f"learned-{what}", args=[version.number])


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def send(client: Client, address: str, **fields: object) -> list[str]:
    """Send a form; returns the messages of the page that this leads to."""
    response = client.post(address, fields, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def genres(tracks: list[Track]) -> list[str]:
    found = {track.pk: track.genre for track in Track.objects.all()}
    return [found[track.pk] for track in tracks]


class TestVersions:
    def test_before_anything_was_learned_it_says_what_that_takes(
        self, alice: User, alice_client: Client
    ) -> None:
        services.genre_set(track=make_heard_track(alice, "shout"), person=alice, genre="rock")
        page = text(alice_client, VERSIONS)
        assert "It takes 20 answers about built-in genres, best about many artists." in page
        assert 'You have given <strong class="tabular">1</strong> so far.' in page
        assert "Learn from my answers now" not in page
        assert "Versions" not in page

    def test_learning_is_asked_for_once_and_then_goes_on(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        assert "Learn from my answers now" in text(alice_client, VERSIONS)
        assert send(alice_client, reverse("learned-fit")) == []
        page = text(alice_client, VERSIONS)
        assert "Earmark is learning from your answers." in page
        assert 'hx-trigger="every 3s"' in page
        assert "Learn from my answers now" not in page
        assert send(alice_client, reverse("learned-fit")) == ["Earmark is learning already."]
        services.learned_model_fit(owner_id=alice.pk)
        page = text(alice_client, VERSIONS)
        assert "every 3s" not in page
        assert "See what would change" in page

    def test_one_that_is_finished_while_the_page_is_made_is_shown_or_waited_for(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        asked = itertools.count()

        def finish(execute: Callable[..., Any], *query: Any) -> Any:
            if next(asked) == before:
                services.learned_model_fit(owner_id=alice.pk)
            return execute(*query)

        for before in itertools.count():
            LearnedModel.objects.filter(owner=alice).delete()
            services.learned_model_fit_request(owner=alice)
            asked = itertools.count()
            with connection.execute_wrapper(finish):
                page = text(alice_client, VERSIONS)
            assert "every 3s" in page or "See what would change" in page, f"finished before query {before}"
            if next(asked) <= before:  # the page asked less than that
                return

    def test_how_much_better_a_version_is_and_how_sure_that_is(
        self, alice_client: Client, version: LearnedModel
    ) -> None:
        version.figures |= {"gain": 0.2624, "p_value": 0.0301}
        version.save()
        page = text(alice_client, VERSIONS)
        assert "from 20 answers about 20 artists" in page
        assert (
            "Tested on artists that it had not learned from: your answers are 1.3 times as likely to it as to the "
            "model alone. By chance, that happens at most once in 33 times."
        ) in page

    @pytest.mark.parametrize(
        ("gain", "words"),
        [(0.05, "a little likelier to it than"), (7.0, "more than 100 times as likely to it as")],
    )
    def test_a_gain_that_no_number_says_well(
        self, alice_client: Client, version: LearnedModel, gain: float, words: str
    ) -> None:
        version.figures["gain"] = gain
        version.save()
        assert f"your answers are {words} to the model alone" in text(alice_client, VERSIONS)

    def test_why_one_was_refused(self, alice: User, alice_client: Client) -> None:
        make_misheard_library(alice, open=0)
        refused = fit(alice)
        reason = "What it learned from your 20 answers changes none of your other tracks."
        page = text(alice_client, VERSIONS)
        assert reason in page
        assert "Not good enough" in page
        assert "By chance" not in page
        assert reason in text(alice_client, url(refused))

    def test_stop_using_one_and_go_back_to_it(
        self, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        assert "Go back to this" not in text(alice_client, VERSIONS)
        services.learned_rows_accept(model=version)
        assert "Stop using it" in text(alice_client, VERSIONS)
        assert send(alice_client, reverse("learned-off")) == [
            "Nothing that Earmark has learned is in use now."
        ]
        assert genres(shouts) == ["blues"] * 5
        assert "Go back to this" in text(alice_client, VERSIONS)
        assert send(alice_client, url(version, "activate")) == ["Version 1 is in use now."]
        assert genres(shouts) == ["rock"] * 5


class TestWhatWouldChange:
    def test_it_is_counted(self, alice_client: Client, version: LearnedModel) -> None:
        page = text(alice_client, url(version))
        assert "Earmark has learned. 5 of 26 tracks would change." in page
        assert "21 stay, 20 of them because you said so." in page
        assert "Accept all 5" in page

    def test_by_change_the_most_frequent_first(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        Track.objects.filter(pk=shouts[0].pk).update(genre="", genre_source="")
        changes = alice_client.get(url(fit(alice))).context["changes"]
        assert [(each.change.before, each.change.genre, len(each.rows)) for each in changes] == [
            ("blues", "rock", 4),
            ("", "rock", 1),
        ]

    def test_a_row_has_both_genres_with_their_probabilities(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        assert shouts[0].prediction is not None
        shouts[0].prediction.confidence = 0.71
        shouts[0].prediction.save()
        version = fit(alice)
        version.rows.update(probability=0.83)
        page = text(alice_client, url(version))
        assert '<span>Blues 71 %</span> <span aria-hidden="true">→</span>' in page
        assert "<strong>Rock 83 %</strong>" in page
        assert page.count("data-play=") == 5

    def test_no_number_for_a_genre_that_the_model_did_not_name(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        Track.objects.filter(pk=shouts[0].pk).update(genre="jazz", genre_source="file")
        assert "<span>Jazz</span>" in text(alice_client, url(fit(alice)))

    def test_in_pages(
        self,
        alice: User,
        alice_client: Client,
        version: LearnedModel,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_num_queries(16):
            alice_client.get(url(version))
        tracks = [TrackFactory(owner=alice, title=f"more {number}") for number in range(60)]
        LearnedRow.objects.bulk_create(
            LearnedRow(
                model=version,
                track=track,
                genre="jazz",
                probability=0.9,
                before="blues",
                nearest=[str(tracks[0].pk)],
            )
            for track in tracks
        )
        with django_assert_num_queries(16):
            first = alice_client.get(url(version))
        second = alice_client.get(url(version) + "?page=2")
        shown = [
            [(each.change.genre, each.change.tracks, len(each.rows)) for each in page.context["changes"]]
            for page in (first, second)
        ]
        assert shown == [[("jazz", 60, 50)], [("jazz", 60, 10), ("rock", 5, 5)]]
        assert "Accept 60" in second.text

    def test_each_row_says_why(
        self, alice: User, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        row = version.rows.get(track=shouts[0])
        first, second, third = [Track.objects.get(pk=pk) for pk in row.nearest]

        def why(*answers: Track) -> str:
            links = " and ".join(f'<a href="{each.get_absolute_url()}">{each.title}</a>' for each in answers)
            return f"Like {links}, which you called rock"

        assert why(first, second) in text(alice_client, url(version))
        # What is gone, or is called something else by now, speaks for nothing.
        services.track_delete(track=first)
        services.genre_set(track=second, person=alice, genre="jazz")
        assert selectors.nearest_answers_of(alice, [row]) == {row.pk: [third]}
        LearnedRow.objects.exclude(pk=row.pk).delete()
        assert why(third) in text(alice_client, url(version))
        services.genre_set(track=third, person=alice, genre="jazz")
        page = text(alice_client, url(version))
        assert "which you called" not in page
        assert shouts[0].title in page

    def test_nobody_elses_tracks_are_named(
        self, alice: User, charlie: User, shouts: list[Track], version: LearnedModel
    ) -> None:
        foreign = TrackFactory(owner=charlie)
        services.genre_set(track=foreign, person=charlie, genre="rock")
        row = version.rows.get(track=shouts[0])
        row.nearest = [str(foreign.pk)]
        assert selectors.nearest_answers_of(alice, [row]) == {row.pk: []}

    def test_an_earlier_version_is_only_shown(
        self, alice: User, alice_client: Client, version: LearnedModel
    ) -> None:
        fit(alice)
        page = text(alice_client, url(version))
        assert "Version 1 is not in use" in page
        assert "Accept" not in page
        assert send(alice_client, url(version, "accept"), expected=5) == [
            "This version does not wait for you any more: there is a newer one."
        ]


class TestDeciding:
    def test_all(self, alice_client: Client, shouts: list[Track], version: LearnedModel) -> None:
        assert send(alice_client, url(version, "accept"), expected=5) == ["Accepted for 5 tracks."]
        assert genres(shouts) == ["rock"] * 5
        page = text(alice_client, url(version))
        assert "Version 1 is in use" in page
        assert ">5 accepted,</span>" in page
        assert ">0 skipped,</span> 0 not decided." in page

    def test_one_change(self, alice: User, alice_client: Client, shouts: list[Track]) -> None:
        Track.objects.filter(pk=shouts[0].pk).update(genre="", genre_source="")
        version = fit(alice)
        form = {"before": "blues", "genre": "rock", "expected": 4}
        assert send(alice_client, url(version, "accept"), **form) == ["Accepted for 4 tracks."]
        assert genres(shouts) == [""] + ["rock"] * 4
        form = {"before": "", "genre": "rock", "expected": 1}
        assert send(alice_client, url(version, "skip"), **form) == ["1 track stays as before."]
        assert genres(shouts)[0] == ""

    def test_one_track_also_after_it_was_skipped(
        self, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        form = {"track": shouts[1].pk, "before": "blues", "genre": "rock", "expected": 5}
        assert send(alice_client, url(version, "skip"), **form) == ["1 track stays as before."]
        page = text(alice_client, url(version))
        assert "4 of 26 tracks would change" in page
        assert f'aria-label="Accept {shouts[1].title}"' in page
        assert f'aria-label="Skip {shouts[1].title}"' not in page
        assert send(alice_client, url(version, "accept"), **form) == ["Accepted for 1 track."]
        assert genres(shouts) == ["blues", "rock", "blues", "blues", "blues"]

    def test_only_what_was_shown(
        self, alice: User, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        services.genre_set(track=shouts[0], person=alice, genre="jazz")
        refused = ["This was meant for 5 tracks, but it is about 4 tracks now. Nothing was changed."]
        for fields in ({}, {"before": "blues", "genre": "rock"}):
            for what in ("accept", "skip"):
                assert send(alice_client, url(version, what), expected=5, **fields) == refused
        assert genres(shouts) == ["jazz"] + ["blues"] * 4
        assert set(version.rows.values_list("state", flat=True)) == {State.PROPOSED}
        assert send(alice_client, url(version, "accept"), expected=4) == ["Accepted for 4 tracks."]

    def test_a_form_that_says_no_number_changes_nothing(
        self, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        send(alice_client, url(version, "accept"))
        assert genres(shouts) == ["blues"] * 5

    def test_it_leads_back_to_the_same_page(self, alice_client: Client, version: LearnedModel) -> None:
        here = url(version) + "?page=2"
        response = alice_client.post(url(version, "accept"), {"expected": 5, "next": here})
        assert (response.status_code, response["Location"]) == (302, here)


class TestGoingBack:
    def back_url(self, client: Client, version: LearnedModel, **fields: object) -> str | None:
        response = client.post(url(version, "accept"), fields, follow=True)
        (message,) = response.context["messages"]
        offered = 'type="submit"' in response.text.partition('id="messages"')[2].partition("<h1")[0]
        label, address = message_go_back(message)
        assert label in ("Go back", "")
        assert offered == bool(address)
        return address or None

    def test_to_what_was_in_use_before(
        self, alice: User, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        address = self.back_url(alice_client, version, track=shouts[0].pk)
        assert address == reverse("learned-off")
        second = fit(alice)
        address = self.back_url(alice_client, second, expected=4)
        assert address == url(version, "activate")
        assert genres(shouts) == ["rock"] * 5
        send(alice_client, address)
        assert genres(shouts) == ["rock"] + ["blues"] * 4

    def test_not_offered_for_more_of_the_version_in_use(
        self, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        self.back_url(alice_client, version, track=shouts[0].pk)
        assert self.back_url(alice_client, version, track=shouts[1].pk) is None


class TestItNeverNags:
    def test_nothing_is_said_without_a_candidate(
        self, alice: User, alice_client: Client, shouts: list[Track]
    ) -> None:
        for address in (OVERVIEW, reverse("needs-you")):
            assert "would change" not in text(alice_client, address)

    def test_one_line_and_one_card_while_there_is_one(
        self, alice: User, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        for address in (OVERVIEW, reverse("needs-you")):
            page = text(alice_client, address)
            assert page.count("5 tracks would change.") == 1
            assert url(version) in page
        services.learned_rows_skip(model=version)
        for address in (OVERVIEW, reverse("needs-you")):
            assert "would change" not in text(alice_client, address)

    def test_nor_when_every_track_has_been_answered(
        self, alice: User, alice_client: Client, shouts: list[Track], version: LearnedModel
    ) -> None:
        for track in shouts:
            services.genre_set(track=track, person=alice, genre="jazz")
        assert "would change" not in text(alice_client, OVERVIEW)


class TestOthers:
    @pytest.mark.parametrize("person", ["bob_client", "charlie_client"])
    def test_it_is_not_there(
        self, person: str, version: LearnedModel, shouts: list[Track], request: pytest.FixtureRequest
    ) -> None:
        client: Client = request.getfixturevalue(person)
        assert client.get(url(version)).status_code == 404
        assert "Version 1" not in text(client, VERSIONS)
        assert "would change" not in text(client, OVERVIEW)
        for what in ("accept", "skip", "activate"):
            assert send(client, url(version, what), expected=5) == ["That version is no longer there."]
        send(client, reverse("learned-off"))
        send(client, reverse("learned-fit"))
        version.refresh_from_db()
        assert version.status == Status.CANDIDATE
        assert set(version.rows.values_list("state", flat=True)) == {State.PROPOSED}

    def test_numbers_beyond_any_version(self, alice_client: Client, version: LearnedModel) -> None:
        assert alice_client.get(f"{VERSIONS}{10**30}/").status_code == 404
