"""The theme: as the system's, light or dark, whatever Django's admin keeps for itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screenshots import check_page


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Theme", exact=True).click()
    page.get_by_role("button", name=name, exact=True).click()


def test_three_states(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/account/login/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    choose(page, "Light")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Theme", exact=True).click()
    expect(page.get_by_role("button", name="Light", exact=True)).to_have_attribute("aria-pressed", "true")
    check_page(page, "theme-menu")
    page.evaluate("localStorage.removeItem('earmark.theme')")
    page.reload()

    choose(page, "Dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    choose(page, "As the system")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")


@pytest.mark.parametrize("of_the_admin", ["auto", "light"])
def test_the_admins_choice_is_its_own(page: Page, of_the_admin: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/account/login/")
    page.evaluate("value => localStorage.setItem('theme', value)", of_the_admin)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    choose(page, "Dark")
    assert page.evaluate("localStorage.getItem('theme')") == of_the_admin


def test_a_choice_holds_in_other_tabs(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/account/login/")
    other = page.context.new_page()
    other.emulate_media(color_scheme="light")
    other.goto("/account/signup/")
    choose(page, "Dark")
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")
