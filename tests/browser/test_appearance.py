"""Every page at 360 and 1280 px, dark and light: no sideways scrolling, no findings by axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload


@pytest.mark.parametrize("path", ["login", "signup", "password/forgotten"])
def test_before_signing_in(page: Page, path: str) -> None:
    page.goto(f"/account/{path}/")
    check_page(page, path.replace("/", "-"))


def test_signed_in(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    check_page(page, "empty")
    page.goto("/upload/")
    check_page(page, "upload")

    silence = sounds.silence(tmp_path / "silence.wav", seconds=5)
    long_name = sounds.write(tmp_path / ("a very long name " * 11 + "🎷🎺.mp3"), seconds=30)
    upload(page, long_name, silence)
    expect(page.locator(".tray .chip")).to_have_count(1)
    expect(page.locator(".tray .tray-error")).to_have_count(1)
    check_page(page, "tray")

    page.goto("/")
    check_page(page, "library")
    page.locator(".row-track [data-play]").first.click()
    check_page(page, "player")
    for name, picture in (("a very long name", "track-a"), ("silence", "track-b")):
        page.goto("/")
        page.locator(".row-name a", has_text=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        check_page(page, picture)
    page.goto(f"{page.url}delete/")
    check_page(page, "delete")

    page.goto("/account/")
    check_page(page, "account")
    page.goto("/api/docs/")
    check_page(page, "api-docs")
    page.goto("/tracks/00000000-0000-0000-0000-000000000000/")
    check_page(page, "not-found")
