"""The rows of a playlist: played, answered, edited and taken out where they stand, as those of the library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Site
from tests.browser.screenshots import ALSO_WIDE, axe, check_page
from tests.browser.test_row_menu import choose, queue, row, sound_on

#: A playlist of four tracks, of which the last is there twice, the second time at the end.
_SEED = """
from library import services
from library.models import PlaylistItem, Track, User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
playlist = services.playlist_add(owner=owner, name="Late")
for title, artist, album, heard in [
    ("Maria", "Blondie", "No Exit", {"top": "pop", "confidence": 0.9}),
    ("Paranoid", "Black Sabbath", "Paranoid", {"top": "metal", "confidence": 0.8}),
    ("A title that is much longer than there is room for in a row", "The Royal Philharmonic Orchestra",
     "An album with a long title, too", {"label": None, "top": "blues", "confidence": 0.3}),
    ("Alone", "", "", {"top": "jazz", "confidence": 0.9}),
]:
    track = TrackFactory(owner=owner, title=title, artist=artist, album=album, heard=heard)
    services.track_tag(track=track, name="late")
    services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
PlaylistItem.objects.create(playlist=playlist, track=track, position=1_000_000)
"""

NEWS = "[data-toasts]"


@pytest.fixture
def playlist(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    signed_up.get_by_role("link", name="Late", exact=True).click()
    expect(signed_up.get_by_role("heading", level=1, name="Late")).to_be_focused()
    return signed_up


def titles(page: Page) -> list[str]:
    return [name[:8] for name in page.locator(".row-name > a").all_inner_texts()]


def test_they_look_like_those_of_the_library(playlist: Page) -> None:
    page = playlist
    check_page(page, "playlist-rows", ALSO_WIDE)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(row(page, "Paranoid").locator(".row-strip")).to_be_visible()
    for cell in (".row-strip", ".row-sure", ".row-length", ".row-tag", ".star-button", "[data-move='1']"):
        expect(row(page, "Paranoid").locator("xpath=ancestor::li").locator(cell).first).to_be_visible()
    heights = page.eval_on_selector_all(".playlist-row", "rows => rows.map((one) => one.offsetHeight)")
    assert max(heights) <= 54
    # Also where a track is there twice.
    ids = page.eval_on_selector_all("#content [id]", "all => all.map(({ id }) => id)")
    assert sorted(ids) == sorted(set(ids))


def test_a_double_click_and_enter_play_from_there(playlist: Page) -> None:
    page = playlist
    sound_on(page)
    row(page, "Paranoid").locator(".row-length").dblclick()
    expect(page.locator("[data-player-title]")).to_have_text("Paranoid")
    assert [title[:8] for title in queue(page)][-3:] == ["A title ", "Alone", "Alone"]
    row(page, "Maria").focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "Paranoid")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("[data-player-title]")).to_have_text("Maria")
    choose(page, "Paranoid", "Play next")
    assert [title[:8] for title in queue(page)][:3] == ["Maria", "Paranoid", "Paranoid"]


def test_a_genre_is_chosen_in_its_row(playlist: Page) -> None:
    page = playlist
    chip = row(page, "Paranoid").locator("[data-row-genre-open]")
    chip.click()
    page.locator("[data-row-genre]").get_by_role("button", name="Blues", exact=True).click()
    expect(chip).to_contain_text(re.compile(r"Blues\s*\(Set by hand\)"))
    expect(chip).to_be_focused()
    expect(page.locator(NEWS)).to_contain_text("You said blues")
    expect(page.get_by_role("heading", level=1)).to_have_text("Late")
    # What is taken out then says so in the toast's place.
    row(page, "Maria").locator("xpath=ancestor::li").get_by_role("button", name="Remove Maria").click()
    expect(page.locator("#messages .notice")).to_contain_text("Removed “Blondie – Maria” from “Late”.")
    expect(page.locator(NEWS)).to_be_empty()
    expect(page.get_by_role("button", name="Remove Paranoid")).to_be_focused()
    # And the other way round, by keyboard.
    row(page, "Paranoid").focus()
    page.keyboard.press("g")
    page.locator("[data-row-genre]").get_by_role("button", name="Rock", exact=True).click()
    expect(chip).to_contain_text(re.compile(r"Rock\s*\(Set by hand\)"))
    expect(page.locator("#messages .notice")).to_have_count(0)
    page.locator(NEWS).get_by_role("button", name="Undo").click()
    expect(chip).to_contain_text(re.compile(r"Blues\s*\(Set by hand\)"))


def test_a_star_where_a_track_is_there_twice(playlist: Page) -> None:
    stars = playlist.get_by_role("button", name="Star Alone")
    stars.last.click()
    expect(stars.last).to_have_attribute("aria-pressed", "true")
    expect(stars.last).to_be_focused()
    playlist.reload()
    expect(stars.first).to_have_attribute("aria-pressed", "true")


def test_taken_out_by_the_menu_and_put_back(playlist: Page) -> None:
    page = playlist
    before = titles(page)
    row(page, "Paranoid").get_by_role("button", name="More for Paranoid").click()
    expect(page.get_by_role("menuitem", name="Go to artist")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / "playlist-row-menu.png")
    assert axe(page, but="target-size") == []  # rows lie half below the menu
    page.get_by_role("menuitem", name="Take out of this playlist").click()
    expect(page.locator(".playlist-row")).to_have_count(4)
    expect(page.locator("[data-announcer]")).to_contain_text(
        "Removed “Black Sabbath – Paranoid” from “Late”."
    )
    expect(page.locator("#messages .notice")).to_be_in_viewport(ratio=1)
    expect(row(page, "A title that is much longer than there is room for in a row")).to_be_focused()
    page.locator("#messages .notice").get_by_role("button", name="Undo").click()
    expect(page.locator(".playlist-row")).to_have_count(5)
    assert titles(page) == before
    # Of a track that is there twice, the one that was meant.
    page.get_by_role("button", name="More for Alone").last.click()
    page.get_by_role("menuitem", name="Take out of this playlist").click()
    expect(page.locator(".playlist-row")).to_have_count(4)
    assert titles(page) == before[:4]
    expect(row(page, "Alone")).to_be_focused()


def test_edited_over_the_page(playlist: Page) -> None:
    page = playlist
    choose(page, "Paranoid", "Edit")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Iron Man")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Iron Man")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Late")
    assert titles(page) == ["Maria", "Iron Man", "A title ", "Alone", "Alone"]


def test_a_focused_row_is_moved_and_keeps_the_focus(playlist: Page) -> None:
    page = playlist
    row(page, "Maria").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#content").get_by_text("“Maria” is number 2 now.")).to_be_attached()
    expect(row(page, "Maria")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, "A title that is much longer than there is room for in a row")).to_be_focused()
