"""Albums and artists in a browser: pictures of their pages, playing an album in order and shuffled, and searching."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: "Foundry" moves through genres; the others fill the grid, some without a cover.
_SEED = """
import itertools, random
from classifier.inference import Classifier
from library.models import User
from tests.album_rows import make_album, make_track_by, make_track_on
from tests.browser.seeds import make_audible_track
from tests.covers import make_cover
from tests.factories import PredictionFactory
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
chance = random.Random(3)
genres = sorted(["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"])

def segments(seconds, *order):
    made = []
    for start in range(0, int(seconds), 3):
        main = order[min(int(len(order) * start / seconds), len(order) - 1)]
        top = chance.uniform(0.28, 0.95)
        rest = (1 - top) / 9
        made.append([start, min(start + 3, seconds), [top if genre == main else rest for genre in genres]])
    return made

foundry = make_album(owner, "Foundry", "The Gravel Kings", year=2011, cover=make_cover(owner, (157, 82, 59)),
    cover_chosen=True)
for number, (title, genre, seconds, order) in enumerate([
    ("Third Rail", "rock", 227, ["metal", "metal", "rock"]),
    ("Cold Welding", "metal", 270, ["metal", "rock", "metal", "metal"]),
    ("Slag", "metal", 198, ["metal"]),
    ("Interval (for two guitars)", "classical", 132, ["blues", "classical"]),
    ("Night Shift", "rock", 301, ["rock", "blues", "rock"]),
    ("What the River Keeps", "blues", 344, ["blues", "blues", "rock", "blues"]),
    ("Foundry", "rock", 402, ["rock", "metal", "rock", "rock"]),
    ("Cinders", "country", 180, ["blues", "country", "country"]),
], 1):
    track = make_track_on(foundry, title, track_number=number, duration=float(seconds),
        heard={"top": genre, "confidence": 0.8, "segments": segments(seconds, *order)})
wall = make_album(owner, "A Long Night at the Riverside Hall", "The Gravel Kings", year=2014)
for disc, number in itertools.product((1, 2), (1, 2, 3)):
    seconds = 200.0 + 40 * number
    make_track_on(wall, f"Riverside {disc}.{number}", disc_number=disc, track_number=number, duration=seconds,
        heard={"top": "blues", "confidence": 0.8, "segments": segments(seconds, "blues")})
hits = make_album(owner, "Harvest Fair", "", year=1998, cover=make_cover(owner, (60, 120, 90)), cover_chosen=True)
songs = [("Barley", "Ada Byrne"), ("Rye", "Émile Lac"), ("Oats", "The Gravel Kings")]
for number, (title, artist) in enumerate(songs, 1):
    make_track_on(hits, title, artist, track_number=number, duration=150.0,
        heard={"top": "country", "confidence": 0.7, "segments": segments(150, "country")})
for number, (title, artist, genre, colour) in enumerate([
    ("Blue Hours", "Ada Byrne", "jazz", (40, 70, 140)), ("Lanterns", "Émile Lac", "pop", None),
    ("Signals", "Zwölf", "disco", (190, 60, 150)), ("Undertow", "Björk Ahl", "reggae", None),
    ("Quarry", "Kaya Moon", "hiphop", (120, 80, 200)), ("Tilt", "2nd Avenue", "rock", (200, 90, 60)),
]):
    album = make_album(owner, title, artist, year=2000 + number,
        cover=make_cover(owner, colour) if colour else None, cover_chosen=bool(colour))
    make_track_on(album, f"{title} song", track_number=1, duration=180.0, heard={"top": genre, "confidence": 0.8})
make_track_by(owner, "Loose End", "The Gravel Kings")
for number, title in enumerate(("One", "Two", "Three"), 1):
    make_audible_track(classifier, owner=owner, title=title, artist="Tick", album="Short", track_number=number,
        year=2020, duration=40.0, heard={"top": "jazz", "confidence": 0.9})
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/albums/")
    return signed_up


def wide(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})


def test_pages_of_albums_and_artists(library: Page) -> None:
    page = library
    expect(page.get_by_role("heading", level=1, name="Albums")).to_be_visible()
    expect(page.locator(".album-tile")).to_have_count(10)
    check_page(page, "albums")
    wide(page)
    page.get_by_role("link", name="Foundry", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Foundry")).to_be_focused()
    expect(page.locator(".genre-course")).to_contain_text("Begins as")
    check_page(page, "album")
    wide(page)
    strips = page.locator(".album-strip")
    widths = [strips.nth(number).locator("rect").count() for number in range(8)]
    assert widths == [27, 32, 24, 16, 36, 41, 48, 21]
    page.get_by_role("link", name="The Gravel Kings", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="The Gravel Kings")).to_be_focused()
    expect(page.get_by_role("link", name="Loose End", exact=True)).to_be_visible()
    check_page(page, "artist")
    wide(page)
    page.get_by_role("link", name="A Long Night at the Riverside Hall", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="Disc 2")).to_be_visible()
    check_page(page, "album-discs")
    wide(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Artists").click()
    expect(page.get_by_role("heading", level=1, name="Artists")).to_be_focused()
    check_page(page, "artists")
    wide(page)
    page.get_by_role("navigation", name="First letters").get_by_role("link", name="E", exact=True).click()
    expect(page.get_by_role("link", name="Émile Lac", exact=True)).to_be_visible()
    expect(page.locator(".artist-rows > li")).to_have_count(1)


def test_the_search_narrows_albums_where_they_are(library: Page) -> None:
    page = library
    search = page.get_by_label("Search the library")
    search.fill("gravel")
    expect(page.locator(".album-tile")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/albums/\?search=gravel"))
    page.get_by_label("Sort by").select_option(label="Year, oldest first")
    expect(page.locator(".album-title").first).to_have_text("Harvest Fair")
    page.get_by_role("button", name="Filters").click()
    page.locator(".facets").get_by_role("link", name="Metal").first.click()
    expect(page.locator(".album-tile")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/albums/\?.*genre=metal"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".album-tile")).to_have_count(10)
    # From a page without a list, the search finds tracks; above them, what the words name.
    page.goto("/upload/")
    search.fill("gravel")
    search.press("Enter")
    found = page.get_by_role("region", name="Albums and artists")
    expect(found.get_by_role("link")).to_have_count(3)
    check_page(page, "search-names")
    wide(page)
    found.get_by_role("link", name="The Gravel Kings").first.click()
    expect(page.get_by_role("heading", level=1, name="The Gravel Kings")).to_be_focused()


def test_an_album_plays_in_order_or_shuffled(library: Page) -> None:
    page = library
    bar = page.get_by_role("region", name="Player")
    page.locator(".album-tile", has_text="Short").get_by_role("button", name="Play Short").click()
    expect(bar.locator("[data-player-title]")).to_have_text("One")
    expect(bar.get_by_role("link", name="Tick")).to_be_visible()
    page.get_by_role("link", name="Short", exact=True).click()
    expect(page.get_by_role("button", name="Pause One")).to_be_visible()
    page.get_by_role("button", name="Play Three").click()
    expect(bar.locator("[data-player-title]")).to_have_text("Three")
    page.get_by_role("button", name="Shuffle", exact=True).first.click()
    expect(bar.get_by_role("button", name="Shuffle")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play", exact=True).first.click()
    expect(bar.get_by_role("button", name="Shuffle")).to_have_attribute("aria-pressed", "false")
    for title in ("One", "Two", "Three"):
        expect(bar.locator("[data-player-title]")).to_have_text(title)
        if title != "Three":
            bar.get_by_role("button", name="Next").click()
    bar.get_by_role("link", name="Tick").click()
    expect(page.get_by_role("heading", level=1, name="Tick")).to_be_focused()


def test_an_album_goes_into_a_playlist_and_to_the_bin(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Short", exact=True).click()
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Add to playlist…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New playlist").fill("Late")
    dialog.get_by_role("button", name="Create and add").click()
    expect(page.locator("#messages")).to_contain_text("Added to “Late”: 3 tracks.")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete…").click()
    check_page(page, "album-delete")
    wide(page)
    page.get_by_role("button", name="Delete 3 tracks").click()
    expect(page.get_by_role("heading", level=1, name="Albums")).to_be_focused()
    expect(page.get_by_role("link", name="Short", exact=True)).to_have_count(0)
    page.locator("#messages").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Short", exact=True)).to_be_visible()


def test_an_album_is_edited_and_merged_and_both_are_undone(library: Page) -> None:
    page = library
    messages = page.locator("#messages")
    page.get_by_role("link", name="Short", exact=True).click()
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Edit…", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Edit album")).to_be_visible()
    check_page(page, "album-edit")
    wide(page)
    page.get_by_label("Title").fill("Longer")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="Longer")).to_be_focused()
    expect(messages).to_contain_text("Edited “Short”: 3 tracks.")
    messages.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1, name="Short")).to_be_visible()

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Edit…", exact=True).click()
    page.get_by_role("link", name="Merge it into that").click()
    page.get_by_role("searchbox", name="Find an album").fill("gravel")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("button", name="Merge into this: The Gravel Kings – Foundry")).to_be_visible()
    check_page(page, "album-merge")
    wide(page)
    page.get_by_role("button", name="Merge into this: The Gravel Kings – Foundry").click()
    expect(page.get_by_role("heading", level=1, name="Foundry")).to_be_focused()
    expect(page.locator(".album-track")).to_have_count(11)
    messages.get_by_role("button", name="Undo").click()
    expect(page.locator(".album-track")).to_have_count(8)


def test_an_artist_is_renamed(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Tick", exact=True).click()
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Edit…", exact=True).click()
    check_page(page, "artist-edit")
    wide(page)
    page.get_by_label("Name").fill("Tock")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name="Tock")).to_be_focused()
