"""Tags by the hundred: in pages, found by a part of a name. And the tokens that a new password can revoke."""

from __future__ import annotations

import json
import secrets

from playwright.sync_api import Page, expect

from tests.browser.screenshots import check_page
from tests.live import Site


def signed_in_with_tags(page: Page, site: Site) -> None:
    """Sign in as a person with a token, 120 tags and 60 genres."""
    email = f"{secrets.token_hex(6)}@example.org"
    document = {
        "format": "earmark-library",
        "version": 1,
        "genres": [
            {
                "key": f"genre-{number:03}",
                "name": f"Genre {number:03}",
                "hue": number % 12,
                "retired_at": None,
            }
            for number in range(60)
        ],
        "tags": [{"name": f"Tag {number:03}", "hue": number % 12} for number in range(120)],
    }
    with site.client(Authorization=f"Bearer {site.token(email)}") as client:
        files = {"file": ("library.json", json.dumps(document).encode())}
        client.post("/api/v1/import/", files=files).raise_for_status()
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("a quiet listening room")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def test_tags_are_found_by_their_names(page: Page, site: Site) -> None:
    signed_in_with_tags(page, site)
    page.goto("/labels/")
    check_page(page, "labels-many")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("navigation", name="Pages of tags").get_by_role("link", name="Next").click()
    expect(page.get_by_label("New name of Tag 050")).to_be_visible()
    expect(page.get_by_label("New name of Genre 000")).to_be_visible()
    page.get_by_label("Part of a name").fill("tag 11")
    page.get_by_label("Part of a name").press("Enter")
    expect(page.get_by_label("New name of Tag 119")).to_be_visible()
    expect(page.get_by_label("New name of Tag 050")).to_have_count(0)
    page.get_by_label("New name of Tag 119").fill("Rainy tag 119")
    page.get_by_label("New name of Tag 119").press("Enter")
    # It leads back to what was found.
    expect(page.get_by_label("New name of Rainy tag 119")).to_be_visible()
    expect(page.get_by_label("Part of a name")).to_have_value("tag 11")

    page.goto("/account/password/")
    expect(page.get_by_role("group", name="Also revoke these tokens")).to_be_visible()
    check_page(page, "password-change-with-tokens")
