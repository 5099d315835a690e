"""A player password is made and shown once; and a player that runs in a browser, on another site, plays with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import sounds
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.test_main_job import upload
from tests.live import Site

#: What a player does first, in a page of another origin than the site's.
CONNECT = """async ([site, credentials]) => {
  const address = (name) => `${site}/rest/${name}?${new URLSearchParams({...credentials, f: "json"})}`;
  const body = async (response) => (await response.json())["subsonic-response"];
  const form = new URLSearchParams({...credentials, f: "json", query: ""});
  const found = await body(await fetch(`${site}/rest/search3`, {method: "POST", body: form}));
  const song = found.searchResult3.song[0];
  const part = await fetch(`${address("stream")}&id=${song.id}`, {headers: {Range: "bytes=0-99"}});
  const picture = await fetch(`${address("getCoverArt")}&id=${song.coverArt}`);
  return {
    ping: await body(await fetch(address("ping.view"))),
    title: song.title,
    part: [part.status, (await part.arrayBuffer()).byteLength, part.headers.get("Content-Range")],
    picture: picture.headers.get("Content-Type"),
  };
}"""


class BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A player</title>")


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another site, with one page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BlankPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_password_that_plays(
    signed_up: Page, browser: Browser, site: Site, elsewhere: str, tmp_path: Path
) -> None:
    page = signed_up
    upload(page, sounds.write(tmp_path / "song.mp3", seconds=5))
    expect(page.locator(".tray .chip")).to_have_count(1)
    page.goto("/account/")
    section = page.get_by_role("region", name="Music players")
    section.get_by_label("Name").fill("the phone")
    section.get_by_role("button", name="Make player password").click()
    shown = page.get_by_label("Player password", exact=True)
    expect(shown).to_be_visible()
    password = shown.input_value()
    email = page.get_by_role("region", name="Your new player password").locator("dd").nth(1).inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    check_page(page, "player-password", ALSO_WIDE)
    page.goto("/account/")
    expect(shown).to_have_count(0)
    expect(section.get_by_role("row", name="the phone")).to_contain_text("never")

    player = browser.new_page()
    player.goto(elsewhere)
    credentials = {"u": email, "p": password, "v": "1.16.1", "c": "a web player"}
    told: dict[str, Any] = player.evaluate(CONNECT, [site.url, credentials])
    player.close()
    assert told["ping"]["status"] == "ok"
    assert told["title"] == "song"
    assert told["part"][:2] == [206, 100]
    assert told["part"][2].startswith("bytes 0-99/")
    assert told["picture"] in ("image/png", "image/webp")

    page.goto(f"{site.url}/account/")
    expect(section.get_by_role("row", name="the phone")).not_to_contain_text("never")
    section.get_by_role("button", name="Revoke the phone").click()
    expect(page.locator("#content")).to_contain_text("Revoked the player password “the phone”")
