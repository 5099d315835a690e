"""A stored file that decays: its owner reads of it, uploads the file again, and it is whole. And other bad news."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import sounds
from tests.browser.conftest import PATIENCE
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.test_main_job import upload
from tests.live import Site, running_site


def stored_file(site: Site, content: bytes) -> Path:
    """The file of the site's library with these bytes."""
    originals = Path(site.env["EARMARK_DATA_DIR"], "files").rglob("original.*")
    [found] = [path for path in originals if path.read_bytes() == content]
    return found


def test_uploading_the_file_again_mends_it(signed_up: Page, site: Site, tmp_path: Path) -> None:
    page = signed_up
    song = sounds.write(tmp_path / "fragile.wav", seconds=8, seed=77)
    content = song.read_bytes()
    upload(page, song)
    expect(page.locator(".row-track .chip")).to_have_count(1)
    page.get_by_role("link", name="fragile", exact=True).click()
    page.wait_for_url("**/tracks/*/")
    address = page.url

    stored = stored_file(site, content)
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    stored.write_bytes(damaged)
    with pytest.raises(subprocess.CalledProcessError):
        site.manage("doctor", "--verify")

    page.reload()
    notice = page.get_by_role("heading", name="The stored file is damaged")
    expect(notice).to_be_visible()
    check_page(page, "damaged-track", ALSO_WIDE)
    assert page.request.get(f"{address}audio/").status == 409

    page.get_by_role("link", name="upload it again").click()
    page.wait_for_url("**/upload/")
    upload(page, song)
    row = page.locator(".upload-row")
    expect(
        row.filter(has_text="The stored file was damaged; it has been replaced by this one.")
    ).to_have_count(1)
    check_page(page, "upload-mended", ALSO_WIDE)
    assert stored.read_bytes() == content

    page.goto(address)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(notice).to_have_count(0)
    assert page.request.get(f"{address}original/").body() == content


def test_a_form_while_the_database_is_locked(page: Page, site: Site) -> None:
    if "EARMARK_DATABASE_URL" in site.env:
        pytest.skip("PostgreSQL locks only rows")
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("a quiet listening room")
    with closing(sqlite3.connect(Path(site.env["EARMARK_DATA_DIR"], "earmark.sqlite3"), timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        with page.expect_response("**/account/login/") as answered:
            page.get_by_role("button", name="Sign in").click()
        assert answered.value.status == 503
        other.rollback()
    expect(page.get_by_role("heading", name="Not now")).to_be_visible()
    check_page(page, "unavailable", ALSO_WIDE)


@pytest.fixture
def on_a_full_disk(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The sign-up page of a site that has less room than it is to keep."""
    with running_site(tmp_path / "full", EARMARK_KEEP_FREE_BYTES=str(10**18)) as site:
        context = browser.new_context(base_url=site.url, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/account/signup/")
        yield page
        context.close()


def test_the_upload_page_of_a_full_disk(on_a_full_disk: Page) -> None:
    page = on_a_full_disk
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password").fill("a quiet listening room")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/")
    page.goto("/upload/")
    expect(page.locator(".notice-warning")).to_be_visible()
    check_page(page, "upload-full-disk", ALSO_WIDE)
