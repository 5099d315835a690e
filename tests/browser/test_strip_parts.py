"""The parts of a track's listening strip: minor genres are folded away, the spectrogram has a switch that remembers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.waiting import wait_until

#: Jazz, with some blues and, in one stretch only, rock; the other seven genres are minor.
_SEED = """
from classifier.inference import Classifier
from library.genres import BUILTIN_GENRES
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
def shares(**named):
    rest = (1 - sum(named.values())) / (10 - len(named))
    return {genre: named.get(genre, rest) for genre in BUILTIN_GENRES}
def stretch(start, **named):
    return [start, start + 3.0, [shares(**named)[genre] for genre in sorted(BUILTIN_GENRES)]]
heard = {
    "top": "jazz", "confidence": 0.8, "probabilities": shares(jazz=0.8, blues=0.13, rock=0.04),
    "segments": [stretch(0.0, jazz=0.9, blues=0.08), stretch(3.0, jazz=0.7, blues=0.18, rock=0.08)],
}
for title in ("Night Train", "Maria"):
    make_audible_track(classifier, owner=owner, title=title, artist="Oscar Peterson", heard=heard, duration=6.0)
"""
ROOMY, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def fetched(signed_up: Page) -> list[str]:
    """The addresses of the spectrograms that were fetched."""
    addresses: list[str] = []
    signed_up.on("request", lambda r: addresses.append(r.url) if "/spectrogram" in r.url else None)
    return addresses


@pytest.fixture
def track(signed_up: Page, site: Site, fetched: list[str]) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    open_track(signed_up, "Night Train")
    return signed_up


def open_track(page: Page, title: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()


def names_shown(page: Page) -> list[str]:
    names = page.locator("[data-strip-genres] [data-genre]:visible").all_inner_texts()
    bars = page.locator(".bars dt:visible").all_inner_texts()
    assert names == bars
    return names


def rows_drawn(page: Page) -> int:
    """How many of the names beside the timeline have something drawn in their row, in the second stretch."""
    return page.evaluate("""() => {
        const canvas = document.querySelector("[data-strip-timeline]"), ratio = canvas.height / canvas.clientHeight;
        const list = document.querySelector("[data-strip-genres]"), ctx = canvas.getContext("2d");
        const isDrawn = (name) => {
            const middle = (name.offsetTop - list.offsetTop + name.offsetHeight / 2) * ratio;
            return ctx.getImageData(canvas.width * 0.75, middle, 1, 1).data[3] > 0;
        };
        const names = [...list.querySelectorAll("[data-genre]")].filter((name) => name.checkVisibility());
        return names.filter(isDrawn).length;
    }""")


def test_minor_genres_unfold_in_the_strip_and_in_the_bars(track: Page) -> None:
    page = track
    assert names_shown(page) == ["Jazz", "Blues", "Rock"]
    assert rows_drawn(page) == 3
    buttons = page.get_by_role("button", name="7 more genres")
    expect(buttons).to_have_count(2)
    canvas, names = page.locator("[data-strip-timeline]"), page.locator("[data-strip-genres]")
    assert canvas.bounding_box()["height"] == names.bounding_box()["height"]
    check_page(page, "minor-genres-folded", ALSO_WIDE)
    page.set_viewport_size(ROOMY)

    place = buttons.first.bounding_box()
    buttons.first.focus()
    page.keyboard.press("Enter")
    expect(buttons.first).to_have_attribute("aria-expanded", "true")
    expect(buttons.last).to_have_attribute("aria-expanded", "true")
    expect(buttons.first).to_be_focused()
    # What was there stays where it was.
    assert buttons.first.bounding_box() == place
    shown = names_shown(page)
    assert shown[:3] == ["Jazz", "Blues", "Rock"]
    assert len(shown) == 10
    # Also the longest name has the dot in its genre's colour.
    dots = page.locator("[data-strip-genres] [data-genre]").evaluate_all(
        "names => names.map((name) => getComputedStyle(name, '::after').width)"
    )
    assert set(dots) == {"6px"}
    wait_until(
        page,
        "document.querySelector('[data-strip-timeline]').clientHeight"
        " === document.querySelector('[data-strip-genres]').clientHeight",
    )
    check_page(page, "minor-genres-shown")

    buttons.last.click()
    expect(buttons.first).to_have_attribute("aria-expanded", "false")
    assert names_shown(page) == ["Jazz", "Blues", "Rock"]


def test_all_rows_are_drawn_after_unfolding(track: Page) -> None:
    page = track
    page.get_by_role("button", name="7 more genres").first.click()
    wait_until(
        page,
        "(({ height, clientHeight }) => Math.round(height / devicePixelRatio) === clientHeight && clientHeight > 200)"
        "(document.querySelector('[data-strip-timeline]'))",
    )
    assert rows_drawn(page) == 10


def test_they_stay_unfolded_while_the_page_is_open(track: Page) -> None:
    page = track
    page.get_by_role("button", name="7 more genres").last.click()
    page.get_by_role("button", name="Yes, it’s jazz").click()
    expect(page.locator("[data-undo-genre]")).to_be_visible()
    expect(page.get_by_role("button", name="7 more genres").last).to_have_attribute("aria-expanded", "true")
    assert len(names_shown(page)) == 10
    # Another page begins anew.
    open_track(page, "Maria")
    assert len(names_shown(page)) == 3


def test_the_spectrogram_is_on_at_first_where_there_is_room(track: Page, fetched: list[str]) -> None:
    page = track
    picture = page.get_by_role("img", name="Mel spectrogram")
    switch = page.get_by_role("switch", name="Spectrogram")
    expect(picture).to_be_visible()
    expect(switch).to_be_checked()
    assert len(fetched) == 1
    switch.click()
    expect(switch).not_to_be_checked()
    expect(picture).to_be_hidden()
    expect(page.locator("[data-strip-timeline]")).to_be_visible()

    fetched.clear()
    page.reload()
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    expect(switch).not_to_be_checked()
    expect(picture).to_be_hidden()
    open_track(page, "Maria")
    expect(switch).not_to_be_checked()
    assert fetched == []
    check_page(page, "spectrogram-off")


def test_the_spectrogram_is_off_at_first_on_a_phone(track: Page, fetched: list[str]) -> None:
    page = track
    page.set_viewport_size(PHONE)
    fetched.clear()
    open_track(page, "Maria")
    picture, switch = (
        page.get_by_role("img", name="Mel spectrogram"),
        page.get_by_role("switch", name="Spectrogram"),
    )
    expect(switch).not_to_be_checked()
    expect(picture).to_be_hidden()
    page.reload()
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    assert fetched == []

    switch.focus()
    with page.expect_request(re.compile("/spectrogram/")):
        page.keyboard.press("Space")
    expect(switch).to_be_checked()
    expect(picture).to_be_visible()
    page.reload()
    expect(picture).to_be_visible()
    expect(switch).to_be_checked()


def test_a_question_on_a_phone_has_neither(track: Page, fetched: list[str], site: Site) -> None:
    page = track
    site.manage("shell", "--no-imports", "-c", _SEED.replace('"top": "jazz"', '"label": None, "top": "jazz"'))
    page.set_viewport_size(PHONE)
    page.evaluate("localStorage.setItem('earmark.spectrogram', 'on')")
    fetched.clear()
    page.goto("/needs-you/")
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    expect(page.get_by_role("switch", name="Spectrogram")).to_be_hidden()
    assert fetched == []
