"""The site can be installed on a phone or desktop, as the browser itself judges."""

from __future__ import annotations

import json

from playwright.sync_api import Page


def test_the_browser_offers_to_install_it(page: Page) -> None:
    page.goto("/account/login/")
    cdp = page.context.new_cdp_session(page)
    found = cdp.send("Page.getAppManifest")
    assert found["errors"] == []
    assert json.loads(found["data"])["name"] == "Earmark"
    errors = cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # The context of a test is a private window, in which nothing can be installed.
    assert [error["errorId"] for error in errors] == ["in-incognito"]


def test_its_pictures_are_as_large_as_it_says(page: Page) -> None:
    page.goto("/account/login/")
    found = page.request.get(page.locator("link[rel=manifest]").get_attribute("href") or "").json()
    for icon in found["icons"]:
        shown = page.evaluate(
            """async (src) => {
                const image = Object.assign(new Image(), { src });
                await image.decode();
                return `${image.naturalWidth}x${image.naturalHeight}`;
            }""",
            icon["src"],
        )
        assert icon["sizes"] in ("any", shown)
    touch = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    assert page.request.get(touch or "").ok
