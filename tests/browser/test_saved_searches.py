"""A saved search is changed in the library, which keeps it in mind, and updated from there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page
from tests.browser.test_search import _SEED

_SAVE = """
from library import services
from library.models import User
services.search_save(owner=User.objects.latest("id"), name="Evening jazz", query="genre=jazz")
"""


@pytest.fixture
def searches(signed_up: Page, site: Site) -> Page:
    """On the page of saved searches: "Evening jazz", which finds two of six tracks."""
    site.manage("shell", "-v0", "-c", _SEED)
    site.manage("shell", "-v0", "-c", _SAVE)
    signed_up.goto("/playlists/")
    signed_up.get_by_role("link", name="Saved searches").click()
    return signed_up


def test_changed_with_facets_and_words_updated_and_undone(searches: Page) -> None:
    page = searches
    expect(page.get_by_text("2 tracks")).to_be_visible()
    check_page(page, "saved-searches")
    page.get_by_role("link", name="Evening jazz").click()
    page.get_by_role("link", name="Change search").click()
    rows = page.locator(".row-track")
    expect(rows).to_have_count(2)

    page.get_by_role("button", name="Filters").click()
    page.locator("#facets").get_by_role("link", name=re.compile("^piano")).click()
    expect(rows).to_have_count(1)
    page.locator("#facets").get_by_label("In the last").fill("14")
    page.locator("#facets").get_by_role("button", name="Show").click()
    expect(page.locator(".filter-chips")).to_contain_text("Added in the last 14 days")
    expect(page.locator(".filter-chips")).to_contain_text("piano")
    page.get_by_role("searchbox").fill('"night train" artist:peterson year:1960-1969')
    expect(page).to_have_url(re.compile("search=.*saved=|saved=.*search="))
    expect(rows).to_have_count(1)
    check_page(page, "saved-search-changing")
    page.get_by_role("button", name="Update “Evening jazz”").click()

    expect(page.get_by_role("heading", level=1, name="Evening jazz")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("Updated “Evening jazz”.")
    expect(rows).to_have_count(1)
    expect(page.locator("#playlist-length")).to_contain_text("1 track · 3:00")
    expect(page.locator("#playlist-length")).not_to_contain_text("Jazz")
    check_page(page, "saved-search-updated")
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)
    expect(page.locator(".search-words li")).to_have_text(["Jazz"])
