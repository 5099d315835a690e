"""“Needs you” on a phone: question and answers are seen together, and the page stays where it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.waiting import wait_until

_SEED = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title in ("Wild Is the Wind", "Maria", "Only Shallow"):
    make_audible_track(
        classifier, owner=owner, title=title, artist="Nina", heard={"label": None, "top": "rock"}, duration=5.6
    )
"""


@pytest.fixture
def questions(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.set_viewport_size({"width": 390, "height": 844})
    signed_up.goto("/needs-you/")
    expect(signed_up.locator("[data-strip-timeline]")).to_be_visible()
    return signed_up


def test_the_question_and_its_answers_are_seen_together(questions: Page) -> None:
    page = questions
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Play", exact=True).first).to_be_in_viewport(ratio=1)
    answers = page.locator(".answer-button:visible")
    expect(answers).to_have_count(4)
    for number in range(4):
        expect(answers.nth(number)).to_be_in_viewport(ratio=1)
        expect(answers.nth(number).locator(".answer-number")).to_have_text(str(number + 1))
    expect(page.get_by_role("button", name="Something else…")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Skip for now")).to_be_in_viewport(ratio=1)
    # Nothing is below the bar at the bottom.
    covered = page.locator(".review-answers").evaluate(
        "one => one.getBoundingClientRect().bottom > document.querySelector('.rail').getBoundingClientRect().top"
    )
    assert not covered


def test_the_page_stays_where_it_is_after_an_answer(questions: Page) -> None:
    page = questions
    title = page.get_by_role("heading", level=1)
    first = title.inner_text()
    page.mouse.wheel(0, 60)
    wait_until(page, "scrollY > 0 || document.documentElement.scrollHeight <= innerHeight")
    before = page.evaluate("scrollY")
    page.locator(".answer-button").first.click()
    expect(title).not_to_have_text(first)
    expect(title).to_be_focused()
    assert page.evaluate("scrollY") == before


def test_something_else_shows_the_other_answers(questions: Page) -> None:
    page = questions
    title = page.get_by_role("heading", level=1)
    first = title.inner_text()
    page.get_by_role("button", name="Something else…").click()
    expect(page.locator(".answer-button:visible")).to_have_count(10)
    expect(page.locator(".answer-button").nth(4)).to_be_focused()
    expect(page.get_by_label("Or a genre of your own")).to_be_visible()
    page.locator(".answer-button").nth(6).click()
    expect(title).not_to_have_text(first)
    expect(page.locator(".answer-button:visible")).to_have_count(4)
