"""Whether Earmark keeps up with its owner: agreement by month and genre, and the line that says it has fallen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from library import services
from library.models import LearnedModel, LearnedRow, Track, User, Verdict
from library.selectors.keeping_up import Fall, agreement_of
from tests.learning import answer_in_month, make_heard_track, make_misheard_library, months_ago

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OVERVIEW = "/overview/"


def falls(owner: User) -> list[str]:
    return [fall.genre for fall in agreement_of(owner).falls]


def text(client: Client) -> str:
    return " ".join(unescape(client.get(OVERVIEW).content.decode()).split())


class TestByMonth:
    def test_each_month_and_genre(self, alice: User) -> None:
        answer_in_month(alice, agreed=3, of=4, month=2)
        answer_in_month(alice, agreed=1, of=2, month=0)
        answer_in_month(alice, agreed=0, of=1, month=0, heard="jazz")
        found = agreement_of(alice)
        assert list(found.by_month) == [months_ago(2), months_ago(1), months_ago(0)]
        counts = [share and (share.agreed, share.answers) for share in found.by_month.values()]
        assert counts == [(3, 4), None, (1, 3)]
        by_genre = found.by_genre[months_ago(0)]
        assert {genre: (share.agreed, share.answers) for genre, share in by_genre.items()} == {
            "blues": (1, 2),
            "jazz": (0, 1),
        }
        assert found.by_genre[months_ago(1)] == {}

    def test_the_interval(self, alice: User) -> None:
        answer_in_month(alice, agreed=3, of=4, month=0)
        share = agreement_of(alice).by_month[months_ago(0)]
        assert share
        assert share.interval == pytest.approx((0.3006, 0.9544), abs=1e-3)

    def test_tracks_of_one_artist_are_worth_less(self, alice: User) -> None:
        answer_in_month(alice, agreed=8, of=8, month=0, artist="One Artist")
        answer_in_month(alice, agreed=2, of=2, month=0)
        share = agreement_of(alice).by_month[months_ago(0)]
        assert share
        assert (share.agreed, share.answers) == (10, 10)
        assert share.effective == pytest.approx(10**2 / (8**2 + 2))
        assert share.interval[0] < 0.35

    def test_a_year_at_most(self, alice: User) -> None:
        answer_in_month(alice, agreed=1, of=1, month=12)
        answer_in_month(alice, agreed=1, of=1, month=11)
        assert next(iter(agreement_of(alice).by_month)) == months_ago(11)
        assert len(agreement_of(alice).by_month) == 12

    def test_only_what_holds_and_what_the_model_knows(self, alice: User, bob: User) -> None:
        undone, changed, own, binned, reviewed = (
            make_heard_track(alice, "noise", number, heard={"top": "blues"}) for number in range(5)
        )
        services.genre_set(track=undone, person=alice, genre="rock")
        services.genre_undo(track=undone, person=alice)
        services.genre_set(track=changed, person=alice, genre="rock")
        services.genre_set(track=changed, person=alice, genre="blues")
        services.genre_set(track=own, person=alice, genre=services.own_genre_add(owner=alice, name="Dub").key)
        services.genre_set(track=binned, person=alice, genre="rock")
        services.track_delete(track=binned)
        services.genre_set(track=reviewed, person=bob, genre="rock")
        share = agreement_of(alice).by_month[months_ago(0)]
        assert share
        assert (share.agreed, share.answers) == (1, 1)

    def test_by_the_persons_calendar(self, alice: User, make_track: MakeTrack) -> None:
        track = make_heard_track(alice, "noise")
        verdict = services.genre_set(track=track, person=alice, genre="blues")
        with timezone.override("Europe/Berlin"):
            edge = datetime(*months_ago(0).timetuple()[:3], 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
            Verdict.objects.filter(pk=verdict.pk).update(created_at=edge)
            assert list(agreement_of(alice).by_month) == [months_ago(0)]
        with timezone.override("UTC"):
            assert next(iter(agreement_of(alice).by_month)) == edge.astimezone(UTC).date().replace(day=1)

    def test_only_ones_own(self, alice: User, charlie: User) -> None:
        answer_in_month(alice, agreed=1, of=1, month=0)
        assert agreement_of(charlie).by_month == {months_ago(0): None}


def test_what_was_learned_is_what_earmark_said(alice: User) -> None:
    """The model heard blues, a version made it rock; then its owner says rock."""
    tracks = make_misheard_library(alice)
    services.learned_model_fit_request(owner=alice)
    version = services.learned_model_fit(owner_id=alice.pk)
    assert version
    services.learned_rows_accept(model=version, track_ids=[tracks[0].pk])
    Verdict.objects.all().delete()
    services.genre_set(track=tracks[0], person=alice, genre="rock")
    services.genre_set(track=tracks[1], person=alice, genre="rock")
    by_genre = agreement_of(alice).by_genre[months_ago(0)]
    assert {genre: (share.agreed, share.answers) for genre, share in by_genre.items()} == {
        "blues": (0, 1),
        "rock": (1, 1),
    }
    # What was set by hand before is nobody's prediction.
    services.genre_set(track=tracks[1], person=alice, genre="jazz")
    assert set(agreement_of(alice).by_genre[months_ago(0)]) == {"blues", "rock"}


class TestFalls:
    def test_by_more_than_chance(self, alice: User) -> None:
        answer_in_month(alice, agreed=18, of=20, month=5)
        answer_in_month(alice, agreed=4, of=12, month=1)
        answer_in_month(alice, agreed=10, of=10, month=5, heard="jazz")
        answer_in_month(alice, agreed=9, of=10, month=0, heard="jazz")
        [fall] = agreement_of(alice).falls
        assert isinstance(fall, Fall)
        assert (fall.genre, fall.recent.agreed, fall.recent.answers) == ("blues", 4, 12)
        assert (fall.before.agreed, fall.before.answers) == (18, 20)
        assert agreement_of(alice).since == months_ago(2)

    def test_a_little_is_chance(self, alice: User) -> None:
        answer_in_month(alice, agreed=18, of=20, month=5)
        answer_in_month(alice, agreed=9, of=12, month=1)
        assert falls(alice) == []

    def test_few_answers_tell_nothing(self, alice: User) -> None:
        answer_in_month(alice, agreed=20, of=20, month=5)
        answer_in_month(alice, agreed=0, of=7, month=1)
        assert falls(alice) == []

    def test_many_tracks_of_one_artist_are_few_answers(self, alice: User) -> None:
        answer_in_month(alice, agreed=20, of=20, month=5)
        answer_in_month(alice, agreed=0, of=20, month=1, artist="One Artist")
        assert falls(alice) == []

    def test_a_little_everywhere_is_a_fall_of_all(self, alice: User) -> None:
        for heard in ("blues", "jazz", "metal"):
            answer_in_month(alice, agreed=10, of=10, month=5, heard=heard)
            answer_in_month(alice, agreed=7, of=10, month=1, heard=heard)
        assert falls(alice) == [""]

    def test_a_rise_is_none(self, alice: User) -> None:
        answer_in_month(alice, agreed=2, of=20, month=5)
        answer_in_month(alice, agreed=12, of=12, month=1)
        assert falls(alice) == []


class TestOverview:
    LINE = "Earmark is right less often about blues (6 of 12 answers, before 18 of 20)."

    @pytest.fixture
    def fallen(self, alice: User) -> None:
        answer_in_month(alice, agreed=18, of=20, month=5)
        answer_in_month(alice, agreed=6, of=12, month=1)

    @pytest.mark.usefixtures("fallen")
    def test_one_line_says_so_and_offers_to_learn(self, alice: User, alice_client: Client) -> None:
        page = text(alice_client)
        since = months_ago(2).strftime("%B")
        assert page.count(f"Since {since}, {self.LINE}") == 1
        assert page.count("Learn from my answers now") == 1
        assert alice_client.post("/learned/fit/").status_code == 302
        # It is being done.
        assert self.LINE not in text(alice_client)

    @pytest.mark.usefixtures("fallen")
    def test_a_version_that_waits_is_the_one_line(self, alice: User, alice_client: Client) -> None:
        version = LearnedModel.objects.create(owner=alice, number=1, status="candidate")
        track = make_heard_track(alice, "shout")
        LearnedRow.objects.create(model=version, track=track, genre="rock", probability=0.9, before="blues")
        page = text(alice_client)
        assert "See what would change" in page
        assert self.LINE not in page

    @pytest.mark.usefixtures("fallen")
    def test_what_was_tried_in_vain_is_not_offered(self, alice: User, alice_client: Client) -> None:
        LearnedModel.objects.create(owner=alice, number=1, status="refused", reason="not_better")
        page = text(alice_client)
        assert self.LINE in page
        assert "See what was learned" in page
        assert "Learn from my answers now" not in page

    def test_nothing_is_said_where_nothing_has_fallen(self, alice: User, alice_client: Client) -> None:
        answer_in_month(alice, agreed=9, of=10, month=5)
        answer_in_month(alice, agreed=9, of=10, month=1)
        assert "right less often" not in text(alice_client)

    def test_a_picture_and_a_table(self, alice: User, alice_client: Client) -> None:
        answer_in_month(alice, agreed=3, of=4, month=2)
        answer_in_month(alice, agreed=1, of=1, month=0, heard="jazz")
        page = text(alice_client)
        assert re.findall(r'<rect x="1" y="(\d+)" width="8" height="(\d+)"', page) == [
            ("25", "75"),
            ("0", "100"),
        ]
        assert re.findall(r'<path d="M5 (\d+)V(\d+)', page) == [("70", "5"), ("79", "0")]
        rows = re.findall(r'<th scope="row">(.*?</tr> <tr>.*?)</tr>', page)
        shown = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]
        assert shown == [
            f"{months_ago(2):%b %Y} 3 of 4 30–95 % Blues 3 of 4 (30–95 %)",
            f"{months_ago(0):%b %Y} 1 of 1 21–100 % Jazz 1 of 1 (21–100 %)",
        ]

    def test_one_month_makes_no_picture(self, alice: User, alice_client: Client) -> None:
        answer_in_month(alice, agreed=1, of=1, month=0)
        assert "Month by month" not in text(alice_client)

    def test_as_many_queries_whatever_there_is(
        self, alice: User, alice_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        answer_in_month(alice, agreed=1, of=1, month=0)
        for more in (0, 6):
            answer_in_month(alice, agreed=more // 2, of=more, month=more)
            with django_assert_num_queries(2):
                agreement_of(alice)
