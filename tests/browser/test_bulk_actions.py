"""Bulk actions: select with mouse and keyboard, act, undo."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload


@pytest.fixture
def four(signed_up: Page, tmp_path: Path) -> Page:
    """A library of four short tracks."""
    page = signed_up
    upload(page, *(sounds.write(tmp_path / f"song {n}.wav", seconds=4, seed=n) for n in range(4)))
    expect(page.locator(".row-track .chip")).to_have_count(4)
    page.goto("/")
    return page


def test_select_tag_and_undo(four: Page) -> None:
    page = four
    bar = page.get_by_role("form", name="Selected tracks")
    boxes = page.locator("[data-select]")
    expect(bar).to_be_hidden()

    boxes.nth(0).check()
    expect(bar).to_contain_text("1 selected")
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    check_page(page, "selected")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()

    # With the keyboard alone: x on a focused row, Ctrl-A in the list.
    page.locator(".row-name a").first.focus()
    page.keyboard.press("x")
    expect(bar).to_contain_text("1 selected")
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("4 selected")

    bar.get_by_text("Tag", exact=True).click()
    page.get_by_label("Add or remove tags").fill("summer")
    check_page(page, "selected-tag")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Add or remove tags").press("Enter")
    toast = page.locator("[data-toasts]")
    expect(toast.get_by_text("Tagged “summer”: 4 tracks.")).to_be_visible()
    check_page(page, "bulk-done")
    page.set_viewport_size({"width": 1280, "height": 900})
    toast.get_by_role("button", name="Undo").click()
    expect(toast.get_by_text("(4 tracks).")).to_be_visible()
    expect(bar).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1280])
def test_genre_of_all_and_delete(four: Page, width: int) -> None:
    page = four
    page.set_viewport_size({"width": width, "height": 740})
    bar = page.get_by_role("form", name="Selected tracks")
    page.get_by_label("All 4 tracks").check()
    expect(bar).to_contain_text("4 selected")
    bar.get_by_text("Genre", exact=True).click()
    bar.get_by_role("button", name="Jazz").click()
    toast = page.locator("[data-toasts]")
    expect(toast.get_by_text("Set the genre of 4 tracks to Jazz.")).to_be_visible()
    expect(page.locator(".row-track .chip.genre-jazz")).to_have_count(4)
    toast.get_by_role("button", name="Undo").click()
    expect(toast.get_by_text("(4 tracks).")).to_be_visible()

    page.locator("[data-select]").first.check()
    page.locator("[data-select]").last.check()
    bar.get_by_text("More", exact=True).click()
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete 2 tracks?")).to_be_visible()
    if width == 1280:
        check_page(page, "bulk-delete")
    page.get_by_role("button", name="Delete them").click()
    expect(page.locator("#content").get_by_text("Deleted 2 tracks.")).to_be_visible()
    expect(page.locator(".row-track")).to_have_count(2)


def test_the_list_stays_where_it_is(four: Page) -> None:
    page = four
    page.set_viewport_size({"width": 1280, "height": 400})
    toast = page.locator("[data-toasts]")
    bar = page.get_by_role("form", name="Selected tracks")
    last = page.locator(".row-track").last
    last.scroll_into_view_if_needed()
    last.locator("[data-select]").check()
    before = page.evaluate("[scrollY, history.length]")
    assert before[0] > 0
    bar.get_by_text("More", exact=True).click()
    bar.get_by_role("button", name="Star", exact=True).click()
    expect(toast).to_contain_text("Starred 1 track.")
    expect(bar).to_be_hidden()
    expect(last).to_be_focused()
    assert page.evaluate("[scrollY, history.length]") == before

    # The bar can be used again, and knows the playlist that it has made.
    last.locator("[data-select]").check()
    bar.get_by_text("Playlist", exact=True).click()
    page.get_by_label("New playlist").fill("Evening")
    page.get_by_label("New playlist").press("Enter")
    expect(toast).to_contain_text("Evening")
    expect(bar).to_be_hidden()
    page.locator("[data-select]").first.check()
    bar.get_by_text("Playlist", exact=True).click()
    expect(page.get_by_label("New playlist")).to_have_value("")
    bar.get_by_role("button", name="Evening").click()
    expect(bar).to_be_hidden()
    page.goto("/playlists/")
    expect(page.locator("#content")).to_contain_text("2 tracks")


def test_what_is_refused_leaves_the_selection(four: Page) -> None:
    page = four
    bar = page.get_by_role("form", name="Selected tracks")
    page.locator("[data-select]").first.check()
    bar.get_by_text("Genre", exact=True).click()
    name = page.locator("#bulk-new-genre")
    name.fill("\u2060")
    name.press("Enter")
    expect(page.locator("[data-toasts] .notice-error")).to_be_visible()
    expect(bar).to_contain_text("1 selected")
    name.fill("Dub")
    name.press("Enter")
    expect(page.locator("[data-toasts]")).to_contain_text("Set the genre of 1 track to Dub.")
    expect(bar).to_be_hidden()


def test_downloads_and_the_way_out_and_back(four: Page, tmp_path: Path) -> None:
    page = four
    page.locator("[data-select]").first.check()
    bar = page.get_by_role("form", name="Selected tracks")
    bar.get_by_text("More", exact=True).click()
    check_page(page, "selected-more")
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_download() as archive:
        bar.get_by_role("button", name="Download originals").click()
    assert zipfile.ZipFile(archive.value.path()).testzip() is None

    page.goto("/account/")
    page.get_by_role("link", name="Export and import").click()
    check_page(page, "exchange")
    with page.expect_download() as export:
        page.get_by_role("link", name="Export as JSON").click()
    page.get_by_label("Export file").set_input_files(export.value.path())
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#content").get_by_text("nothing was changed")).to_be_visible()
    check_page(page, "imported")
