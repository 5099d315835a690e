"""Playlists: created from the library, reordered with the keyboard and by dragging, and played."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screenshots import check_page
from tests.browser.test_main_job import long_song, upload
from tests.browser.test_player import STARTED, to_the_end


@pytest.fixture
def playlist(signed_up: Page, tmp_path: Path) -> Page:
    """On the page of a playlist "Late" of three songs: a, b, c."""
    page = signed_up
    page.get_by_role("link", name="Playlists").click()
    check_page(page, "playlists-empty")
    page.get_by_role("link", name="Upload").first.click()
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()
    for number, name in enumerate("abc"):
        upload(page, long_song(tmp_path / f"{name}.wav", seed=number))
        expect(page.locator(".tray-row a")).to_have_count(number + 1)
    page.get_by_role("button", name="Close the list of uploads").click()
    page.get_by_role("link", name="Tracks", exact=True).click()
    sheet = page.get_by_role("dialog")
    for name in "abc":
        page.get_by_role("link", name=f"Add {name} to a playlist").click()
        if name == "a":
            sheet.get_by_label("New playlist").fill("Late")
            sheet.get_by_role("button", name="Create and add").click()
        else:
            sheet.get_by_role("button", name="Late").click()
        expect(sheet.get_by_role("status")).to_have_text("Added to “Late”")
        if name == "c":
            check_page(page, "playlist-added")
            sheet.get_by_role("link", name="Open the playlist").click()
        else:
            sheet.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", level=1, name="Late")).to_be_focused()
    return page


def order(page: Page, expected: str) -> None:
    expect(page.locator(".row-name a")).to_have_text(list(expected))


def test_order_by_keyboard_and_drag_and_played_through(playlist: Page) -> None:
    page = playlist
    order(page, "abc")
    page.get_by_role("link", name="a", exact=True).focus()
    page.keyboard.press("Alt+ArrowDown")
    order(page, "bac")
    expect(page.locator("#content").get_by_text("“a” is number 2 now.")).to_be_attached()
    expect(page.get_by_role("button", name="Move a down")).to_be_focused()
    page.keyboard.press("Enter")
    order(page, "bca")
    page.keyboard.press("Alt+ArrowUp")
    order(page, "bac")

    handle = page.locator("[data-handle]").last.bounding_box()
    first = page.locator(".playlist-row").first.bounding_box()
    assert handle
    assert first
    page.mouse.move(handle["x"] + 5, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(handle["x"] + 5, first["y"] + 40)
    page.mouse.move(handle["x"] + 5, first["y"] + 4)
    page.mouse.up()
    expect(page.locator("#content").get_by_text("“c” is number 1 now.")).to_be_attached()
    page.reload()
    order(page, "cba")

    page.get_by_role("button", name="Remove b").click()
    order(page, "ca")
    page.get_by_role("button", name="Play", exact=True).click()
    title = page.locator("[data-player-title]")
    expect(title).to_have_text("c")
    page.get_by_role("button", name="Queue").click()
    check_page(page, "playlist")
    page.get_by_role("button", name="Close the queue").click()
    expect(page.locator("[data-player-time]")).to_have_text(STARTED)
    to_the_end(page)
    expect(title).to_have_text("a")

    page.get_by_text("Rename").click()
    page.get_by_role("textbox", name="Name").fill("Very late")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="Very late")).to_be_visible()
    page.get_by_role("link", name="Playlists").click()
    expect(page.locator(".playlists")).to_contain_text("2 tracks")
    check_page(page, "playlists")
    page.locator("#content").get_by_role("link", name="Very late").click()
    page.get_by_role("link", name="Delete").click()
    check_page(page, "playlist-delete")
    page.get_by_role("button", name="Delete playlist").click()
    expect(page.locator("#content").get_by_text("Its tracks are still in your library")).to_be_visible()


def test_taking_out_stays_in_place_is_undone_there_and_done_once(playlist: Page) -> None:
    page = playlist
    place = page.get_by_role("button", name="Remove a").bounding_box()
    assert place
    at = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}
    page.mouse.click(**at)
    order(page, "bc")
    # The list has not moved, so that the second click of a double click meets the next track.
    under = page.evaluate("({x, y}) => document.elementFromPoint(x, y).closest('button').ariaLabel", at)
    assert under == "Remove b from the playlist"
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    notice = page.locator("#messages .notice")
    expect(notice).to_contain_text("Removed “a” from “Late”.")
    expect(page.locator("[data-announcer]")).to_contain_text("Removed “a” from “Late”.")
    expect(page.get_by_role("button", name="Remove b")).to_be_focused()
    order(page, "bc")
    check_page(page, "playlist-removed")
    page.set_viewport_size({"width": 1280, "height": 320})  # the list is longer than the window
    expect(notice).to_be_in_viewport(ratio=1)
    notice.get_by_role("button", name="Undo").click()
    order(page, "abc")
    expect(page.get_by_role("button", name="Remove a")).to_be_focused()
    expect(notice).to_contain_text("Undone: Removed “a” from “Late”")
    page.keyboard.press("Enter")
    order(page, "bc")
    page.reload()
    order(page, "bc")
