"""Rows: played by a double click and by Enter, and their menu, by mouse and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENSHOTS, Site
from tests.browser.screenshots import axe
from tests.browser.waiting import wait_until

_SEED = """
from library.models import User
from library import services
from tests.factories import TrackFactory
owner = User.objects.latest("id")
services.playlist_add(owner=owner, name="Late")
for title, artist, album in [
    ("Maria", "Blondie", "No Exit"), ("Paranoid", "Black Sabbath", "Paranoid"), ("Alone", "", "")
]:
    TrackFactory(
        owner=owner, title=title, artist=artist, album=album, heard={"top": "jazz", "confidence": 0.9}
    )
"""

_SINGLES = """
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for number in (1, 2):
    TrackFactory(owner=owner, title=f"Single {number}", artist="Nico")
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """Three tracks: "Alone", "Paranoid", "Maria" from top to bottom."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def row(page: Page, title: str) -> Locator:
    return page.locator(".row-track", has=page.get_by_role("link", name=title, exact=True)).first


def queue(page: Page) -> list[str]:
    page.get_by_role("button", name="Queue", exact=True).click()
    titles = page.locator("[data-play-queue-list] [data-title]").all_inner_texts()
    page.get_by_role("button", name="Close the queue").click()
    return titles


def choose(page: Page, title: str, item: str) -> None:
    row(page, title).get_by_role("button", name=f"More for {title}").click()
    page.get_by_role("menuitem", name=item).click()


def sound_on(page: Page) -> None:
    """Tracks of a quarter of a second play for ever."""
    page.evaluate("document.querySelector('[data-player-audio]').loop = true")


def test_a_double_click_plays(library: Page) -> None:
    page = library
    sound_on(page)
    row(page, "Paranoid").locator(".row-length").dblclick()
    expect(page.locator("[data-player-title]")).to_have_text("Paranoid")
    assert page.evaluate("getSelection().toString()") == ""
    # Once more, it goes on.
    expect(row(page, "Paranoid").locator(".is-playing")).to_have_count(1)
    row(page, "Paranoid").locator(".row-length").dblclick()
    expect(row(page, "Paranoid").locator(".is-playing")).to_have_count(1)


def test_arrows_lead_from_row_to_row_and_enter_plays(library: Page) -> None:
    page = library
    sound_on(page)
    rows = page.locator(".row-track")
    assert [one.get_attribute("tabindex") for one in rows.all()] == ["0", "-1", "-1"]
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, "Maria")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(row(page, "Paranoid")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-player-title]")).to_have_text("Paranoid")
    assert [one.get_attribute("tabindex") for one in rows.all()] == ["-1", "0", "-1"]
    page.get_by_role("group", name="Column heads").get_by_role("link", name="Title").click()
    expect(rows.nth(1)).to_contain_text("Maria")
    assert [one.get_attribute("tabindex") for one in rows.all()] == ["-1", "-1", "0"]


def test_play_next_and_add_to_the_queue(library: Page) -> None:
    page = library
    sound_on(page)
    choose(page, "Maria", "Add to queue")  # of an empty queue, the first plays
    expect(page.locator("[data-player-title]")).to_have_text("Maria")
    choose(page, "Alone", "Add to queue")
    choose(page, "Paranoid", "Play next")
    assert queue(page) == ["Maria", "Paranoid", "Alone"]
    shuffle = page.get_by_role("button", name="Shuffle", exact=True)
    shuffle.click()
    shuffle.click()
    assert queue(page) == ["Maria", "Paranoid", "Alone"]


def test_what_is_added_comes_after_what_is_still_to_be_fetched(library: Page) -> None:
    order = library.evaluate(
        """() => {
            const track = (url) => ({ url });
            const queue = new PlayQueue({ tracks: ["a", "b"].map(track), more: "/queue/" });
            queue.addLast(track("y"));
            queue.addNext(track("n"));
            queue.addNext(track("m"));
            queue.addLast(track("z"));
            queue.add(["c", "d"].map(track));
            const kept = new PlayQueue(JSON.parse(JSON.stringify(queue)));
            kept.add([track("e")]);
            kept.shuffle(true);
            kept.shuffle(false);
            return kept.tracks.map(({ url }) => url).join("");
        }"""
    )
    assert order == "amnbcdeyz"


def test_the_menu_by_keyboard(library: Page) -> None:
    page = library
    menu = page.get_by_role("menu")
    row(page, "Paranoid").focus()
    page.keyboard.press("Shift+F10")
    expect(menu).to_be_visible()
    expect(menu).to_have_accessible_name("Paranoid")
    expect(page.get_by_role("menuitem", name="Play next")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Add to queue")).to_be_focused()
    page.screenshot(path=SCREENSHOTS / "row-menu.png")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(row(page, "Paranoid")).to_be_focused()

    # With the menu key, from what is in the row; Escape closes the menu and keeps what is selected.
    row(page, "Maria").locator("[data-select]").check()
    page.keyboard.press("ContextMenu")
    expect(menu).to_have_accessible_name("Maria")
    page.keyboard.press("Escape")
    expect(row(page, "Maria").locator("[data-select]")).to_be_focused()
    expect(row(page, "Maria").locator("[data-select]")).to_be_checked()
    page.keyboard.press("ContextMenu")
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()


def test_the_menu_by_mouse(library: Page) -> None:
    page = library
    menu = page.get_by_role("menu")
    row(page, "Maria").get_by_role("link", name="Maria", exact=True).click(button="right")
    expect(menu).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(menu).to_be_hidden()
    more = row(page, "Maria").get_by_role("button", name="More for Maria")
    more.click()
    expect(menu).to_be_visible()
    more.click()
    expect(menu).to_be_hidden()
    # On a phone, it is all in the window.
    page.set_viewport_size({"width": 360, "height": 400})
    more.click()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_in_viewport(ratio=1)


def test_where_the_menu_leads(library: Page) -> None:
    page = library
    choose(page, "Maria", "Go to album")
    expect(page.get_by_role("heading", level=1)).to_have_text("No Exit")
    page.goto("/")
    choose(page, "Maria", "Go to artist")
    expect(page.get_by_role("heading", level=1)).to_have_text("Blondie")
    page.goto("/")
    choose(page, "Alone", "Edit")
    expect(page.get_by_label("Title")).to_have_value("Alone")
    page.goto("/")
    row(page, "Alone").get_by_role("button", name="More for Alone").click()
    expect(page.get_by_role("menuitem", name="Go to album")).to_be_hidden()
    page.keyboard.press("Escape")
    choose(page, "Alone", "Add to playlist…")
    page.get_by_role("dialog").get_by_role("button", name="Late").click()
    expect(page.get_by_role("dialog")).to_contain_text("Added to “Late”")
    page.keyboard.press("Escape")
    with page.expect_download() as original:
        choose(page, "Alone", "Download")
    assert original.value.suggested_filename.endswith(".wav")


def test_a_deleted_row_leaves_the_list_where_it_was(library: Page) -> None:
    page = library
    page.set_viewport_size({"width": 1280, "height": 400})
    page.mouse.wheel(0, 120)
    wait_until(page, "scrollY > 100")
    row(page, "Paranoid").get_by_role("button", name="More for Paranoid").click()
    before = page.evaluate("[scrollY, history.length]")
    page.get_by_role("menuitem", name="Delete").click()
    toast = page.locator("[data-toasts]")
    expect(toast).to_contain_text("Moved “Black Sabbath – Paranoid” to the bin.")
    expect(page.locator(".row-track")).to_have_count(2)
    expect(page.locator("#track-count")).to_have_text("2 tracks")
    expect(row(page, "Maria")).to_be_focused()
    # The page is lower by a row.
    lowest = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert page.evaluate("[scrollY, history.length]") == [min(before[0], lowest), before[1]]
    page.screenshot(path=SCREENSHOTS / "toast.png")
    assert axe(page) == []
    toast.get_by_role("button", name="Undo").click()
    expect(row(page, "Paranoid")).to_be_focused()
    expect(toast).to_contain_text("Undone")
    toast.get_by_role("button", name="Close this message").click()
    expect(toast).to_be_empty()
    # And again: it is another deletion.
    choose(page, "Paranoid", "Delete")
    expect(page.locator(".row-track")).to_have_count(2)


def test_on_the_page_of_an_artist(library: Page, site: Site) -> None:
    page = library
    site.manage("shell", "--no-imports", "-c", _SINGLES)
    page.goto("/?q=single")
    page.get_by_role("link", name="Nico", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nico")
    expect(page.locator(".row-track")).to_have_count(2)
    choose(page, "Single 1", "Delete")
    expect(page.locator("[data-toasts]")).to_contain_text("Moved “Nico – Single 1” to the bin.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nico")
    expect(page.locator(".row-track")).to_have_count(1)
    expect(row(page, "Single 2")).to_be_focused()
    # The last one takes the page of its artist along.
    choose(page, "Single 2", "Delete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Library")
