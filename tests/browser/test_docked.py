"""On a very wide screen the filters are docked beside the list, which uses all of its width."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.test_columns import _SEED


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.set_viewport_size({"width": 1920, "height": 1080})
    signed_up.goto("/")
    return signed_up


def test_they_are_there_by_themselves_until_they_are_closed(library: Page) -> None:
    page = library
    panel = page.locator("#facets")
    button = page.get_by_role("button", name="Filters", exact=True)
    rows = page.locator(".row-track")
    expect(panel.get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.activeElement === document.body")
    panel.get_by_role("link", name=re.compile("^Jazz")).click()
    expect(rows).to_have_count(1)
    expect(panel.get_by_role("link", name=re.compile("^Jazz"))).to_have_attribute("aria-current", "true")
    # Also on a page that is loaded without a reload.
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Tracks").click()
    expect(rows).to_have_count(3)
    expect(panel.get_by_role("link", name=re.compile("^Metal"))).to_be_visible()

    narrow = rows.first.bounding_box()
    panel.get_by_role("button", name="Close the filters").click()
    expect(panel).to_be_hidden()
    wide = rows.first.bounding_box()
    assert narrow
    assert wide
    assert wide["width"] > narrow["width"] + 200
    page.reload()
    expect(rows).to_have_count(3)
    expect(panel).to_be_hidden()
    button.click()
    expect(panel).to_be_focused()
    page.reload()
    expect(panel.get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()


def test_all_of_the_width_is_used(library: Page) -> None:
    page = library
    expect(page.locator("#facets").get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()
    right = page.evaluate("document.querySelector('#facets').getBoundingClientRect().right")
    assert 1920 - 48 <= right <= 1920
    check_page(page, "docked", ALSO_WIDE)


def test_a_window_that_becomes_narrower(library: Page) -> None:
    page = library
    panel = page.locator("#facets")
    expect(panel.get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(panel).to_be_hidden()
    expect(page.locator("[data-facets-open]")).to_have_attribute("aria-expanded", "false")
    page.set_viewport_size({"width": 1500, "height": 900})
    expect(panel.get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()


def test_the_list_does_not_move_when_they_come(library: Page) -> None:
    page = library
    page.route("**/facets/**", lambda route: None)  # never answered
    page.reload()
    before = page.locator(".row-track").first.bounding_box()
    page.unroute("**/facets/**")
    page.reload()
    expect(page.locator("#facets").get_by_role("link", name=re.compile("^Jazz"))).to_be_visible()
    assert page.locator(".row-track").first.bounding_box() == before


def test_an_empty_library_has_none(signed_up: Page) -> None:
    page = signed_up
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/")
    expect(page.get_by_text("Your library is empty")).to_be_visible()
    expect(page.locator("#facets")).to_be_hidden()
