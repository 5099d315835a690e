"""A selection outlives the turn of a page, and ends with its search."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import axe

_SEED = """
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for number in range(53):
    TrackFactory(owner=owner, title=f"Song {number:02}", heard={"top": "jazz", "confidence": 0.9})
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """Fifty-three tracks on two pages, by title."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/?ordering=title")
    return signed_up


def box(page: Page, title: str) -> Locator:
    return page.get_by_label(f"Select {title}", exact=True)


def turn(page: Page, name: str) -> None:
    page.locator(".pages").get_by_role("link", name=name).click()
    expect(page.locator(".row-track")).to_have_count(50 if name == "Previous" else 3)


def test_what_was_selected_on_another_page_takes_part(library: Page) -> None:
    page = library
    bar = page.get_by_role("form", name="Selected tracks")
    box(page, "Song 03").check()
    box(page, "Song 05").check()
    turn(page, "Next")
    expect(bar).to_contain_text("2 selected, 2 on other pages")
    box(page, "Song 51").check()
    expect(bar).to_contain_text("3 selected, 2 on other pages")
    assert axe(page) == []
    turn(page, "Previous")
    expect(bar).to_contain_text("3 selected, 1 on other pages")
    expect(box(page, "Song 03")).to_be_checked()
    box(page, "Song 03").uncheck()
    turn(page, "Next")
    expect(box(page, "Song 51")).to_be_checked()

    bar.get_by_text("Tag", exact=True).click()
    page.get_by_label("Add or remove tags").fill("summer")
    page.keyboard.press("Enter")
    expect(page.locator("[data-toasts]").get_by_text("Tagged “summer”: 2 tracks.")).to_be_visible()
    expect(bar).to_be_hidden()
    page.goto("/?tag=summer&ordering=title")
    expect(page.locator(".row-name > a")).to_have_text(["Song 05", "Song 51"])


def test_it_is_cleared_as_a_whole(library: Page) -> None:
    page = library
    bar = page.get_by_role("form", name="Selected tracks")
    box(page, "Song 03").check()
    turn(page, "Next")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    turn(page, "Previous")
    expect(box(page, "Song 03")).not_to_be_checked()

    box(page, "Song 03").check()
    turn(page, "Next")
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()

    # Another search is another list.
    box(page, "Song 51").check()
    page.get_by_role("searchbox").fill("song")
    expect(page.locator("#track-count")).to_have_text("53 tracks found")
    expect(bar).to_be_hidden()


def test_all_of_the_search_stays_all(library: Page) -> None:
    page = library
    bar = page.get_by_role("form", name="Selected tracks")
    page.locator("[data-select-all]").check()
    expect(bar).to_contain_text("53 selected")
    turn(page, "Next")
    expect(bar).to_contain_text("53 selected")
    expect(page.locator("[data-select-all]")).to_be_checked()
    expect(box(page, "Song 51")).to_be_checked()


def test_a_track_that_is_gone_is_not_selected(library: Page) -> None:
    page = library
    bar = page.get_by_role("form", name="Selected tracks")
    box(page, "Song 03").check()
    box(page, "Song 05").check()
    page.get_by_role("button", name="More for Song 03").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator("#track-count")).to_have_text("52 tracks")
    expect(bar).to_contain_text("1 selected")
    expect(bar).not_to_contain_text("other pages")
