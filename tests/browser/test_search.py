"""Search in the browser: typing, facets, sorting, going back, saving; on a phone, in a sheet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Site
from tests.browser.screenshots import axe, check_page

_SEED = """
from library.genres import BUILTIN_GENRES
from library.models import Mood, Prediction, Track, User
from library import services
from library.services.analysis import derived_names_recompute
owner = User.objects.latest("id")
songs = [
    ("Night Train", "Oscar Peterson", "jazz", 0.93, 1963, ["piano", "live"]),
    ("Déjà Vu", "Beyoncé", "pop", 0.81, 2006, ["party"]),
    ("Blue Monday", "New Order", "disco", 0.62, 1983, ["party", "vinyl"]),
    ("Strange Fruit", "Nina Simone", "jazz", 0.55, 1965, ["live"]),
    ("Paranoid", "Black Sabbath", "metal", 0.97, 1970, []),
    ("Redemption Song", "Bob Marley", "reggae", 0.74, 1980, ["acoustic"]),
]
for number, (title, artist, genre, confidence, year, tags) in enumerate(songs):
    track = Track(
        owner=owner, original_name=f"{number}.mp3", title=title, artist=artist, year=year, kind="mp3", size=1,
        sha256=f"{owner.pk:032}{number:032}", status="ready", duration=180 + 20 * number,
    )
    derived_names_recompute(track)
    track.save()
    shares = dict.fromkeys(sorted(BUILTIN_GENRES), (1 - confidence) / 9) | {genre: confidence}
    prediction = Prediction.objects.create(
        track=track, model_name="m", model_version="1", label=genre, top=genre, confidence=confidence,
        probabilities=shares, moods={"happy": 0.9 - 0.1 * number},
        segments=[[3 * s, 3 * s + 3, [shares[g] for g in sorted(shares)]] for s in range(60)],
    )
    Track.objects.filter(pk=track.pk).update(prediction=prediction)
    track.refresh_from_db()
    services.prediction_adopt(track=track, prediction=prediction, embedding=[])
    for name in tags:
        services.track_tag(track=track, name=name)
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """A library of six tracks."""
    site.manage("shell", "-v0", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_search_facets_sorting_and_a_saved_search(library: Page) -> None:
    page = library
    rows = page.locator(".row-track")
    expect(rows).to_have_count(6)

    # The list and the address follow what is typed.
    page.keyboard.press("/")
    page.keyboard.type("beyonce")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?search=beyonce$"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("searchbox").fill("")
    expect(rows).to_have_count(6)

    # Beside the list: the facets with their counts.
    page.get_by_role("button", name="Filters").click()
    panel = page.locator("#facets")
    jazz = panel.get_by_role("link", name=re.compile("^Jazz"))
    expect(jazz).to_contain_text("2")
    jazz.click()
    expect(rows).to_have_count(2)
    # The panel has been replaced and has stopped moving.
    expect(jazz).to_have_attribute("aria-current", "true")
    expect(panel.get_by_role("link", name=re.compile("^Metal"))).to_contain_text("1")
    expect(panel.get_by_role("link", name=re.compile("^piano"))).to_contain_text("1")
    panel.get_by_role("link", name="Not piano").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Strange Fruit")
    check_page(page, "search")

    # Each active filter can be removed.
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".filter-chips").get_by_role("link", name="not piano").click()
    expect(rows).to_have_count(2)
    page.get_by_label("Sort by").select_option("title")
    expect(rows.first).to_contain_text("Night Train")
    expect(page).to_have_url(re.compile("ordering=title"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("ordering"))
    expect(rows.first).to_contain_text("Strange Fruit")

    page.get_by_text("Save this search").click()
    page.get_by_label("Name", exact=True).fill("Only jazz")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#content").get_by_text("Saved as “Only jazz”")).to_be_visible()

    page.get_by_role("searchbox").fill("zzz")
    expect(page.locator("#content").get_by_text("Nothing matches")).to_be_visible()
    check_page(page, "search-nothing")
    page.locator(".no-results").get_by_role("link", name="Clear filters").click()
    expect(rows).to_have_count(6)


def test_a_row_is_52_pixels_high_with_cover_and_strip(library: Page) -> None:
    row = library.locator(".row-track").first
    expect(row.locator(".row-strip")).to_be_visible()
    expect(row.locator(".row-strip rect.genre-reggae")).to_have_count(24)
    expect(row.locator(".row-sure")).to_contain_text("74 %")
    expect(row.locator(".row-added")).to_have_text("today")
    box, cover = row.bounding_box(), row.locator(".cover").bounding_box()
    assert box
    assert cover
    assert (round(box["height"]), cover["height"]) == (52, 44)
    library.set_viewport_size({"width": 360, "height": 740})
    expect(row.locator(".row-strip")).to_be_hidden()
    expect(row.locator(".row-sure")).to_be_visible()


def test_on_a_phone_the_filters_are_a_sheet(library: Page) -> None:
    page = library
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="Filters").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "search-sheet-360-light.png")
    assert axe(page) == []
    sheet.get_by_role("link", name=re.compile("^Jazz")).click()
    expect(page.locator(".row-track")).to_have_count(2)
    sheet.get_by_role("button", name="Close the filters").click()
    expect(sheet).to_be_hidden()
    expect(page.locator(".filter-chips").get_by_role("link", name="Jazz")).to_be_visible()


def test_without_script_the_filters_are_a_page(library: Page) -> None:
    page = library
    page.goto("/facets/")
    check_page(page, "filters")
    page.get_by_role("link", name=re.compile("^1960s")).click()
    page.wait_for_url(re.compile(r"/\?year_min=1960&year_max=1969$"))
    expect(page.locator(".row-track")).to_have_count(2)


def test_a_filter_that_is_not_understood_is_named_and_nothing_can_be_done_to_all(library: Page) -> None:
    page = library
    page.goto("/?year_min=2O24&gnere=jazz")
    notice = page.locator("[data-ignored-filters]")
    expect(notice).to_contain_text("“year_min=2O24” was not understood")
    expect(notice).to_contain_text("“gnere=jazz” was not understood")
    expect(page.locator(".row-track")).to_have_count(6)
    expect(page.locator("[data-select-all]")).to_have_count(0)
    check_page(page, "ignored-filters")
    page.get_by_role("link", name="Remove it").first.click()
    expect(notice.get_by_role("paragraph")).to_have_count(1)
    page.get_by_role("link", name="Remove it").click()
    expect(notice).to_have_count(0)
    expect(page.locator("[data-select-all]")).to_have_count(1)


def test_a_search_that_waits_is_dropped_when_the_page_is_left(library: Page) -> None:
    page = library
    # Typed, and left within the 250 ms before a search is sent.
    page.evaluate(
        """() => {
            const field = document.querySelector("[data-search] [name=search]");
            field.value = "jazz";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            document.dispatchEvent(new Event("earmark:leave"));
        }"""
    )
    page.wait_for_timeout(500)
    assert "q=jazz" not in page.url
    page.get_by_role("link", name="Paranoid", exact=True).click()
    page.wait_for_url("**/tracks/*/")
