"""Chromiums that play a long file: each fetches some of it, and the rest when that has been heard."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright, sync_playwright

from benchmarks.measure import descendants, process_seconds

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
BROWSERS, COUNT = "browsers playing", 6
#: A page and the first sound have to come within this time.
PATIENCE = 20_000
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
]
PLAY = """async (address) => {
    window.music = new Audio(address);
    window.music.loop = true;
    await window.music.play();
}"""
#: The time since it began to play, 0 if it does not.
PLAYED = "window.music && !window.music.paused && !window.music.error ? window.music.currentTime : 0"


class Browsers:
    """The browsers that began to play."""

    def __init__(self, pages: list[Page], folder: Path) -> None:
        self._pages, self._folder = pages, folder
        self.most = COUNT
        self._heard = self._times()
        self._began, self._used = time.monotonic(), self._seconds()

    def count(self) -> int:
        """How many have gone on playing."""
        return sum(now > before for before, now in zip(self._heard, self._times(), strict=True))

    def cores(self) -> float:
        """How many cores they have used on average: what they leave to the site."""
        return (self._seconds() - self._used) / (time.monotonic() - self._began)

    def _times(self) -> list[float]:
        return [float(page.evaluate(PLAYED)) for page in self._pages]

    def _seconds(self) -> float:
        """CPU time of all processes that have the folder in their command or are descendants of one that has."""
        total = 0.0
        for pid in descendants_with(str(self._folder)):
            with suppress(OSError):
                total += process_seconds(pid)
        return total


def descendants_with(text: str) -> set[int]:
    """This process's descendants whose command contains a text, and the descendants of these."""
    found: set[int] = set()
    for pid in descendants():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if text in command:
            found |= {pid, *descendants(pid)}
    return found


@contextmanager
def browsers_listening(url: str, track: str, cookies: dict[str, str], folder: Path) -> Iterator[Browsers]:
    """Chromiums, each with a data folder of its own, in which somebody is signed in and plays a track."""
    profiles = folder / "chromiums"
    with sync_playwright() as playwright, ExitStack() as stack:
        pages = []
        for number in range(COUNT):
            page = stack.enter_context(_opened(playwright, profiles / str(number), url, cookies))
            try:
                page.goto(f"{url}/account/")
                page.evaluate(PLAY, f"/tracks/{track}/audio/")
            except Error:
                continue  # the site had no thread for it
            pages.append(page)
        yield Browsers(pages, profiles)
    shutil.rmtree(profiles, ignore_errors=True)


@contextmanager
def _opened(playwright: Playwright, profile: Path, url: str, cookies: dict[str, str]) -> Iterator[Page]:
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=OPTIONS, ignore_https_errors=True
    )
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    try:
        yield context.pages[0]
    finally:
        context.close()
