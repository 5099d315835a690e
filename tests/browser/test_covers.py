"""Covers in lists, on a track, on playlists, in the player and on the lock screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: Twenty tracks, five to an album: of the first three albums there are covers. One asks for a verdict.
_SEED = """
from library import services
from library.models import Track, User
from tests.album_rows import make_album
from tests.covers import make_artwork_cover
from tests.factories import TrackFactory
owner = User.objects.latest("id")
genres = ["jazz", "rock", "disco", "blues"]
names = [("Night Ferry", "Nora Vale"), ("Foundry", "The Gravel Kings"), ("Tide Tables", "Kessel"), ("Porchlight", "")]
for number in range(20):
    which = number // 5
    title, artist = names[which]
    if number % 5 == 0:
        cover = make_artwork_cover(owner, which + 3) if which < 3 else None
        album = make_album(owner, title, artist, cover=cover)
    TrackFactory(
        owner=owner, title=f"{title} {number % 5 + 1}", artist=artist, album=title, album_entry=album,
        cover=cover if number % 2 else None,
        heard={"top": genres[which], "confidence": 0.8, "label": None if number == 19 else genres[which]},
    )
playlist = services.playlist_add(owner=owner, name="Sunday kitchen")
services.playlist_append(playlist=playlist, tracks=Track.objects.filter(owner=owner))
fourth = make_artwork_cover(owner, 11)
Track.objects.filter(owner=owner, title="Porchlight 1").update(cover=fourth)
one = services.playlist_add(owner=owner, name="Long drives")
services.playlist_append(playlist=one, tracks=Track.objects.filter(owner=owner, album="Foundry"))
services.playlist_add(owner=owner, name="Nothing yet")
services.search_save(owner=owner, name="Jazz", query="genre=jazz")
"""

ARTWORK = "navigator.mediaSession.metadata.artwork"
LOADED = "images => Promise.all(images.map(image => { image.loading = 'eager'; return image.decode(); }))"


@pytest.fixture
def covered(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def show_all(page: Page) -> None:
    """Wait until all covers are drawn: none may be broken."""
    page.locator("img.cover").evaluate_all(LOADED)


def test_in_the_library_and_the_player(covered: Page) -> None:
    page = covered
    rows = page.locator(".row-track")
    expect(rows.locator("img.cover")).to_have_count(16)
    expect(rows.locator(".cover-tile")).to_have_count(4)
    # The row is as high before the picture is there.
    box = rows.first.locator(".cover").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (44, 44)
    show_all(page)
    check_page(page, "covers-library")

    page.get_by_role("button", name="Play Foundry 2").click()
    bar = page.get_by_role("region", name="Player")
    for _ in range(2):  # the tracks are short: one that is repeated stays
        bar.get_by_role("button", name="Repeat").click()
    page.locator("[data-play][data-title='Foundry 2']").click()
    expect(bar).to_contain_text("Foundry 2")
    expect(bar.locator("img.cover")).to_be_visible()
    show_all(page)
    artwork = page.evaluate(
        "navigator.mediaSession.metadata.artwork.map(({ src, type }) => [new URL(src).pathname, type])"
    )
    assert artwork == [[bar.locator("img.cover").get_attribute("src"), "image/webp"]]
    check_page(page, "covers-player")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("[data-play][data-title='Porchlight 3']").click()
    expect(bar.locator(".cover-tile")).to_be_visible()
    assert page.evaluate(f"{ARTWORK}.length") == 0


def test_on_the_pages_of_a_track(covered: Page) -> None:
    page = covered
    page.get_by_role("link", name="Foundry 3", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Foundry 3")
    expect(page.locator(".track-head img.cover")).to_be_visible()
    show_all(page)
    check_page(page, "covers-track")
    page.goto("/needs-you/")
    expect(page.locator(".review-head .cover")).to_be_visible()
    check_page(page, "covers-needs-you")


def test_on_playlists(covered: Page) -> None:
    page = covered
    page.goto("/playlists/")
    lists = page.locator(".playlists > li")
    expect(lists.filter(has_text="Sunday kitchen").locator(".cover-mosaic img")).to_have_count(4)
    expect(lists.filter(has_text="Long drives").locator("img.cover")).to_have_count(1)
    expect(lists.filter(has_text="Nothing yet").locator("img")).to_have_count(0)
    show_all(page)
    check_page(page, "covers-playlists")
    page.locator("#content").get_by_role("link", name="Sunday kitchen").click()
    expect(page.locator(".playlist-head img")).to_have_count(4)
    show_all(page)
    check_page(page, "covers-playlist")
