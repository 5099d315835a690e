"""Deleting, the bin, restoring, and deleting permanently: with the mouse and with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload

WIDE = {"width": 1280, "height": 900}


def delete(page: Page, title: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#content").get_by_text(f"Moved “{title}” to the bin.")).to_be_visible()


def test_there_and_back_and_for_good(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("link", name="Bin").click()
    expect(page.locator("#content").get_by_text("The bin is empty.")).to_be_visible()
    check_page(page, "bin-empty")
    page.set_viewport_size(WIDE)

    page.goto("/")
    titles = ["one", "two", "a very long title " * 6 + "three"]
    upload(page, *(sounds.write(tmp_path / f"{t}.wav", seconds=4, seed=n) for n, t in enumerate(titles)))
    expect(page.locator(".tray .chip")).to_have_count(3, timeout=90_000)
    for title in titles:
        delete(page, title)
    check_page(page, "bin-toast")
    page.set_viewport_size(WIDE)

    page.get_by_role("link", name="the bin", exact=True).click()
    expect(page.locator(".bin-row")).to_have_count(3)
    check_page(page, "bin")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Restore one").click()
    expect(page.locator("#content").get_by_text("1 track is back in your library.")).to_be_visible()
    expect(page.locator(".bin-row")).to_have_count(2)

    # With the keyboard alone: select all and restore.
    page.get_by_label("All 2 tracks in the bin").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content").get_by_text("2 tracks are back in your library.")).to_be_visible()

    for title in titles[:2]:
        delete(page, title)
    page.goto("/bin/")
    page.get_by_role("checkbox", name="two").check()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", name="Delete 1 track permanently?")).to_be_visible()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("button", name="Empty the bin").click()
    expect(page.get_by_role("heading", name="Delete 2 tracks permanently?")).to_be_visible()
    check_page(page, "bin-purge")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.locator("#content").get_by_text("2 tracks deleted for good.")).to_be_visible()
    expect(page.locator("#content").get_by_text("The bin is empty.")).to_be_visible()
