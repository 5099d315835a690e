"""The columns of a list: chosen and kept, as many as there is room for, and sorted by their heads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import ALSO_WIDE, check_page

_SEED = """
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for title, artist, album, year, genre, confidence in [
    ("Night Train", "Oscar Peterson", "Night Train", 1963, "jazz", 0.93),
    ("Blue Monday", "New Order", "Power, Corruption & Lies", 1983, "disco", 0.62),
    ("Paranoid", "Black Sabbath", "Paranoid", 1970, "metal", 0.97),
]:
    TrackFactory(
        owner=owner, title=title, artist=artist, album=album, year=year, duration=200.0,
        heard={"top": genre, "confidence": confidence},
    )
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def titles(page: Page, *expected: str) -> None:
    expect(page.locator(".row-name > a")).to_have_text(list(expected))


def test_a_head_sorts_and_sorts_the_other_way_round(library: Page) -> None:
    page = library
    heads = page.get_by_role("group", name="Column heads")
    expect(heads.locator("[aria-current]")).to_have_text(re.compile(r"Added\s+\(descending\)"))
    heads.get_by_role("link", name="Title").click()
    titles(page, "Blue Monday", "Night Train", "Paranoid")
    expect(heads.locator("[aria-current]")).to_have_text(re.compile(r"Title\s+\(ascending\)"))
    expect(heads.get_by_role("link", name="Title")).to_be_focused()
    expect(page.get_by_label("Sort by").locator("option:checked")).to_have_text("Title")
    heads.get_by_role("link", name="Title").click()
    titles(page, "Paranoid", "Night Train", "Blue Monday")
    expect(page).to_have_url(re.compile("ordering=-title"))
    expect(page.locator("#ordering option:checked")).to_have_text("Title, Z to A")
    heads.get_by_role("link", name="Sure").click()
    titles(page, "Paranoid", "Night Train", "Blue Monday")
    heads.get_by_role("link", name="Artist").click()
    titles(page, "Paranoid", "Blue Monday", "Night Train")
    heads.get_by_role("link", name="Added").click()
    expect(page).not_to_have_url(re.compile("ordering"))


def test_columns_stand_under_their_heads(library: Page) -> None:
    page = library
    page.set_viewport_size({"width": 1920, "height": 1080})
    row = page.locator(".row-track").first
    for name in ("album", "year", "genre", "added"):
        head, cell = page.locator(f".head-{name}").bounding_box(), row.locator(f".row-{name}").bounding_box()
        assert head
        assert cell
        assert abs(head["x"] - cell["x"]) <= 1, name
    check_page(page, "columns", ALSO_WIDE)


def test_columns_are_chosen_and_kept(library: Page) -> None:
    page = library
    row = page.locator(".row-track").first
    expect(row.locator(".row-album")).to_have_text("Paranoid")
    page.get_by_role("button", name="Columns").click()
    choices = page.locator(".columns-menu .dropdown-menu")
    choices.get_by_label("Album").uncheck()
    expect(row.locator(".row-album")).to_be_hidden()
    expect(page.locator(".head-album")).to_be_hidden()
    # The others have moved up, and stand under their heads.
    head, cell = page.locator(".head-genre").bounding_box(), row.locator(".row-genre").bounding_box()
    assert head
    assert cell
    assert abs(head["x"] - cell["x"]) <= 1
    choices.get_by_label("Added").uncheck()

    page.reload()
    expect(row.locator(".row-album")).to_be_hidden()
    expect(row.locator(".row-added")).to_be_hidden()
    page.get_by_role("link", name="Title", exact=True).click()
    titles(page, "Blue Monday", "Night Train", "Paranoid")
    page.get_by_role("button", name="Columns").click()
    expect(choices.get_by_label("Album")).not_to_be_checked()
    choices.get_by_label("Album").check()
    expect(row.locator(".row-album")).to_have_text("Power, Corruption & Lies")
    # On a phone nothing of it is hidden: there are no columns.
    page.set_viewport_size({"width": 360, "height": 740})
    expect(row.locator(".row-added")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (360, {"added"}),
        (940, set()),
        (1080, {"added"}),
        (1280, {"added", "album"}),
        (1920, {"added", "album", "year"}),
    ],
)
def test_as_many_as_there_is_room_for(library: Page, width: int, shown: set[str]) -> None:
    page = library
    page.set_viewport_size({"width": width, "height": 900})
    row = page.locator(".row-track").first
    expect(row.locator(".row-genre")).to_be_visible()
    for name in ("added", "album", "year"):
        expect(row.locator(f".row-{name}")).to_be_visible(visible=name in shown)
