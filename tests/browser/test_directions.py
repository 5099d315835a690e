"""Names in Hebrew or Arabic are read from the right, wherever they stand on pages that are read from the left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENSHOTS, Site

#: Ends with a mark that stands at the left when the text is read from the right, and else at its right.
TITLE, ARTIST, ALBUM, TAG, PLAYLIST = "שיר ראשון!", "עידן!", "אלבום!", "שקט!", "בוקר!"

_SEED = f"""
from classifier.inference import Classifier
from library import services
from library.models import User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title, artist, album in (("{TITLE}", "{ARTIST}", "{ALBUM}"), ("Blue Monday", "New Order", "")):
    track = make_audible_track(
        classifier, owner=owner, title=title, artist=artist, album=album, duration=5.6,
        heard={{"top": "jazz", "label": None}},
    )
    services.track_tag(track=track, name="{TAG}")
services.playlist_add(owner=owner, name="{PLAYLIST}")
"""

_LAST_IS_LEFT = """(element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0) continue;
        const box = (offset) => {
            const range = document.createRange();
            range.setStart(walker.currentNode, offset);
            range.setEnd(walker.currentNode, offset + 1);
            return range.getBoundingClientRect();
        };
        return box(at + text.length - 1).left < box(at).left;
    }
    throw new Error(`${text} is not there`);
}"""


def is_read_from_the_right(shown: Locator, text: str) -> bool:
    expect(shown).to_contain_text(text)
    return bool(shown.evaluate(_LAST_IS_LEFT, text))


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_in_a_row_the_player_and_the_queue(library: Page) -> None:
    page = library
    row = page.locator(".row-track").filter(has_text=TITLE)
    assert is_read_from_the_right(row.locator(".row-name > a"), TITLE)
    assert is_read_from_the_right(row.locator(".row-artist"), ARTIST)
    assert is_read_from_the_right(row.locator(".row-tag"), TAG)
    # Names in either direction stand in one column.
    lefts = [name.bounding_box() for name in page.locator(".row-name").all()]
    assert len({name["x"] for name in lefts if name}) == 1
    row.locator("[data-play]").click()
    player = page.get_by_role("region", name="Player")
    assert is_read_from_the_right(player.locator("[data-player-title]"), TITLE)
    assert is_read_from_the_right(player.locator("[data-player-artist]"), ARTIST)
    player.get_by_role("button", name="Queue").click()
    assert is_read_from_the_right(page.locator("[data-play-queue-list] [data-title]", has_text=TITLE), TITLE)
    page.screenshot(path=SCREENSHOTS / "right-to-left.png")


def test_on_the_other_pages(library: Page) -> None:
    page = library
    page.get_by_role("link", name=TITLE, exact=True).click()
    assert is_read_from_the_right(page.get_by_role("heading", level=1), TITLE)
    assert is_read_from_the_right(page.get_by_role("region", name="Tags").locator(".chip").first, TAG)
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Title")).to_have_value(TITLE)
    assert page.get_by_label("Title").evaluate("field => field.matches(':dir(rtl)')")
    page.goto("/playlists/")
    assert is_read_from_the_right(page.get_by_role("main").get_by_role("link", name=PLAYLIST), PLAYLIST)
    page.goto("/labels/")
    assert is_read_from_the_right(page.locator(".label-rows .chip.tag"), TAG)
    page.goto("/?tag=" + TAG)
    assert is_read_from_the_right(page.locator(".filter-chips .chip"), TAG)
    page.goto("/")
    page.locator(".row-track").filter(has_text=TITLE).get_by_role("link", name=ARTIST).click()
    assert is_read_from_the_right(page.get_by_role("heading", level=1), ARTIST)
    page.goto("/artists/")
    assert is_read_from_the_right(page.locator(".artist-name a", has_text=ARTIST), ARTIST)
    page.goto("/albums/")
    assert is_read_from_the_right(page.locator(".album-title", has_text=ALBUM), ALBUM)
    assert is_read_from_the_right(page.locator(".album-by", has_text=ARTIST).get_by_role("link"), ARTIST)
    page.locator(".album-title", has_text=ALBUM).click()
    assert is_read_from_the_right(page.get_by_role("heading", level=1), ALBUM)
    assert is_read_from_the_right(page.locator(".collection-by a"), ARTIST)
    page.goto("/needs-you/")
    title = page.get_by_role("heading", level=1)
    if title.inner_text() != TITLE:
        page.keyboard.press("s")
    assert is_read_from_the_right(title, TITLE)
