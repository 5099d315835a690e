"""What a stranger sees first: one sentence, and a picture that moves once, unless the system asks for less motion."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.screenshots import ALSO_WIDE, check_page

#: Of each animation that the page has: when it ends, in milliseconds, and how often it runs.
_ANIMATIONS = """() => document.getAnimations().map((one) => {
    const { endTime, iterations } = one.effect.getComputedTiming();
    return [endTime, iterations];
})"""


def test_it_is_still_where_less_motion_is_asked_for(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("A music library that listens")
    assert page.evaluate(_ANIMATIONS) == []
    for part in (".welcome-heard", ".welcome-moments .chip"):
        expect(page.locator(part).first).to_be_visible()
    expect(page.locator(".welcome-moments .chip").last).to_have_css("opacity", "1")
    # Everything is heard.
    assert page.locator(".welcome-genres").evaluate("one => getComputedStyle(one).clipPath") == "none"
    check_page(page, "welcome", ALSO_WIDE)


def test_it_moves_once_for_less_than_five_seconds(page: Page) -> None:
    """Longer, or again and again, there would have to be a way to stop it (WCAG 2.2.2)."""
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/")
    animations = page.evaluate(_ANIMATIONS)
    assert len(animations) == 6
    assert all(ends <= 5000 and times == 1 for ends, times in animations)
    page.evaluate("for (const one of document.getAnimations()) one.finish()")
    expect(page.locator(".welcome-moments .chip").last).to_have_css("opacity", "1")
    expect(page.locator(".welcome-cursor")).to_have_css("opacity", "0")


def test_it_leads_to_an_account(page: Page) -> None:
    page.goto("/")
    page.locator("#content").get_by_role("link", name="Create an account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign up")
    page.go_back()
    page.locator("#content").get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/?search=blues")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
