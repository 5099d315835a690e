"""Undo on the recent changes page; and a bulk action asks again when the list has changed meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload


@pytest.fixture
def three(signed_up: Page, tmp_path: Path) -> Page:
    """A library of three short tracks."""
    page = signed_up
    upload(page, *(sounds.write(tmp_path / f"song {n}.wav", seconds=4, seed=n) for n in range(3)))
    expect(page.locator(".row-track .chip")).to_have_count(3)
    page.goto("/")
    return page


def tag_all(page: Page, name: str) -> None:
    page.locator("[data-select-all]").check()
    page.locator("summary", has_text="Tag").click()
    page.get_by_label("Add or remove tags").fill(name)
    page.get_by_role("button", name="Add").click()


def test_undo_on_the_recent_changes_page(three: Page) -> None:
    page = three
    tag_all(page, "live")
    expect(page.locator(".notice")).to_contain_text("Tagged “live”: 3 tracks.")
    page.goto("/labels/")
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("link", name="Recent changes").click()
    expect(page.locator(".recent-row")).to_contain_text("Tagged “live”")
    check_page(page, "recent-changes")
    # With the keyboard.
    page.get_by_role("button", name="Undo: Tagged “live”").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Undone: Tagged “live” (3 tracks).")
    expect(page.locator(".recent-row")).to_contain_text("Undone")
    page.goto("/")
    expect(page.locator(".row-track")).to_have_count(3)
    expect(page.get_by_role("link", name="live", exact=True)).to_have_count(0)


def test_a_list_that_has_changed_asks_again(three: Page, tmp_path: Path) -> None:
    page = three
    other = page.context.new_page()
    other.goto("/upload/")
    upload(other, sounds.write(tmp_path / "late.wav", seconds=4, seed=9))
    # It is in the list of uploads, too, when that has refreshed itself.
    expect(other.get_by_role("region", name="Uploads").get_by_role("link", name="late")).to_be_visible()
    other.close()
    tag_all(page, "live")
    expect(page.get_by_role("heading", name="The list has changed")).to_be_visible()
    expect(page.locator(".panel")).to_contain_text("It had 3 tracks when you selected them, and has 4 now.")
    check_page(page, "bulk-changed")
    page.get_by_role("button", name="Continue with 4 tracks").click()
    expect(page.locator(".notice")).to_contain_text("Tagged “live”: 4 tracks.")
