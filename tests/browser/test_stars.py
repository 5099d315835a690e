"""Stars and ratings with mouse, keyboard and without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload


@pytest.fixture
def two(signed_up: Page, tmp_path: Path) -> Page:
    """A library of two short tracks."""
    page = signed_up
    songs = [
        sounds.write(tmp_path / f"{name}.mp3", seconds=4, seed=seed, tags={"title": name, "artist": "Ann"})
        for seed, name in enumerate(("Slag", "Cinders"))
    ]
    upload(page, *songs)
    expect(page.locator(".row-track .chip")).to_have_count(2, timeout=60_000)
    page.goto("/")
    return page


def test_a_star_in_place_and_the_list_of_those_that_have_one(two: Page) -> None:
    page = two
    star = page.get_by_role("button", name="Star Slag")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.focus()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    page.keyboard.press("Space")
    expect(star).to_have_attribute("aria-pressed", "false")
    expect(star).to_be_focused()
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("/")
    page.reload()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Star Cinders")).to_have_attribute("aria-pressed", "false")

    page.get_by_role("link", name="Starred", exact=True).click()
    expect(page.locator(".row-track")).to_have_count(1)
    check_page(page, "starred")
    page.set_viewport_size({"width": 1280, "height": 900})

    page.get_by_role("link", name="Slag").first.click()
    expect(page.get_by_role("heading", level=1, name="Slag")).to_be_focused()
    rating = page.get_by_role("group", name="Rating")
    four = rating.get_by_role("button", name="4 stars")
    four.focus()
    page.keyboard.press("Enter")
    expect(four).to_have_attribute("aria-pressed", "true")
    expect(four).to_be_focused()
    check_page(page, "track-rated")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.screenshot(path="build/screenshots/track-rated-1920-dark.png")
    page.keyboard.press("Enter")
    expect(four).to_have_attribute("aria-pressed", "false")
    expect(rating.get_by_role("button", pressed=True)).to_have_count(0)


def test_many_at_once(two: Page) -> None:
    page = two
    for box in page.locator("[data-select]").all():
        box.check()
    bar = page.get_by_role("form", name="Selected tracks")
    bar.get_by_text("More", exact=True).click()
    check_page(page, "selected-more-stars")
    page.set_viewport_size({"width": 1280, "height": 900})
    bar.get_by_role("button", name="Rate 3 stars").click()
    expect(page.locator("[data-toasts]").get_by_text("Rated 3 stars: 2 tracks.")).to_be_visible()
    page.goto("/?rating_min=3&ordering=-rating")
    expect(page.locator(".row-track")).to_have_count(2)
    expect(page.locator("#content").get_by_text("3 ★ and more")).to_be_visible()


def test_without_scripts(two: Page) -> None:
    browser = two.context.browser
    assert browser
    plain: BrowserContext = browser.new_context(
        storage_state=two.context.storage_state(), java_script_enabled=False, base_url=two.url
    )
    page = plain.new_page()
    page.goto("/")
    page.get_by_role("button", name="Star Slag").click()
    expect(page.get_by_role("button", name="Star Slag")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Slag").first.click()
    page.get_by_role("button", name="2 stars").click()
    expect(page.get_by_role("button", name="2 stars")).to_have_attribute("aria-pressed", "true")
    plain.close()
