"""Verdicts by the owner: confirm, correct, undo, tags, own genres, and the review queue."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: Three tracks that need a verdict, and one that the model is sure of.
_SEED = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title, artist, file_genre, heard in [
    ("Night Train", "Oscar Peterson", "Jazz", {"label": "jazz", "top": "jazz", "confidence": 0.93}),
    ("Wild Is the Wind", "Nina Simone", "Jazz", {"label": "blues", "top": "blues", "confidence": 0.62}),
    ("Maria", "Nina Hagen", "", {"label": None, "top": "rock", "confidence": 0.34}),
    ("Only Shallow", "Loveless", "Shoegaze", {"label": None, "top": "metal", "confidence": 0.41}),
]:
    make_audible_track(
        classifier, owner=owner, title=title, artist=artist, file_genre=file_genre, heard=heard, duration=5.6
    )
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_one_track(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Night Train", exact=True).click()
    known = page.get_by_role("region", name="Genre", exact=True)
    yours = known.locator(".layer").last
    page.locator(".strip[data-ready] [data-strip-seek]").press("ArrowRight")
    expect(page.locator("[data-strip-time]")).to_have_text(
        "0:05 / 0:06"
    )  # as the axis below and the facts say

    known.get_by_role("button", name="Yes, it’s jazz").click()
    expect(yours).to_contain_text("Jazz")
    known.get_by_role("button", name="Something else…").click()
    known.get_by_role("button", name="Blues", exact=True).click()
    expect(yours).to_contain_text("Blues")
    known.get_by_role("button", name="Undo").click()
    expect(yours).to_contain_text("Jazz")
    known.get_by_role("button", name="Something else…").click()
    known.get_by_label("Or a genre of your own").fill("Stride")
    known.get_by_role("button", name="Use").click()
    expect(yours).to_contain_text("Stride")

    tags = page.get_by_role("region", name="Tags")
    tags.get_by_label("New tag").fill("live")
    tags.get_by_label("New tag").press("Enter")
    expect(tags.get_by_role("button", name="Remove live")).to_be_visible()
    expect(tags.get_by_label("New tag")).to_have_value("")
    expect(tags.get_by_label("New tag")).to_be_focused()
    check_page(page, "track-answered")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Edit").click()
    check_page(page, "track-edit")
    page.get_by_label("Title").fill("Night Train (take 2)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="take 2")).to_be_visible()
    expect(page.get_by_role("region", name="Genre", exact=True)).to_contain_text("Stride")


def test_genres_and_tags_of_ones_own(library: Page) -> None:
    page = library
    check_page(page, "library-unsure")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/labels/")
    page.get_by_label("New genre").fill("Shoegaze")
    page.get_by_label("New genre").press("Enter")
    expect(page.locator("#content").get_by_text("Added “Shoegaze” to your genres.")).to_be_visible()
    page.get_by_label("New tag").fill("rainy")
    page.get_by_label("New tag").press("Enter")
    expect(page.get_by_label("New name of rainy")).to_be_visible()
    check_page(page, "genres-and-tags")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("New name of Shoegaze").fill("Dream pop")
    page.get_by_label("New name of Shoegaze").press("Enter")
    expect(page.get_by_label("New name of Dream pop")).to_be_visible()
    page.get_by_role("link", name="Merge or delete Dream pop").click()
    check_page(page, "genre-delete")
    page.get_by_role("button", name="Delete genre").click()
    expect(page.get_by_label("New name of Dream pop")).to_have_count(0)


def test_review_queue_by_keys(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Needs you").click()
    title = page.get_by_role("heading", level=1)
    count = page.locator("#review-queue-count")
    expect(count).to_have_text("3")
    expect(page.get_by_role("heading", name="What is it?")).to_be_visible()
    check_page(page, "needs-you")
    page.set_viewport_size({"width": 1280, "height": 900})

    first = title.inner_text()
    page.keyboard.press("Enter")
    expect(title).not_to_have_text(first)
    expect(title).to_be_focused()
    expect(count).to_have_text("2")
    page.keyboard.press("z")
    expect(title).to_have_text(first)
    expect(count).to_have_text("3")
    page.keyboard.press("s")
    expect(title).not_to_have_text(first)
    for left in ("2", "1"):
        page.keyboard.press("1")
        expect(count).to_have_text(left)
    expect(title).to_have_text("That was the last one")
    page.get_by_role("link", name="Review it again").click()
    expect(title).to_have_text(first)
    expect(title).to_be_focused()
    page.keyboard.press("n")
    # Outside a text field, letters are shortcuts: Z undoes the last answer.
    expect(page.get_by_label("Or a genre of your own")).to_be_focused()
    page.keyboard.type("Shoegaze")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Nothing needs you")
    check_page(page, "needs-you-nothing")
