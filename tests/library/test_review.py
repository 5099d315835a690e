"""Review: what waits for review, in which order, what was said, and what failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library import selectors, services
from library.models import Track, User, Verdict
from tests.factories import UserFactory, make_reviewer, signed_in

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]

REVIEW = reverse("admin:library_track_review")
AGREEMENT = reverse("admin:library_track_agreement")
FAILED = reverse("admin:library_track_failed")
PAGES = [REVIEW, AGREEMENT, FAILED]


@pytest.fixture(autouse=True)
def alice_shares(alice: User) -> None:
    services.user_share(user=alice, share=True)


@pytest.fixture
def unsure(make_track: Make) -> Make:
    """Makes tracks the model is not sure of."""

    def make(confidence: float = 0.3, **fields: Any) -> Track:
        return make_track(heard={"label": None, "confidence": confidence}, **fields)

    return make


def shown_track(client: Client, url: str = REVIEW) -> Track | None:
    track = client.get(url).context["track"]
    assert track is None or isinstance(track, Track)
    return track


def say(client: Client, track: Track, genre: str) -> None:
    client.post(reverse("admin:library_track_verdict", args=[track.pk]), {"genre": genre})
    track.refresh_from_db()


class TestReviewQueue:
    def test_the_most_doubtful_first(self, alice: User, bob: User, make_track: Make, unsure: Make) -> None:
        make_track()
        contradicted = make_track(file_genre="Jazz")
        sure_enough, hardly = unsure(0.4), unsure(0.2)
        both = unsure(0.4, file_genre="Jazz")
        services.user_trust_file_genres(user=alice, trust=User.FileGenreTrust.NEVER)
        services.effective_genres_recompute(Track.objects.all())
        overruled = make_track(file_genre="Rock", heard={"confidence": 0.9})
        services.genre_set(track=overruled, person=alice, genre="rock")
        queue = selectors.reviewer_queue_of(bob)
        assert list(queue) == [both, overruled, hardly, sure_enough, contradicted]

    def test_tracks_without_doubt_are_not_queued(self, alice: User, bob: User, unsure: Make) -> None:
        agreed, own = unsure(), unsure()
        unsure(file_genre="Jazz")
        services.genre_set(track=agreed, person=alice, genre="blues")
        shoegaze = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=own, person=alice, genre=shoegaze.key)
        unsure(status="failed")
        assert not selectors.reviewer_queue_of(bob).exists()

    def test_one_reviewers_verdict_is_enough(self, bob: User, unsure: Make) -> None:
        track = unsure()
        carol = make_reviewer(UserFactory())
        say(signed_in(carol), track, "jazz")
        assert not selectors.reviewer_queue_of(bob).exists()
        services.genre_undo(track=track, person=carol)
        assert selectors.reviewer_queue_of(bob).exists()

    def test_own_tracks_are_not_in_the_review_queue(
        self, bob: User, bob_client: Client, unsure: Make
    ) -> None:
        unsure(owner=bob)
        assert "Nothing to review" in bob_client.get(REVIEW).content.decode()

    def test_answer_skip_undo(self, bob_client: Client, unsure: Make) -> None:
        first, second = unsure(0.2, title="First"), unsure(0.3, title="Second")
        page = bob_client.get(REVIEW)
        assert page.context["track"] == first
        assert reverse("admin:library_track_spectrogram", args=[first.pk]) in page.content.decode()
        assert shown_track(bob_client, page.context["skip_url"]) == second
        say(bob_client, first, "jazz")
        assert (first.genre, first.genre_source) == ("jazz", "owner")
        page = bob_client.get(REVIEW)
        assert page.context["track"] == second
        assert "You said jazz" in page.content.decode()
        undo = reverse("admin:library_track_verdict_undo", args=[page.context["last_verdict"].track_id])
        back = bob_client.post(undo, {"next": page.context["undo_next_url"]})
        assert shown_track(bob_client, back["Location"]) == first

    def test_why_it_waits(self, alice: User, bob_client: Client, make_track: Make) -> None:
        track = make_track(file_genre="Jazz")
        services.genre_set(track=track, person=alice, genre="rock")
        page = bob_client.get(REVIEW).content.decode()
        assert "The file says Jazz, its owner says rock, Earmark hears blues, 70 %." in page

    def test_many_at_once(self, bob_client: Client, make_track: Make, unsure: Make) -> None:
        waiting = [
            unsure(0.3, title="Doubtful"),
            unsure(0.2, title="Very doubtful"),
            make_track(title="Not what the file says", file_genre="Jazz"),
        ]
        make_track(title="Settled")
        url = reverse("admin:library_track_changelist") + "?review=waiting"
        page = bob_client.get(url).content.decode()
        assert "Settled" not in page
        assert page.index("Very doubtful") < page.index(">Doubtful")
        rows = [str(track.pk) for track in waiting]
        done = bob_client.post(url, {"action": "confirm_genres", "_selected_action": rows}, follow=True)
        assert "Confirmed 1 track." in done.content.decode()
        assert (
            "2 tracks left unchanged: they have a verdict already, or no sure genre." in done.content.decode()
        )
        assert "Undo</button>" in done.content.decode()
        assert set(Track.objects.values_list("owner_genre", flat=True)) == {"blues", ""}


class TestReviewerVerdicts:
    def test_a_reviewers_verdict_never_before_the_owners(self, alice: User, bob: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        services.genre_set(track=track, person=bob, genre="rock")
        assert track.genre == "jazz"
        services.genre_undo(track=track, person=alice)
        assert track.genre == "rock"
        services.genre_undo(track=track, person=alice)
        assert (track.genre, track.genre_source) == ("blues", "model")

    def test_the_owners_verdict_wins(self, alice: User, bob: User, track: Track) -> None:
        services.genre_set(track=track, person=bob, genre="rock")
        services.genre_set(track=track, person=alice, genre="")
        assert (track.genre, track.genre_source) == ("blues", "model")

    def test_a_reviewer_takes_back_only_their_own(
        self, alice: User, bob_client: Client, track: Track
    ) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        bob_client.post(reverse("admin:library_track_verdict_undo", args=[track.pk]))
        track.refresh_from_db()
        assert track.genre == "jazz"

    def test_the_owner_sees_it_in_the_history(
        self, alice_client: Client, bob_client: Client, track: Track
    ) -> None:
        say(bob_client, track, "rock")
        page = alice_client.get(reverse("track", args=[track.pk])).content.decode()
        assert "A reviewer said rock (it was blues)" in page
        assert "bob@example.org" not in page

    def test_the_owner_sees_whose_it_is(self, alice_client: Client, bob_client: Client, track: Track) -> None:
        say(bob_client, track, "rock")
        whose = re.compile(r"</svg> (You|A reviewer)</dt>")
        page = reverse("track", args=[track.pk])
        assert whose.findall(alice_client.get(page).content.decode()) == ["A reviewer"]
        alice_client.post(reverse("track-genre", args=[track.pk]), {"genre": "jazz"})
        assert whose.findall(alice_client.get(page).content.decode()) == ["You"]

    def test_a_reviewers_verdict_after_the_owner_withdrew_theirs(
        self, alice_client: Client, bob_client: Client, track: Track
    ) -> None:
        page = reverse("track", args=[track.pk])
        for genre in ("jazz", ""):
            alice_client.post(reverse("track-genre", args=[track.pk]), {"genre": genre})
        assert "</svg> You</dt>" in alice_client.get(page).content.decode()
        say(bob_client, track, "rock")
        assert "</svg> A reviewer</dt>" in alice_client.get(page).content.decode()


class TestAgreement:
    def test_by_genre_counts_the_latest_verdicts_in_force(
        self, alice: User, bob: User, make_track: Make
    ) -> None:
        one, two, three = make_track(), make_track(), make_track(heard={"label": None})
        services.genre_set(track=one, person=alice, genre="jazz")
        services.genre_set(track=one, person=alice, genre="blues")
        services.genre_set(track=one, person=bob, genre="rock")
        services.genre_set(track=two, person=bob, genre="jazz")
        services.genre_undo(track=two, person=bob)
        services.genre_set(track=three, person=bob, genre="blues")
        found = selectors.agreement_visible_to(bob).by_genre
        assert found["blues"] == selectors.Agreement(verdict_count=3, agreed=2, sure=2, sure_agreed=1)
        assert found["jazz"].share is None
        assert selectors.agreement_visible_to(bob).by_reviewer == [
            ("bob@example.org", selectors.Agreement(verdict_count=2, agreed=1, sure=1, sure_agreed=0))
        ]

    def test_by_week(self, alice: User, bob: User, make_track: Make) -> None:
        for weeks, genre in ((0, "blues"), (2, "jazz"), (2, "blues"), (60, "blues")):
            word = services.genre_set(track=make_track(), person=alice, genre=genre)
            Verdict.objects.filter(pk=word.pk).update(created_at=timezone.now() - timedelta(weeks=weeks))
        found = list(selectors.agreement_visible_to(bob).by_week.items())
        assert len(found) == 26
        assert all(monday.weekday() == 0 for monday, _ in found)
        assert [counts.verdict_count for _, counts in found[-3:]] == [2, 0, 1]
        assert [counts.share for _, counts in found[-3:]] == [0.5, None, 1.0]

    def test_as_a_picture(self, bob_client: Client, track: Track) -> None:
        assert "No verdicts on these tracks yet" in bob_client.get(AGREEMENT).content.decode()
        say(bob_client, track, "blues")
        page = bob_client.get(AGREEMENT).content.decode()
        assert '<rect width="100%"' in page
        assert 'class="agreement-column"' in page
        assert "style=" not in page.replace('rel="stylesheet"', "")


class TestFailed:
    def test_reasons_and_another_try(self, bob: User, bob_client: Client, make_track: Make) -> None:
        broken, silent = (make_track(status="failed", error_code=code) for code in ("corrupt", "silent"))
        page = bob_client.get(FAILED).content.decode()
        assert broken.error_message in page
        bob_client.post(reverse("admin:library_track_reanalyse", args=[broken.pk]))
        broken.refresh_from_db()
        assert broken.status == "queued"
        bob_client.post(reverse("admin:library_track_reanalyse_failed"), {"code": "silent"})
        silent.refresh_from_db()
        assert silent.status == "queued"
        assert "Nothing failed" in bob_client.get(FAILED).content.decode()

    def test_elsewhere_only_numbers(
        self, bob: User, bob_client: Client, charlie: User, make_track: Make
    ) -> None:
        for number in range(2):
            make_track(owner=charlie, title=f"Secret {number}", status="failed", error_code="silent")
        page = bob_client.get(FAILED).content.decode()
        assert selectors.unshared_failure_counts(bob) == [("silent", 2)]
        assert "not shared" in page
        assert "Secret" not in page
        assert "charlie" not in page
        bob_client.post(reverse("admin:library_track_reanalyse_failed"), {"code": "silent"})
        assert Track.objects.filter(status="failed").count() == 2


class TestWhoMayCome:
    @pytest.mark.parametrize("page", PAGES)
    def test_only_staff_with_rights(
        self, page: str, client: Client, alice_client: Client, charlie: User, charlie_client: Client
    ) -> None:
        for visitor in (client, alice_client, charlie_client):
            assert "/login/?next=/admin/" in visitor.get(page)["Location"]
        charlie.is_staff = True
        charlie.save()
        assert signed_in(charlie).get(page).status_code == 403

    def test_who_may_only_look_changes_nothing(self, bob: User, track: Track) -> None:
        bob.user_permissions.remove(*bob.user_permissions.filter(codename="change_track"))
        client = signed_in(bob)
        for name in ("verdict", "verdict_undo", "reanalyse"):
            assert client.post(reverse(f"admin:library_track_{name}", args=[track.pk])).status_code == 403
        assert client.post(reverse("admin:library_track_reanalyse_failed")).status_code == 403
        assert client.get(REVIEW).status_code == 200

    @pytest.mark.parametrize("page", PAGES)
    def test_nothing_of_who_does_not_share(
        self, page: str, bob_client: Client, charlie: User, make_track: Make
    ) -> None:
        unsure = make_track(owner=charlie, title="Secret", file_genre="Jazz", heard={"label": None})
        make_track(owner=charlie, title="Secret", status="failed")
        services.genre_set(track=unsure, person=charlie, genre="jazz")
        for address in (page, f"{page}?track={unsure.pk}", f"{page}?after=-2.0,{unsure.pk}"):
            shown = bob_client.get(address).content.decode()
            assert "Secret" not in shown
            assert "charlie" not in shown
        assert (
            selectors.agreement_visible_to(make_reviewer(UserFactory())).by_genre["blues"].verdict_count == 0
        )

    def test_a_verdict_on_what_is_no_longer_shared_is_not_shown(
        self, alice: User, bob_client: Client, track: Track
    ) -> None:
        say(bob_client, track, "jazz")
        services.user_share(user=alice, share=False)
        page = bob_client.get(REVIEW)
        assert page.context["last_verdict"] is None
        assert track.title not in page.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_pages_cost_as_many_queries_whatever_there_is(
    page: str, bob: User, bob_client: Client, unsure: Make
) -> None:
    def add() -> None:
        owner = UserFactory(share_with_reviewers=True)
        unsure(owner=owner)
        unsure(owner=owner, status="failed")
        services.genre_set(track=unsure(owner=owner), person=bob, genre="blues")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert bob_client.get(page).status_code == 200
        return len(captured)

    add()
    few = queries()
    for _ in range(10):
        add()
    assert queries() == few
