"""“Needs you”, where several tracks of an album wait: one answer for all of them, by mouse, keys and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

_SEED = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title, genre in (("Wild Is the Wind", "Jazz"), ("Lilac Wine", "Jazz"), ("Break Down and Let It All Out", "")):
    make_audible_track(
        classifier, owner=owner, title=title, artist="Nina", album="Wild Is the Wind", file_genre=genre,
        heard={"label": None, "top": "rock"} if not genre else {"top": "rock", "confidence": 0.9}, duration=5.6,
    )
"""


@pytest.fixture
def questions(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/needs-you/")
    expect(signed_up.locator("[data-strip-timeline]")).to_be_visible()
    return signed_up


def test_one_answer_for_all_by_keys(questions: Page) -> None:
    page = questions
    for_all = page.get_by_label("My answer is for all 3 tracks")
    check_page(page, "needs-you-album")
    page.keyboard.press("a")
    expect(for_all).to_be_checked()
    page.keyboard.press("a")
    expect(for_all).not_to_be_checked()
    for_all.check()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_focused()
    said = page.locator("#messages")
    expect(said).to_contain_text("Set the genre of 3 tracks")
    said.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("My answer is for all 3 tracks")).to_be_visible()


def test_the_files_word(questions: Page) -> None:
    page = questions
    page.get_by_role("button", name="Take the files’ word for 2: Jazz").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Break Down")
    expect(page.get_by_label("My answer is for all")).to_have_count(0)


def test_on_a_phone_the_answers_stay_in_view(questions: Page) -> None:
    page = questions
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    answers = page.locator(".answer-button:visible")
    expect(answers).to_have_count(4)
    for number in range(4):
        expect(answers.nth(number)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Skip for now")).to_be_in_viewport(ratio=1)
    page.get_by_label("My answer is for all 3 tracks").check()
    answers.first.click()
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
