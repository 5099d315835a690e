"""Tracks are dragged from the list to a playlist in the rail."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

_SEED = """
from library import services
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for title in ("One", "Two", "Three"):
    TrackFactory(owner=owner, title=title, artist="Ann", heard={"top": "jazz"})
services.playlist_add(owner=owner, name="Evening")
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    expect(signed_up.locator(".row-track")).to_have_count(3)
    return signed_up


def rail(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)


def titles_in(page: Page, playlist: str) -> list[str]:
    rail(page, playlist).click()
    expect(page.get_by_role("heading", level=1, name=playlist)).to_be_visible()
    return page.locator("#content .row-name > a").all_inner_texts()


def test_a_row_into_a_playlist(library: Page) -> None:
    page = library
    check_page(page, "library-with-playlists")
    page.locator(".row-track", has_text="Two").locator(".row-length").drag_to(rail(page, "Evening"))
    toast = page.locator("[data-toasts]")
    expect(toast).to_contain_text("Evening")
    assert page.url.endswith("/")
    assert titles_in(page, "Evening") == ["Two"]


def test_by_its_title_and_back_again(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Three", exact=True).drag_to(rail(page, "Evening"))
    toast = page.locator("[data-toasts]")
    expect(toast).to_contain_text("Evening")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Undone")
    assert titles_in(page, "Evening") == []


def test_all_that_are_selected_make_a_new_playlist(library: Page) -> None:
    page = library
    for title in ("Three", "One"):
        page.get_by_role("checkbox", name=f"Select {title}").check()
    page.locator(".row-track", has_text="One").locator(".row-length").drag_to(rail(page, "Playlists"))
    expect(page.locator("[data-toasts]")).to_contain_text("New playlist")
    assert titles_in(page, "New playlist") == ["Three", "One"]


def test_a_row_that_is_not_selected_goes_alone(library: Page) -> None:
    page = library
    page.get_by_role("checkbox", name="Select Three").check()
    page.locator(".row-track", has_text="One").locator(".row-length").drag_to(rail(page, "Evening"))
    expect(page.locator("[data-toasts]")).to_contain_text("Evening")
    assert titles_in(page, "Evening") == ["One"]


def test_dropped_elsewhere_nothing_happens(library: Page) -> None:
    page = library
    page.locator(".row-track", has_text="One").locator(".row-length").drag_to(rail(page, "Moods"))
    expect(page.locator("body.is-dragging-tracks")).to_have_count(0)
    assert titles_in(page, "Evening") == []
