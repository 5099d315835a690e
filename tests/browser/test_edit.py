"""Editing a track: in two tabs, what the file says, the Enter key; and in a dialog over the list and over its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.conftest import Site
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload

_SEED = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title in ("Loomer", "Only Shallow"):
    make_audible_track(classifier, owner=owner, title=title, artist="MBV", heard={"top": "rock"}, duration=30)
"""


def test_two_tabs_and_back_to_what_the_file_says(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    tags = {"title": "Blue Train", "artist": "The Ferrymen", "date": "1957"}
    upload(page, sounds.write(tmp_path / "song.mp3", seconds=4, tags=tags))
    expect(page.locator(".row-track .chip")).to_have_count(1, timeout=60_000)
    page.get_by_role("link", name="Blue Train", exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name="Blue Train")).to_be_visible()
    address = f"{page.url}edit/"
    page.goto(address)
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
    expect(page.locator(".chip.tag.hue-none")).to_have_text("live")
    page.get_by_role("button", name="Colour of live").click()
    page.get_by_role("button", name="Colour 4").click()
    expect(page.locator(".chip.tag.hue-3")).to_have_text("live")
    page.get_by_label("New name of live").fill("on stage")
    page.get_by_label("New name of live").press("Enter")
    expect(page.locator(".chip.tag.hue-3")).to_have_text("on stage")
    check_page(page, "genres-and-tags-renamed")


@pytest.fixture
def two_tracks(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    expect(signed_up.locator(".row-track")).to_have_count(2)
    return signed_up


def test_over_the_list_which_stays(two_tracks: Page) -> None:
    page = two_tracks
    page.get_by_role("link", name="Only Shallow", exact=True).click(button="right")
    page.get_by_role("menuitem", name="Edit").click()
    sheet = page.get_by_role("dialog", name="Edit track")
    check_page(page, "edit-over-the-list")
    sheet.get_by_label("Title", exact=True).fill(" ")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_label("Title", exact=True)).to_have_class(re.compile("is-invalid"))
    expect(sheet.get_by_label("Title", exact=True)).to_be_focused()
    sheet.get_by_label("Title", exact=True).fill("Sometimes")
    sheet.get_by_label("Title", exact=True).press("Enter")
    expect(sheet).to_be_hidden()
    expect(page.locator(".row-name > a")).to_have_text(["Sometimes", "Loomer"])
    expect(page.locator("[data-toasts]")).to_contain_text("Saved “Sometimes”.")
    assert page.url.endswith("/")


def test_over_the_tracks_page_while_it_plays(two_tracks: Page) -> None:
    page = two_tracks
    page.get_by_role("link", name="Loomer", exact=True).click()
    strip = page.locator("[data-strip]")
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    strip.get_by_role("button", name="Play", exact=True).click()
    expect(strip.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    address = page.url
    page.get_by_role("link", name="Edit").click()
    sheet = page.get_by_role("dialog", name="Edit track")
    sheet.get_by_label("Album", exact=True).fill("Loveless")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet).to_be_hidden()
    expect(page.locator("#track-head").get_by_role("link", name="Loveless")).to_be_visible()
    expect(strip.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    assert page.url == address
    page.get_by_role("link", name="Edit").click()
    sheet.get_by_role("link", name="Cancel").click()
    expect(sheet).to_be_hidden()
    assert page.url == address
