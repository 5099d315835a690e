"""Waiting until something is true of a page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import PATIENCE


def wait_until(page: Page, condition: str) -> None:
    """Wait until the JavaScript expression `condition` is true in the page; fail after `PATIENCE`.

    Playwright's own `wait_for_function` evaluates its text again for every frame. The site's policy forbids that,
    so it fails unless the condition is true at once.
    """
    page.evaluate(
        f"""patience => new Promise((done, fail) => {{
            const end = performance.now() + patience;
            const look = () => {{
                if ({condition}) done();
                else if (performance.now() > end) fail(new Error("not true in time"));
                else setTimeout(look, 20);
            }};
            look();
        }})""",
        PATIENCE,
    )
