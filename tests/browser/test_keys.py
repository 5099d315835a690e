"""Keyboard shortcuts: on other layouts, with Caps Lock, while composing; to the selection and the player."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

_SEED = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title in ("Wild Is the Wind", "Maria", "Only Shallow"):
    make_audible_track(
        classifier, owner=owner, title=title, artist="Nina", heard={"label": None, "top": "rock"}, duration=5.6
    )
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """Three tracks with sound, about which Earmark is not sure."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def press(cdp: CDPSession, key: str, code: str, *, shift: bool = False, key_code: int = 0) -> None:
    """Press a key as a keyboard with another layout does: `code` is the place, `key` what is printed there."""
    pressed = {"key": key, "code": code, "modifiers": 8 if shift else 0, "windowsVirtualKeyCode": key_code}
    text = key if len(key) == 1 else ""
    cdp.send("Input.dispatchKeyEvent", pressed | {"type": "keyDown", "text": text})
    cdp.send("Input.dispatchKeyEvent", pressed | {"type": "keyUp"})


def test_letters_and_digits_by_their_place(library: Page) -> None:
    page = library
    cdp = page.context.new_cdp_session(page)
    page.goto("/needs-you/")
    title = page.get_by_role("heading", level=1)
    first = title.inner_text()
    press(cdp, "ы", "KeyS")  # Russian: the place of S
    expect(page.locator("#content").get_by_text("1 skipped")).to_be_visible()
    expect(title).not_to_have_text(first)
    expect(title).to_be_focused()  # when the next question has come, keys are taken again
    second = title.inner_text()
    press(cdp, "&", "Digit1")  # French: 1 needs Shift
    expect(title).not_to_have_text(second)
    expect(title).to_be_focused()
    press(cdp, "я", "KeyZ")
    expect(title).to_have_text(second)
    expect(title).to_be_focused()
    press(cdp, "т", "KeyN")
    expect(page.get_by_label("Or a genre of your own")).to_be_focused()


def test_a_latin_letter_is_what_is_printed_on_its_key(library: Page) -> None:
    page = library
    cdp = page.context.new_cdp_session(page)
    page.goto("/needs-you/")
    title = page.get_by_role("heading", level=1)
    first = title.inner_text()
    press(cdp, "y", "KeyZ")  # German: Z and Y have changed places
    press(cdp, "z", "KeyY")  # nothing to undo yet
    press(cdp, "S", "KeyS")  # with Caps Lock
    expect(page.locator("#content").get_by_text("1 skipped")).to_be_visible()
    expect(title).not_to_have_text(first)


def test_caps_lock_is_not_shift(library: Page) -> None:
    page = library
    cdp = page.context.new_cdp_session(page)
    page.locator(".row-track [data-play]").first.click()
    title = page.locator("[data-player-title]")
    first = title.inner_text()
    page.evaluate("document.activeElement.blur()")
    press(cdp, "N", "KeyN")  # Caps Lock alone
    expect(title).to_have_text(first)
    press(cdp, "n", "KeyN", shift=True)  # Caps Lock and Shift
    expect(title).not_to_have_text(first)
    press(cdp, "З", "KeyP", shift=True)
    expect(title).to_have_text(first)


def test_keys_that_compose_a_character_do_nothing(library: Page) -> None:
    page = library
    cdp = page.context.new_cdp_session(page)
    page.locator("[data-select]").first.check()
    page.get_by_role("form", name="Selected tracks").get_by_text("Tag", exact=True).click()
    field = page.get_by_label("Add or remove tags")
    field.focus()
    cdp.send("Input.imeSetComposition", {"text": "なつ", "selectionStart": 2, "selectionEnd": 2})
    for key in ("Enter", "Escape"):
        press(cdp, key, key, key_code=229)
    expect(field).to_be_visible()
    expect(field).to_have_value("なつ")
    cdp.send("Input.insertText", {"text": "夏"})
    press(cdp, "Enter", "Enter", key_code=13)
    expect(page.locator(".notice")).to_contain_text("Tagged “夏”: 1 track.")


def test_a_search_is_one_entry_in_the_history(library: Page) -> None:
    page = library
    rows = page.locator(".row-track")
    before = page.evaluate("history.length")
    page.keyboard.press("/")
    for typed in ("m", "ma", "mar", "mari"):
        page.keyboard.type(typed[-1])
        expect(page).to_have_url(re.compile(rf"\?search={typed}$"))
    expect(rows).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#track-count")).to_have_text("1 track found")
    assert page.evaluate("history.length") == before + 1
    page.get_by_role("searchbox").fill("nina")
    expect(rows).to_have_count(3)
    assert page.evaluate("history.length") == before + 2
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?search=mari$"))
    expect(rows).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(re.compile("/$"))
    expect(rows).to_have_count(3)


def test_half_composed_words_are_not_searched_for(library: Page) -> None:
    page = library
    cdp = page.context.new_cdp_session(page)
    page.keyboard.press("/")
    cdp.send("Input.imeSetComposition", {"text": "まり", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(500)
    assert "q=" not in page.url
    cdp.send("Input.insertText", {"text": "maria"})
    expect(page).to_have_url(re.compile(r"\?search=maria$"))


def test_from_a_row_to_the_selection_and_the_player(library: Page) -> None:
    page = library
    page.locator(".row-track [data-play]").first.click()
    box = page.locator("[data-select]").nth(1)
    box.focus()
    page.keyboard.press("b")
    expect(box).to_be_focused()  # nothing is selected
    page.keyboard.press("Space")
    page.keyboard.press("b")
    bar = page.get_by_role("form", name="Selected tracks")
    expect(bar).to_be_focused()
    page.keyboard.press("b")
    expect(box).to_be_focused()
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(box).to_be_focused()
    page.keyboard.press("l")
    expect(page.get_by_role("region", name="Player")).to_be_focused()
    page.keyboard.press("l")
    expect(box).to_be_focused()


def test_skip_links(library: Page) -> None:
    page = library
    page.locator(".row-track [data-play]").first.click()
    page.locator("[data-select]").first.check()
    history = page.evaluate("history.length")
    page.locator(".skip-link").first.focus()
    shown = [page.evaluate("document.activeElement.textContent")]
    for _ in range(2):
        page.keyboard.press("Tab")
        shown.append(page.evaluate("document.activeElement.textContent"))
    assert shown == ["Skip to content", "Skip to the selected tracks", "Skip to the player"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Player")).to_be_focused()
    page.get_by_role("link", name="Skip to the selected tracks").press("Enter")
    expect(page.get_by_role("form", name="Selected tracks")).to_be_focused()
    assert page.evaluate("history.length") == history


@pytest.mark.parametrize("address", ["/", "/playlists/", "/account/", "/needs-you/"])
def test_the_shortcuts_are_listed_on_every_page(library: Page, address: str) -> None:
    page = library
    page.goto(address)
    page.locator("h1").first.focus()
    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    expect(shortcuts).to_contain_text("To the bar for the selected tracks")
    if address == "/":
        check_page(page, "keys")
    page.keyboard.press("1")  # no shortcut while they are shown
    page.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    if address == "/needs-you/":
        expect(page.locator("#review-queue-count")).to_have_text("3")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        expect(shortcuts).to_be_visible()
