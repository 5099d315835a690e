"""The admin wears the site's colours, and follows its theme."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_theme import choose

_STAFF = """
from library.models import User
User.objects.filter(pk=User.objects.latest("id").pk).update(is_staff=True, is_superuser=True)
"""


def test_one_theme_for_site_and_admin(signed_up: Page, site: Site) -> None:
    page = signed_up
    site.manage("shell", "--no-imports", "-c", _STAFF)
    page.emulate_media(color_scheme="light")
    page.goto("/")
    choose(page, "Dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto("/admin/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground

    themes = page.get_by_role("group", name="Theme")
    expect(themes.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    themes.get_by_role("button", name="Light").click()
    expect(root).to_have_attribute("data-bs-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    page.goto("/")
    expect(root).to_have_attribute("data-bs-theme", "light")

    page.goto("/admin/")
    themes.get_by_role("button", name="System").click()
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate("Object.keys(localStorage).includes('theme')") is False


def test_one_theme_also_before_signing_in(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/admin/login/")
    page.get_by_role("group", name="Theme").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto("/account/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
