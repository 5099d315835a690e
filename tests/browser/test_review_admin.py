"""The reviewers' pages: the queue with the keyboard, many tracks at once, agreement, failures."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import WIDTHS, axe, check_page

#: Ella shares forty tracks with verdicts, four to review and two that failed; another person shares nothing.
_SEED = """
from datetime import timedelta
from django.utils import timezone
from classifier.inference import Classifier
from library import services
from library.genres import BUILTIN_GENRES
from library.models import Track, User, Verdict
from tests.browser.seeds import make_audible_track
from tests.factories import TrackFactory, UserFactory, make_reviewer
reviewer = make_reviewer(User.objects.latest("id"))
Track.objects.all().delete()
ella = UserFactory(
    email=f"ella{reviewer.pk}@example.org", share_with_reviewers=True, file_genre_trust="never"
)
other = UserFactory(email=f"other{reviewer.pk}@example.org")
classifier = Classifier.load("mfcc-cnn-1")
names = "Night River Stone Gold Summer Train Moon Fire Rain Street".split()
for number in range(40):
    genre = list(BUILTIN_GENRES)[number * 7 % 10]
    word = services.genre_set(
        track=TrackFactory(owner=ella, title=names[number % 10], heard={"top": genre, "confidence": 0.8}),
        person=reviewer if number % 3 else ella, genre="rock" if number % 3 == 1 else genre,
    )
    Verdict.objects.filter(pk=word.pk).update(created_at=timezone.now() - timedelta(weeks=number // 2, days=1))
for title, artist, file_genre, label, confidence in [
    ("Wild Is the Wind", "Nina Simone", "Jazz", None, 0.31), ("Maria", "Nina Hagen", "", None, 0.34),
    ("Kashmir", "The Ordinaires", "Rock", "blues", 0.71), ("Halo", "Lotte", "Country", "blues", 0.84),
]:
    make_audible_track(
        classifier, owner=ella, title=title, artist=artist, album="Live", year=1966, file_genre=file_genre,
        heard={"label": label, "top": "blues", "confidence": confidence},
    )
TrackFactory(owner=ella, title="Cut short", status="failed", error_code="corrupt")
TrackFactory(owner=ella, title="4′33″", status="failed", error_code="silent")
TrackFactory(owner=other, title="Secret", status="failed", error_code="silent")
"""


@pytest.fixture
def reviewer_page(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/admin/library/track/review/")
    return signed_up


def test_one_after_the_other_by_keys(reviewer_page: Page) -> None:
    page = reviewer_page
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("Wild Is the Wind")
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    check_page(page, "review-queue")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("s")
    expect(title).not_to_have_text("Wild Is the Wind")
    second = title.inner_text()
    page.keyboard.press("Enter")
    expect(title).not_to_have_text(second)
    expect(page.get_by_text("You said blues")).to_be_visible()
    page.keyboard.press("z")
    expect(title).to_have_text(second)
    for _ in range(3):
        page.keyboard.press("2")
        expect(title).not_to_have_text(second)
        second = title.inner_text()
    expect(title).to_have_text("That was the last one")
    page.get_by_role("link", name="Review it again").click()
    expect(title).to_have_text("Wild Is the Wind")
    page.keyboard.press("1")
    expect(title).to_have_text("Nothing to review")
    check_page(page, "review-queue-empty")


def test_agreement_and_failures(reviewer_page: Page) -> None:
    page = reviewer_page
    pages = page.get_by_role("navigation", name="Review")
    pages.get_by_role("link", name="Agreement").click()
    expect(page.get_by_role("img", name="Share of verdicts")).to_be_visible()
    check_page(page, "review-agreement")
    pages.get_by_role("link", name="Failed").click()
    expect(page.get_by_text("Secret")).to_have_count(0)
    check_page(page, "review-failed")
    page.get_by_role("button", name="Try again: Cut short").click()
    expect(page.locator("#messages")).to_contain_text("Trying 1 track again.")


def test_many_at_once(reviewer_page: Page) -> None:
    page = reviewer_page
    page.get_by_role("link", name="Many at once").click()
    expect(page.locator(".paginator")).to_contain_text("4 tracks")
    expect(page.locator("#result_list audio")).to_have_count(4)
    # One by one: "Select all" does nothing before Django's script is there.
    for box in page.locator("input.action-select").all():
        box.check()
    page.get_by_label("Action:").select_option(label="Confirm genres")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Confirmed 2 tracks.")).to_be_visible()
    expect(page.get_by_text("2 tracks left unchanged")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".paginator")).to_contain_text("4 tracks")


@pytest.mark.parametrize(
    "address", ["", "library/track/?review=waiting", "library/prediction/", "library/verdict/"]
)
def test_the_admins_own_pages(reviewer_page: Page, address: str) -> None:
    reviewer_page.goto(f"/admin/{address}")
    for theme in ("light", "dark"):
        reviewer_page.emulate_media(color_scheme=theme)
        for width, height in WIDTHS.items():
            reviewer_page.set_viewport_size({"width": width, "height": height})
            # The search field's label is an image with an alternative text, which that rule does not see.
            assert axe(reviewer_page, but="label-title-only") == []
            assert reviewer_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
