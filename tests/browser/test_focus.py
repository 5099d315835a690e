"""The focus: seen on whatever has it, and never hidden below a bar that stays in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.waiting import wait_until

_SEED = """
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for number in range(30):
    TrackFactory(owner=owner, title=f"Song {number}", artist="Nina Simone", heard={"top": "jazz"})
"""

#: What has the focus: its name, whether an outline or a shadow shows that, and how much of it is to be seen.
_FOCUSED = """() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const { left, top, width, height } = element.getBoundingClientRect();
    const places = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
    const seen = places.filter(([x, y]) => {
        const hit = document.elementFromPoint(left + x * width, top + y * height);
        return hit && (element.contains(hit) || hit.contains(element));
    });
    return {
        name: `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 40)}`,
        outlined: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
        seen: seen.length / places.length,
    };
}"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """A library of thirty tracks, with the player open."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def open_player(page: Page) -> None:
    page.locator(".row-track [data-play]").first.click()
    expect(page.locator("[data-player-bar]")).to_be_visible()
    page.evaluate("document.querySelector('[data-player-audio]').pause()")


def tab_through(page: Page, steps: int, key: str = "Tab") -> Iterator[dict[str, Any]]:
    for _ in range(steps):
        page.keyboard.press(key)
        # Past the last element, the focus is on the browser's own buttons.
        if page.evaluate("document.activeElement !== document.body"):
            yield page.evaluate(_FOCUSED)


def test_whatever_has_the_focus_shows_it(library: Page) -> None:
    page = library
    for address in ("/?q=Song", "/account/", "/labels/"):
        page.goto(address)
        unmarked = {stop["name"] for stop in tab_through(page, 40) if not stop["outlined"]}
        assert not unmarked


@pytest.mark.parametrize(
    ("width", "height"),
    [(1280, 900), (390, 844), (640, 450), (320, 225)],
    ids=["desktop", "phone", "zoom 200 %", "zoom 400 %"],
)
@pytest.mark.parametrize("selected", [False, True], ids=["", "with a selection"])
def test_no_bar_hides_the_focus(library: Page, width: int, height: int, selected: bool) -> None:
    page = library
    page.set_viewport_size({"width": width, "height": height})
    open_player(page)
    if selected:
        page.locator("[data-select]").first.check()
    page.locator(".row-track a").first.focus()
    hidden = [stop["name"] for stop in tab_through(page, 60) if stop["seen"] < 0.6]
    hidden += [stop["name"] for stop in tab_through(page, 50, "Shift+Tab") if stop["seen"] < 0.6]
    assert hidden == []


@pytest.mark.parametrize(("width", "height"), [(320, 225), (640, 450)], ids=["400 %", "200 %"])
def test_when_zoomed_most_of_the_height_is_left_for_the_page(library: Page, width: int, height: int) -> None:
    page = library
    page.set_viewport_size({"width": width, "height": height})
    open_player(page)
    left = page.evaluate(
        """() => [...Array(innerHeight).keys()].filter((y) => {
            const hit = document.elementFromPoint(innerWidth / 2, y);
            return hit?.closest("#content") || hit?.matches("body, html");
        }).length"""
    )
    page.mouse.wheel(0, 500)  # the top bar and the rail are at the top of the page
    wait_until(page, "scrollY > 200")
    scrolled = page.evaluate(
        """() => [...Array(innerHeight).keys()].filter((y) =>
            document.elementFromPoint(innerWidth / 2, y)?.closest("#content")).length"""
    )
    assert left > 0
    assert scrolled > 0.65 * height
    # Nothing of the player is cut or lost.
    for name in ("Pause", "Play"):
        if (button := page.locator("[data-player-bar]").get_by_role("button", name=name, exact=True)).count():
            expect(button).to_be_in_viewport()
    expect(page.get_by_role("slider", name="Position")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Queue", exact=True)).to_be_in_viewport(ratio=1)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
