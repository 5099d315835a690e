"""The genre of a track is chosen in its row: the row changes in place, and the list stays where it was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENSHOTS, Site
from tests.browser.screenshots import axe
from tests.browser.test_row_menu import row

_SEED = """
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for number in range(40):
    TrackFactory(
        owner=owner, title=f"Song {number}", artist="Nina Simone", heard={"top": "jazz", "confidence": 0.9}
    )
TrackFactory(owner=owner, title="Maybe", heard={"label": None, "top": "blues", "confidence": 0.3})
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def genre(page: Page, title: str) -> Locator:
    return row(page, title).locator("[data-row-genre-open]")


def test_the_row_changes_and_the_list_stays(library: Page) -> None:
    page = library
    picker = page.locator("[data-row-genre]")
    toast = page.locator("[data-toasts]")
    genre(page, "Song 12").scroll_into_view_if_needed()
    genre(page, "Song 12").click()
    expect(picker).to_be_visible()
    expect(picker).to_have_accessible_name("Genre of Song 12")
    before = page.evaluate("[scrollY, history.length, location.href]")
    assert before[0] > 300
    page.screenshot(path=SCREENSHOTS / "row-genre.png")
    assert axe(page, but="target-size") == []  # rows lie half below the picker
    picker.get_by_role("button", name="Blues", exact=True).click()
    expect(genre(page, "Song 12")).to_contain_text(re.compile(r"Blues\s*\(Set by hand\)"))
    expect(picker).to_be_hidden()
    expect(toast).to_contain_text("You said blues: “Song 12”.")
    expect(page.locator("[data-announcer]")).to_contain_text("You said blues")
    expect(genre(page, "Song 12")).to_be_focused()
    expect(page.locator(".row-track")).to_have_count(41)
    assert page.evaluate("[scrollY, history.length, location.href]") == before

    toast.get_by_role("button", name="Undo").click()
    expect(genre(page, "Song 12")).to_contain_text(re.compile(r"Jazz\s*\(Heard by Earmark\)"))
    expect(row(page, "Song 12")).to_be_focused()
    expect(toast).to_be_empty()
    assert page.evaluate("[scrollY, history.length, location.href]") == before
    # The same answer once more is another one.
    page.keyboard.press("g")
    picker.get_by_role("button", name="Blues", exact=True).click()
    expect(genre(page, "Song 12")).to_contain_text(re.compile(r"Blues\s*\(Set by hand\)"))


def test_with_the_keyboard_and_a_genre_of_ones_own(library: Page) -> None:
    page = library
    picker = page.locator("[data-row-genre]")
    row(page, "Maybe").focus()
    page.keyboard.press("g")
    expect(picker.get_by_role("button", name="Blues", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(row(page, "Maybe")).to_be_focused()
    page.keyboard.press("g")
    picker.get_by_label("Or a genre of your own").fill("Bebop")
    page.keyboard.press("Enter")
    expect(genre(page, "Maybe")).to_contain_text(re.compile(r"Bebop\s*\(Set by hand\)"))
    expect(row(page, "Maybe").locator(".row-sure")).to_have_text("–")
    # What was said is marked the next time. The keys of the page do not act on what is typed.
    expect(row(page, "Maybe")).to_be_focused()
    page.reload()
    genre(page, "Maybe").press("Enter")
    expect(picker.get_by_role("button", name="Bebop")).to_have_attribute("aria-pressed", "true")
    expect(picker.get_by_role("button", name="Bebop")).to_be_focused()


def test_a_track_that_no_longer_matches_leaves_the_list(library: Page) -> None:
    page = library
    page.goto("/?genre=unsure")
    expect(page.locator(".row-track")).to_have_count(1)
    genre(page, "Maybe").click()
    page.locator("[data-row-genre]").get_by_role("button", name="Country", exact=True).click()
    expect(page.locator(".no-results")).to_be_visible()
    expect(page.locator("[data-toasts]")).to_contain_text("You said country: “Maybe”.")
    page.locator("[data-toasts]").get_by_role("button", name="Undo").click()
    expect(page.locator(".row-track")).to_have_count(1)


def test_what_cannot_be_done_is_said_there(library: Page) -> None:
    page = library
    genre(page, "Maybe").click()
    page.locator("[data-row-genre]").get_by_label("Or a genre of your own").fill("x" * 120)
    page.keyboard.press("Enter")
    expect(page.locator("[data-toasts] .notice-error")).to_contain_text("A name has")
    expect(genre(page, "Maybe")).to_contain_text("Not sure")


def test_on_a_phone_it_is_within_the_window(library: Page) -> None:
    page = library
    page.set_viewport_size({"width": 360, "height": 740})
    genre(page, "Maybe").click()
    picker = page.locator("[data-row-genre]")
    for name in ("Blues", "Rock", "Use"):
        expect(picker.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
