"""The player: the music goes on from page to page and from track to track."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_main_job import long_song, upload

STARTED = re.compile(r"^(?!0:00)\d+:\d\d")


@pytest.fixture
def library(signed_up: Page, tmp_path: Path) -> Page:
    """A library of three songs, shown as c, b, a."""
    page = signed_up
    page.get_by_role("link", name="Upload").first.click()
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()
    for number, name in enumerate("abc"):
        upload(page, long_song(tmp_path / f"{name}.wav", seed=number))
        expect(page.locator(".tray-row a")).to_have_count(number + 1)
    page.goto("/")
    expect(page.locator(".row-track")).to_have_count(3)
    # A mark that a reload would wipe out.
    page.evaluate("window.unbroken = true")
    return page


def to_the_end(page: Page) -> None:
    """Seek to just before the end of the song in the player bar."""
    page.evaluate(
        "{const a = document.querySelector('[data-player-audio]'); a.currentTime = a.duration - 0.3}"
    )


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Player")


def is_unbroken(page: Page) -> bool:
    return bool(page.evaluate("window.unbroken && !document.querySelector('[data-player-audio]').paused"))


def test_music_goes_on_from_page_to_page(library: Page) -> None:
    page = library
    page.get_by_role("button", name="Play b").click()
    expect(bar(page)).to_contain_text("b")
    expect(page.locator("[data-player-time]")).to_have_text(STARTED)

    page.get_by_role("link", name="c", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="c")).to_be_focused()
    expect(page).to_have_title("c · Earmark")
    page.get_by_role("link", name="Upload").click()
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_focused()
    expect(page.get_by_role("link", name="Upload")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="c")).to_be_visible()
    # A form rather than a link, in a dialog over the page.
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Artist", exact=True).fill("Nobody")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".track-head")).to_contain_text("Nobody")
    page.go_back()
    expect(page.get_by_role("button", name="Pause b")).to_be_visible()
    expect(page).to_have_title("Library · Earmark")
    assert is_unbroken(page)

    # Signing out loads a new page.
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not page.evaluate("window.unbroken")


def test_next_previous_and_the_queue(library: Page) -> None:
    page = library
    page.get_by_role("button", name="Play c").click()
    title = page.locator("[data-player-title]")
    expect(title).to_have_text("c")
    page.locator("#content h1").click()
    page.keyboard.press("Shift+N")
    expect(title).to_have_text("b")
    page.keyboard.press("Shift+P")
    expect(title).to_have_text("c")
    page.keyboard.press(" ")
    expect(bar(page).get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press(" ")
    expect(bar(page).get_by_role("button", name="Pause")).to_be_visible()

    bar(page).get_by_role("button", name="Queue").click()
    queue = page.get_by_role("region", name="Queue")
    expect(queue).to_contain_text("1 of 3")
    queue.get_by_role("button", name="Remove “b”").click()
    expect(queue).to_contain_text("1 of 2")
    queue.get_by_role("button", name="a", exact=True).click()
    expect(title).to_have_text("a")
    expect(bar(page).get_by_role("button", name="Next")).to_be_disabled()
    bar(page).get_by_role("button", name="Repeat: off").click()
    bar(page).get_by_role("button", name="Next").click()
    expect(title).to_have_text("c")
    page.keyboard.press("Escape")

    # After a reload the queue is restored, paused.
    page.reload()
    expect(title).to_have_text("c")
    expect(bar(page).get_by_role("button", name="Play")).to_be_visible()


def test_media_keys_of_keyboard_and_headset(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    # Records the media key handlers, because headless Chromium gets no media keys.
    page.add_init_script(
        """window.keys = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (name, action) {
            window.keys[name] = action;
            set.call(this, name, action);
        };"""
    )

    def press(key: str, **details: float) -> None:
        page.evaluate("([key, details]) => void window.keys[key](details)", [key, details])

    page.goto("/upload/")
    for number, name in enumerate("ab"):
        upload(page, long_song(tmp_path / f"{name}.wav", seed=number))
        expect(page.locator(".tray-row a")).to_have_count(number + 1)
    page.goto("/")
    page.get_by_role("button", name="Play b").click()
    title = page.locator("[data-player-title]")
    expect(page.locator("[data-player-time]")).to_have_text(STARTED)
    session = (
        "({ title: navigator.mediaSession.metadata.title, state: navigator.mediaSession.playbackState })"
    )
    assert page.evaluate(session) == {"title": "b", "state": "playing"}
    press("nexttrack")
    expect(title).to_have_text("a")
    press("previoustrack")
    expect(title).to_have_text("b")
    press("pause")
    expect(bar(page).get_by_role("button", name="Play")).to_be_visible()
    assert page.evaluate(session) == {"title": "b", "state": "paused"}
    press("seekto", seekTime=5)
    expect(page.locator("[data-player-time]")).to_have_text("0:05 / 2:00")
    press("play")
    expect(bar(page).get_by_role("button", name="Pause")).to_be_visible()


def test_a_track_plays_through_to_the_next_and_skips_what_cannot_be_played(library: Page) -> None:
    page = library
    page.route(
        "**/audio/", lambda route: route.abort() if route.request.url == missing else route.continue_()
    )
    missing = page.evaluate(
        "new URL(document.querySelectorAll('[data-play]')[1].dataset.play, location).href"
    )
    page.get_by_role("button", name="Play c").click()
    expect(page.locator("[data-player-time]")).to_have_text(STARTED)
    to_the_end(page)
    expect(page.locator("[data-player-title]")).to_have_text("a")
    expect(page.get_by_text("“b” could not be played.")).to_be_visible()


def test_one_sound_at_a_time_and_the_bar_goes_on_where_the_strip_stopped(library: Page) -> None:
    page = library
    page.get_by_role("button", name="Play b").click()
    page.get_by_role("link", name="c", exact=True).click()
    strip = page.get_by_role("region", name="Listen")
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    strip.get_by_role("button", name="Play", exact=True).click()
    expect(bar(page).get_by_role("button", name="Play")).to_be_visible()
    bar(page).get_by_role("button", name="Play").click()
    expect(strip.get_by_role("button", name="Play", exact=True)).to_be_visible()
    strip.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("[data-strip-time]")).to_have_text(STARTED)

    page.get_by_role("link", name="Tracks", exact=True).click()
    expect(page.locator("[data-player-title]")).to_have_text("c")
    expect(page.locator("[data-player-time]")).to_have_text(STARTED)
    assert is_unbroken(page)
