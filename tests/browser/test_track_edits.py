"""Editing several tracks: by hand, from the names of their files, by the genres that these name."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.test_main_job import upload

TITLES = ("Cinders", "Forge", "Anvil")


@pytest.fixture
def three(signed_up: Page, tmp_path: Path) -> Page:
    """A library of three tracks, whose files are named after number, artist and title."""
    page = signed_up
    files = [
        sounds.write(tmp_path / f"{number:02} - The Gravel Kings - {title}.wav", seconds=4, seed=number)
        for number, title in enumerate(TITLES, 1)
    ]
    upload(page, *files)
    expect(page.locator(".row-track .chip")).to_have_count(3)
    page.goto("/")
    return page


def select_and_edit(page: Page, count: int) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    for number in range(count):
        page.locator("[data-select]").nth(number).check()
    page.get_by_role("form", name="Selected tracks").get_by_role("button", name="Edit…").click()
    expect(page.get_by_role("heading", name=f"Edit {count} tracks")).to_be_visible()


def test_by_hand_with_the_keyboard_and_undone(three: Page) -> None:
    page = three
    select_and_edit(page, 2)
    assert page.get_by_label("Title", exact=True).get_attribute("placeholder") == "Several values"
    check_page(page, "tracks-edit")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Artist", exact=True).fill("Ann")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.get_by_role("heading", name="2 of 2 tracks would change")).to_be_in_viewport()
    check_page(page, "tracks-edit-preview", ALSO_WIDE)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.get_by_label("Artist", exact=True)).to_have_value("Ann")
    page.get_by_label("Album", exact=True).fill("Slag")
    page.get_by_label("Album", exact=True).press("Enter")
    expect(page.locator("#messages").get_by_text("Edited artist, album: 2 tracks.")).to_be_visible()
    expect(page.locator(".row-artist", has_text="Ann")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#messages").get_by_text("Undone: Edited artist, album (2 tracks).")).to_be_visible()
    expect(page.locator(".row-artist", has_text="Ann")).to_have_count(0)


def test_from_the_names_of_their_files(three: Page) -> None:
    page = three
    select_and_edit(page, 3)
    page.get_by_role("button", name="From the file’s name").click()
    expect(page.get_by_role("heading", name="3 of 3 tracks would change")).to_be_visible()
    expect(
        page.get_by_role("button", name="Track - Artist - Title", exact=True, pressed=True)
    ).to_be_visible()
    check_page(page, "tracks-edit-filename", ALSO_WIDE)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Track Title", exact=True).click()
    expect(page.get_by_role("insertion").filter(has_text="The Gravel Kings - Anvil")).to_be_visible()
    page.get_by_role("button", name="Track - Artist - Title", exact=True).click()
    expect(
        page.get_by_role("button", name="Track - Artist - Title", exact=True, pressed=True)
    ).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages").get_by_text("Named after the file: 3 tracks.")).to_be_visible()
    for title in TITLES:
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()


def test_as_the_files_say_and_their_genres(three: Page) -> None:
    page = three
    select_and_edit(page, 3)
    page.get_by_label("Title", exact=True).fill("One title")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="One title", exact=True)).to_have_count(3)
    select_and_edit(page, 3)
    page.get_by_role("button", name="As the file says").click()
    expect(page.get_by_role("heading", name="3 of 3 tracks would change")).to_be_visible()
    check_page(page, "tracks-edit-reset")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages").get_by_text("Set as the file says: 3 tracks.")).to_be_visible()

    page.locator("[data-select]").first.check()
    bar = page.get_by_role("form", name="Selected tracks")
    bar.get_by_text("Genre", exact=True).click()
    check_page(page, "selected-genre")
    page.set_viewport_size({"width": 1280, "height": 900})
    bar.get_by_role("button", name="Take the file’s genre…").click()
    expect(page.get_by_text("1 file names no genre that Earmark knows, and is left.")).to_be_visible()
    check_page(page, "tracks-edit-genre")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
