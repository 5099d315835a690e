"""Plays are counted by what was heard, once each, and shown in lists, on tracks and on artists."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests import sounds
from tests.browser.conftest import Site
from tests.browser.screenshots import ALSO_WIDE, check_page
from tests.browser.test_main_job import upload

AUDIO = "document.querySelector('[data-player-audio]')"
HALF = 2.0  # seconds of the songs here

_SEED = """
from datetime import timedelta
from django.utils import timezone
from library import services
from library.models import User
from tests.factories import TrackFactory
owner = User.objects.latest("id")
for title, artist, album, year, genre, days in [
    ("Night Train", "Oscar Peterson", "Night Train", 1963, "jazz", [3, 9, 40]),
    ("Blue Monday", "New Order", "Power, Corruption & Lies", 1983, "disco", [30 * n + 1 for n in range(12)]),
    ("Confusion", "New Order", "", 1983, "disco", [0]),
    ("Paranoid", "Black Sabbath", "Paranoid", 1970, "metal", []),
]:
    track = TrackFactory(
        owner=owner, title=title, artist=artist, album=album, year=year, duration=200.0, heard={"top": genre},
    )
    for ago in days:
        services.play_add(track=track, played_at=timezone.now() - timedelta(days=ago, seconds=5))
"""


@pytest.fixture
def two(signed_up: Page, tmp_path: Path) -> Page:
    """A library of two songs of four seconds, shown as Cinders, Slag."""
    page = signed_up
    page.goto("/upload/")
    for seed, name in enumerate(("Slag", "Cinders")):
        song = sounds.write(tmp_path / f"{name}.mp3", seconds=2 * HALF, seed=seed, tags={"title": name})
        upload(page, song)
        expect(page.locator(".tray-row a")).to_have_count(seed + 1)
    page.goto("/")
    expect(page.locator(".row-track .chip")).to_have_count(2)
    return page


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    """Tracks that were played more or less often."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def is_a_play(request: Request) -> bool:
    return request.url.endswith("/plays/")


def plays_told(page: Page) -> list[Request]:
    """What the page tells the site of plays, from now on."""
    told: list[Request] = []
    page.on("request", lambda request: told.append(request) if is_a_play(request) else None)
    return told


def wait_until_told(page: Page, told: list[Request], count: int = 1) -> None:
    while len(told) < count:
        page.wait_for_event("request", is_a_play)
    for request in told:
        response = request.response()
        assert response
        assert response.status == 204


def has_ended(page: Page) -> None:
    page.evaluate(
        f"new Promise((done) => {AUDIO}.ended ? done() : {AUDIO}.addEventListener('ended', () => done()))"
    )


def has_sounded(page: Page, seconds: float) -> None:
    """Wait until the song has come so far."""
    page.evaluate(
        "(seconds) => new Promise((done) => {"
        f" const look = () => ({AUDIO}.currentTime > seconds ? done() : requestAnimationFrame(look)); look(); }})",
        seconds,
    )


def says(page: Page, title: str, sentence: str) -> None:
    page.goto("/")
    page.locator(".row-name").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    if sentence:
        expect(page.locator(".track-plays")).to_have_text(sentence)
    else:
        expect(page.locator(".track-plays")).to_have_count(0)


def test_half_of_a_song_is_one_play(two: Page) -> None:
    page = two
    told = plays_told(page)
    page.get_by_role("button", name="Play Slag").click()
    wait_until_told(page, told)
    assert page.evaluate(f"{AUDIO}.currentTime") >= HALF - 0.3
    has_ended(page)
    assert len(told) == 1
    says(page, "Slag", "Played once, today")
    says(page, "Cinders", "")


def test_who_skips_to_the_end_has_not_heard_it(two: Page) -> None:
    page = two
    told = plays_told(page)
    page.get_by_role("button", name="Play Slag").click()
    has_sounded(page, 0.1)
    page.evaluate(f"{AUDIO}.currentTime = {2 * HALF - 0.6}")
    has_ended(page)
    says(page, "Slag", "")
    assert told == []


def test_a_song_on_repeat_is_played_each_time(two: Page) -> None:
    page = two
    told = plays_told(page)
    page.get_by_role("button", name="Play Slag").click()
    for _ in range(2):
        page.locator("[data-player-repeat]").click()
    expect(page.get_by_role("button", name="Repeat: this track")).to_be_visible()
    wait_until_told(page, told, 2)
    assert len(told) == 2
    says(page, "Slag", "Played 2 times, last today")


def test_the_strip_counts_too(two: Page) -> None:
    page = two
    page.locator(".row-name").get_by_role("link", name="Cinders", exact=True).click()
    expect(page.locator("[data-strip][data-ready]")).to_be_visible()
    told = plays_told(page)
    page.get_by_role("region", name="Listen").get_by_role("button", name="Play", exact=True).click()
    wait_until_told(page, told)
    expect(page.locator("[data-strip].is-playing")).to_have_count(0)
    assert len(told) == 1
    says(page, "Cinders", "Played once, today")


def test_it_is_told_also_when_the_page_closes(two: Page) -> None:
    """Here the page learns only when it closes that half of the song was heard."""
    page = two
    page.evaluate(f"{AUDIO}.addEventListener('timeupdate', (event) => event.stopImmediatePropagation())")
    told = plays_told(page)
    page.get_by_role("button", name="Play Slag").click()
    has_sounded(page, HALF + 0.3)
    assert told == []
    address = page.locator("[data-player-title]").get_attribute("href")
    page.goto("about:blank")
    # Asked without a page, whose script would send what had got lost. The request goes on while its page is gone.
    for _ in range(100):
        text = page.context.request.get(str(address)).text()
        if "Played once, today" in text:
            break
    assert "Played once, today" in text


def test_one_that_gets_lost_on_the_way_is_told_later(two: Page) -> None:
    page = two
    page.route("**/plays/", lambda route: route.abort())
    with page.expect_event("requestfailed", is_a_play):
        page.get_by_role("button", name="Play Slag").click()
    has_ended(page)
    page.unroute("**/plays/")
    told = plays_told(page)
    page.reload()
    wait_until_told(page, told)
    says(page, "Slag", "Played once, today")
    page.reload()
    assert len(told) == 1


def titles(page: Page, *expected: str) -> None:
    expect(page.locator(".row-name > a")).to_have_text(list(expected))


def test_lists_that_are_one_click_away(library: Page) -> None:
    page = library
    lists = page.get_by_role("navigation", name="Quick lists")
    lists.get_by_role("link", name="Recently played").click()
    titles(page, "Confusion", "Blue Monday", "Night Train")
    expect(lists.get_by_role("link", name="Recently played")).to_have_attribute("aria-current", "true")
    expect(page.locator(".row-played time")).to_have_text(["today", "yesterday", "3 days ago"])
    expect(page.locator(".row-played").first).to_be_visible()
    check_page(page, "recently-played", ALSO_WIDE)
    page.set_viewport_size({"width": 1280, "height": 900})
    lists.get_by_role("link", name="Most played").click()
    titles(page, "Blue Monday", "Night Train", "Confusion")
    expect(page.locator(".row-plays").first).to_be_visible()
    expect(page.locator("#ordering option:checked")).to_have_text("Most played")
    check_page(page, "most-played", ALSO_WIDE)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator(".row-plays").first).to_have_text("12 plays")
    expect(page.locator(".row-plays").first).to_be_visible()
    lists.get_by_role("link", name="Recently added").click()
    titles(page, "Paranoid", "Confusion", "Blue Monday", "Night Train")
    expect(page.locator(".row-added").first).to_be_visible()


def test_where_nothing_was_played_the_lists_say_what_will_be_there(two: Page) -> None:
    page = two
    page.get_by_role("link", name="Most played").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    expect(page.locator("#content").get_by_text("What you play most often appears here.")).to_be_visible()
    check_page(page, "most-played-empty")


@pytest.mark.parametrize(
    ("width", "shown"), [(360, set()), (1280, set()), (1920, {"plays", "played"})], ids=str
)
def test_columns_as_far_as_there_is_room(library: Page, width: int, shown: set[str]) -> None:
    page = library
    page.set_viewport_size({"width": width, "height": 900})
    row = page.locator(".row-track", has_text="Blue Monday")
    expect(row.locator(".row-genre")).to_be_visible()
    for name in ("plays", "played"):
        expect(row.locator(f".row-{name}")).to_be_visible(visible=name in shown)
        if name in shown:
            head, cell = (
                page.locator(f".head-{name}").bounding_box(),
                row.locator(f".row-{name}").bounding_box(),
            )
            assert head
            assert cell
            assert (
                abs(head["x"] + head["width"] - cell["x"] - cell["width"]) <= 1
                or abs(head["x"] - cell["x"]) <= 1
            )


def test_a_column_of_plays_can_be_hidden(library: Page) -> None:
    page = library
    page.goto("/?ordering=-play_count")
    row = page.locator(".row-track").first
    expect(row.locator(".row-plays")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.locator(".columns-menu .dropdown-menu").get_by_label("Plays").uncheck()
    expect(row.locator(".row-plays")).to_be_hidden()
    expect(page.locator(".head-plays")).to_be_hidden()


def test_what_of_an_artist_is_played_most(library: Page) -> None:
    page = library
    page.get_by_role("link", name="New Order").first.click()
    section = page.get_by_role("region", name="Most played")
    expect(section.locator(".row-name > a")).to_have_text(["Blue Monday", "Confusion"])
    expect(section.locator(".ranked-reason")).to_have_text(["12 plays", "1 play"])
    check_page(page, "artist-most-played")
