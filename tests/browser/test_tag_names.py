"""Fields in which tags are typed offer tags that are there: for the last of several, separated by commas."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

#: More tags than a page brings along.
_SEED = """
from library import services
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
track = TrackFactory(owner=owner, title="Night Train")
for number in range(600):
    services.tag_add(owner=owner, name=f"a tag {number:03}")
services.tag_add(owner=owner, name="vinyl")
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_on_the_page_of_a_track(library: Page) -> None:
    page = library
    page.goto(page.get_by_role("link", name="Night Train", exact=True).get_attribute("href") or "")
    field = page.get_by_label("New tag")
    options = page.locator("#tag-names option")
    expect(page.locator("#tag-names option[value=vinyl]")).to_have_count(0)
    field.press_sequentially("vin")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", "vinyl")
    field.press_sequentially("yl")
    field.press("Enter")
    expect(page.locator("[data-announcer]")).to_have_text("Tag added: vinyl.")
    expect(page.get_by_role("button", name="Remove vinyl")).to_be_visible()


def test_for_selected_tracks(library: Page) -> None:
    page = library
    page.locator("[data-select]").first.check()
    page.get_by_role("form", name="Selected tracks").get_by_text("Tag", exact=True).click()
    field = page.get_by_label("Add or remove tags")
    field.press_sequentially("vin")
    options = page.locator(f"#{field.get_attribute('list')} option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", "vinyl")


def choose_the_offered(field: Locator, options: Locator, text: str) -> None:
    """Does what a browser does with what one chooses of its list, by keyboard or mouse: it is the field's text then.

    The list itself belongs to the browser, which does not open it without a window.
    """
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", text)
    field.fill(text)
    field.press("Enter")


def test_of_several_the_last_is_completed_on_the_page_of_a_track(library: Page) -> None:
    page = library
    page.goto(page.get_by_role("link", name="Night Train", exact=True).get_attribute("href") or "")
    field = page.get_by_label("New tag")
    field.press_sequentially("live, vin")
    options = page.locator("#tag-names option")
    choose_the_offered(field, options, "live, vinyl")
    for name in ("live", "vinyl"):
        expect(page.get_by_role("button", name=f"Remove {name}", exact=True)).to_be_visible()


def test_of_several_the_last_is_completed_for_selected_tracks(library: Page) -> None:
    page = library
    page.locator("[data-select]").first.check()
    page.get_by_role("form", name="Selected tracks").get_by_text("Tag", exact=True).click()
    field = page.get_by_label("Add or remove tags")
    field.press_sequentially("live,VIN")
    options = page.locator("#bulk-tags option")
    choose_the_offered(field, options, "live,vinyl")
    expect(page.locator(".notice")).to_contain_text("Tagged “live” and “vinyl”: 1 track.")
    expect(page.locator(".row-tag")).to_have_text(["live", "vinyl"])
