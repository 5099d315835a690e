"""After an act the focus goes to a place nearby, and screen readers are told what changed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

_SEED = """
from library import services
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for title, genre, tags in [
    ("Night Train", "jazz", ["live", "piano", "vinyl"]),
    ("Strange Fruit", "jazz", ["live"]),
    ("Paranoid", "metal", ["live"]),
]:
    track = TrackFactory(owner=owner, title=title, heard={"top": genre, "confidence": 0.9})
    for name in tags:
        services.track_tag(track=track, name=name)
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def open_track(page: Page, title: str) -> None:
    """With a full load, after which all scripts are there."""
    page.goto(page.get_by_role("link", name=title, exact=True).get_attribute("href") or "")


def test_filters_are_opened_and_closed_with_space(library: Page) -> None:
    page = library
    filters = page.get_by_role("button", name="Filters", exact=True)
    panel = page.locator("#facets")
    expect(filters).to_have_attribute("aria-expanded", "false")
    filters.focus()
    page.keyboard.press("Space")
    expect(panel).to_be_focused()
    expect(filters).to_have_attribute("aria-expanded", "true")
    panel.get_by_role("link", name="Jazz").first.click()
    expect(page.locator(".row-track")).to_have_count(2)
    expect(filters).to_have_attribute("aria-expanded", "true")
    filters.focus()
    page.keyboard.press("Space")
    expect(panel).to_be_hidden()
    expect(filters).to_have_attribute("aria-expanded", "false")
    expect(filters).to_be_focused()


def test_on_a_phone_the_filters_say_that_they_are_closed(library: Page) -> None:
    page = library
    page.set_viewport_size({"width": 390, "height": 844})
    filters = page.locator("[data-facets-open]")
    filters.press("Enter")
    expect(page.locator("#facets")).to_be_focused()
    expect(filters).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(filters).to_have_attribute("aria-expanded", "false")


def test_without_script_filters_lead_to_their_page(library: Page) -> None:
    browser = library.context.browser
    assert browser
    plain = browser.new_context(
        java_script_enabled=False, storage_state=library.context.storage_state(), base_url=library.url
    )
    page = plain.new_page()
    page.goto("/?tag=live")
    page.get_by_role("button", name="Filters", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Filters")
    page.get_by_role("link", name="Metal").first.click()
    expect(page.locator(".row-track")).to_have_count(1)
    plain.close()


def test_a_filter_is_removed(library: Page) -> None:
    page = library
    page.goto("/?genre=jazz&tag=live&tag=piano")
    chips = page.locator(".filter-chips .chip")
    count = page.locator("#track-count")
    expect(count).to_have_text("1 track found")
    chips.nth(1).press("Enter")
    expect(chips).to_have_count(2)
    expect(chips.nth(1)).to_be_focused()
    chips.nth(1).press("Enter")
    expect(chips).to_have_count(1)
    expect(chips.first).to_be_focused()
    expect(count).to_have_text("2 tracks found")
    chips.first.press("Enter")
    expect(page.get_by_role("button", name="Filters", exact=True)).to_be_focused()

    page.goto("/?q=nothing+like+this")
    page.get_by_role("main").get_by_role("link", name="Clear filters").last.press("Enter")
    expect(page.locator(".row-track")).to_have_count(3)
    expect(page.get_by_role("button", name="Filters", exact=True)).to_be_focused()


def test_a_count_that_stays_is_said_again(library: Page) -> None:
    page = library
    page.goto("/?genre=jazz&tag=piano&tag=vinyl")
    page.locator(".filter-chips .chip").last.press("Enter")
    expect(page.locator(".filter-chips .chip")).to_have_count(2)
    expect(page.locator("[data-announcer]")).to_have_text("1 track found")


def test_a_genre_is_confirmed_and_the_verdict_undone(library: Page) -> None:
    page = library
    open_track(page, "Night Train")
    said = page.locator("[data-announcer]")
    page.get_by_role("button", name="Yes, it’s jazz").press("Enter")
    expect(said).to_have_text("Genre: Jazz (Set by hand).")
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(said).to_have_text("Genre: Jazz (Heard by Earmark).")
    expect(page.locator("#track-details :focus")).to_be_visible()

    page.locator("[data-genre-picker]").press("Enter")
    page.get_by_role("button", name="Blues", exact=True).press("Enter")
    expect(said).to_have_text("Genre: Blues (Set by hand).")
    expect(page.locator("#track-details :focus")).to_be_visible()


def test_tags_are_taken_off_and_added(library: Page) -> None:
    page = library
    open_track(page, "Night Train")
    said = page.locator("[data-announcer]")
    tags = page.get_by_role("region", name="Tags")
    tags.get_by_role("button", name="Remove live").press("Enter")
    expect(said).to_have_text("Tag removed: live.")
    expect(tags.get_by_role("button", name="Remove piano")).to_be_focused()
    tags.get_by_role("button", name="Remove vinyl").press("Enter")
    expect(said).to_have_text("Tag removed: vinyl.")
    expect(tags.get_by_role("button", name="Remove piano")).to_be_focused()
    page.keyboard.press("Enter")
    expect(said).to_have_text("Tag removed: piano.")
    expect(tags.get_by_label("New tag")).to_be_focused()
    page.keyboard.type("rainy")
    page.keyboard.press("Enter")
    expect(said).to_have_text("Tag added: rainy.")
    expect(tags.get_by_label("New tag")).to_be_focused()


def test_many_are_confirmed(library: Page) -> None:
    page = library
    page.get_by_label("All 3 tracks").check()
    page.get_by_role("form", name="Selected tracks").get_by_role("button", name="Confirm").press("Enter")
    expect(page.locator(".row-track").first).to_be_focused()
    expect(page.locator("[data-announcer]")).to_contain_text("3 tracks")
