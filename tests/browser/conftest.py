"""Fixtures of the browser tests: a real site (gunicorn and worker, with a database of its own) and a real Chromium."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.live import Site, running_site

ROOT = Path(__file__).resolve().parents[2]
#: Screenshots of every page that the tests open; not in the repository.
SCREENSHOTS = ROOT / "build" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("EARMARK_TEST_BROWSER") == "required"

#: Milliseconds that a page may take on a busy machine.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.nodeid:
            item.add_marker("browser")
            if not CHROMIUM and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason="not run: no Chromium is installed"))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), EARMARK_MAX_UPLOAD_BYTES=str(40 * 2**20)) as site:
        yield site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Package scope, so that it ends with these tests: Playwright's event loop stops Django from using the database.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A new visitor. On teardown, fails if a request left the site or if a script or policy error was logged."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    outside_requests: list[str] = []
    complaints: list[str] = []
    context.on(
        "request",
        lambda r: None if r.url.startswith((site.url, "data:", "blob:")) else outside_requests.append(r.url),
    )
    context.on("weberror", lambda e: complaints.append(str(e.error)))
    context.on("console", lambda m: complaints.append(m.text) if _is_of_the_site(m) else None)
    yield context
    context.close()
    assert outside_requests == []
    assert complaints == []


def _is_of_the_site(message: ConsoleMessage) -> bool:
    """Whether a page violated its policy. Scripts that a test evaluates in it (axe) have no address."""
    return "Content Security Policy" in message.text and bool(message.location["url"])


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def signed_up(page: Page) -> Page:
    """The page of a person who has just signed up."""
    page.goto("/account/signup/")
    page.get_by_label("E-mail").fill(f"{secrets.token_hex(6)}@example.org")
    page.get_by_label("Password").fill("a quiet listening room")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/")
    return page
