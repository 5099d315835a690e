"""Editing in two tabs, resetting a field to the file's tag, and saving with the Enter key."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload


def test_two_tabs_and_back_to_what_the_file_says(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    tags = {"title": "Blue Train", "artist": "The Ferrymen", "date": "1957"}
    upload(page, sounds.write(tmp_path / "song.mp3", seconds=4, tags=tags))
    expect(page.locator(".row-track .chip")).to_have_count(1, timeout=60_000)
    page.get_by_role("link", name="Blue Train", exact=True).first.click()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", level=1, name="Edit track")).to_be_visible()
    address = page.url
    other = page.context.new_page()
    other.goto(address)

    page.get_by_label("Title", exact=True).fill("Red Train")
    page.get_by_label("Title", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1, name="Red Train")).to_be_visible()

    other.get_by_label("Title", exact=True).fill("Green Train")
    other.get_by_label("Artist", exact=True).fill("Nobody")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("It was changed meanwhile to “Red Train”")).to_be_visible()
    check_page(other, "edit-changed-meanwhile")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("heading", level=1, name="Green Train")).to_be_visible()

    page.goto(address)
    check_page(page, "edit-set-by-hand")
    page.get_by_label("Album", exact=True).fill("Rails")
    page.get_by_role("button", name="Use this as title").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Blue Train")
    expect(page.get_by_label("Album", exact=True)).to_have_value("Rails")
    expect(page.get_by_role("button", name="Use this as title")).to_have_count(0)
    page.get_by_label("Album", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1, name="Blue Train")).to_be_visible()
    expect(page.locator("#content").get_by_text("Rails")).to_be_visible()

    page.goto("/labels/")
    page.get_by_label("New tag").fill("live")
    page.get_by_label("New tag").press("Enter")
    expect(page.locator(".chip.tag.hue-0")).to_have_text("live")
    page.get_by_role("button", name="Colour of live").click()
    page.get_by_role("button", name="Colour 4").click()
    expect(page.locator(".chip.tag.hue-3")).to_have_text("live")
    page.get_by_label("New name of live").fill("on stage")
    page.get_by_label("New name of live").press("Enter")
    expect(page.locator(".chip.tag.hue-3")).to_have_text("on stage")
    check_page(page, "genres-and-tags-renamed")
