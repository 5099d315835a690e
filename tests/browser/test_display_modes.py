"""Forced colours, paper, small targets, and names of pictures: what axe cannot see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Site

_SEED = """
from classifier.inference import Classifier
from library import services
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title in ("Wild Is the Wind", "Maria"):
    track = make_audible_track(
        classifier, owner=owner, title=title, artist="Nina", heard={"top": "jazz", "confidence": 0.9}, duration=5.6
    )
    services.track_tag(track=track, name="live")
"""

#: What one can press that is lower or narrower than 24 px, except for links within a text.
_SMALL_TARGETS = """() => {
    const isHidden = (one) =>
        !one.checkVisibility({ visibilityProperty: true }) || one.closest("[class*=visually-hidden]");
    const isInText = (one) =>
        one.matches("a") && getComputedStyle(one).display === "inline" && one.closest("p, dd, td, .notice, h1, h2");
    const target = (one) => (one.matches("[type=checkbox]") && one.closest("label")) || one;
    const all = "a[href], button, summary, input:not([type=hidden]), select, [role=slider]";
    return [...document.querySelectorAll(all)]
        .filter((one) => !isHidden(one) && !isInText(one))
        .map((one) => [one, target(one).getBoundingClientRect()])
        .filter(([, { width, height }]) => Math.round(width) < 24 || Math.round(height) < 24)
        .map(([one, { width, height }]) => `${one.outerHTML.slice(0, 80)} ${width} x ${height}`);
}"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_forced_colours_in_a_list(library: Page) -> None:
    page = library
    page.emulate_media(forced_colors="active")
    box = page.locator("[data-select]").first
    empty = box.screenshot()
    box.check()
    page.mouse.move(0, 0)
    box.evaluate("box => box.blur()")
    ticked = box.screenshot()
    assert ticked != empty
    page.get_by_role("link", name="Upload").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.screenshot(path=SCREENSHOTS / "forced-colours-library.png")


def test_forced_colours_on_a_track(library: Page) -> None:
    page = library
    page.emulate_media(forced_colors="active")
    page.get_by_role("link", name="Maria", exact=True).click()
    expect(page.locator(".strip[data-ready]")).to_be_visible()
    page.locator("[data-strip-seek]").press("ArrowRight")
    cursor, canvas = page.evaluate(
        """() => {
            const probe = document.createElement("div");
            probe.style.cssText = "forced-color-adjust: none; background: Canvas";
            document.body.append(probe);
            const colour = (one) => getComputedStyle(one).backgroundColor;
            return [colour(document.querySelector("[data-strip-cursor]")), colour(probe)];
        }"""
    )
    assert cursor != canvas
    page.get_by_role("button", name="Something else…").focus()
    page.screenshot(path=SCREENSHOTS / "forced-colours-track.png", full_page=True)


def test_targets_have_24_pixels(library: Page) -> None:
    page = library
    page.locator(".row-track [data-play]").first.click()
    small = {"/": page.evaluate(_SMALL_TARGETS)}
    page.get_by_role("link", name="Maria", exact=True).first.click()
    expect(page.locator(".strip[data-ready]")).to_be_visible()
    small["track"] = page.evaluate(_SMALL_TARGETS)
    for address in ("/moods/", "/overview/", "/playlists/", "/labels/"):
        page.goto(address)
        small[address] = page.evaluate(_SMALL_TARGETS)
    assert not any(small.values()), small


def test_pictures_of_the_strip_have_names(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Maria", exact=True).click()
    expect(page.locator(".strip[data-ready]")).to_be_visible()
    named = page.evaluate(
        """() => {
            const inside = (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])];
            const all = (root) => [...root.querySelectorAll("*")].flatMap(inside);
            const above = (one) => one.parentElement ?? one.getRootNode().host;
            const isNamed = (one) => Boolean(one) && (one.matches("[role=img][aria-label]") || isNamed(above(one)));
            return all(document.querySelector("[data-strip]")).filter((one) => one.matches("canvas")).map(isNamed);
        }"""
    )
    assert len(named) > 1
    assert all(named)
    expect(page.get_by_role("img", name="Waveform")).to_be_visible()


def test_on_paper(library: Page) -> None:
    page = library
    page.emulate_media(color_scheme="dark")
    page.locator(".row-track [data-play]").first.click()
    page.locator("[data-select]").first.check()
    expect(page.get_by_role("region", name="Player")).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    for bar in (".topbar", ".rail", ".player-bar", ".bulk-bar", ".filter-bar"):
        expect(page.locator(bar)).to_be_hidden()
    expect(page.locator(".row-name a", has_text="Maria")).to_be_visible()
    # Dark text on white, also in the dark theme.
    ink, paper = page.evaluate(
        """() => {
            const { color, backgroundColor } = getComputedStyle(document.body);
            return [color, backgroundColor].map((one) => Math.max(...one.match(/\\d+/g).slice(0, 3)));
        }"""
    )
    assert ink < 64
    assert paper == 255
    page.pdf(path=SCREENSHOTS / "library.pdf")


def test_pages_say_what_they_are(page: Page) -> None:
    page.goto("/account/login/")
    description = page.locator("meta[name=description]").get_attribute("content")
    assert description
    assert "music library" in description
