"""The switch of what is taught: it is offered, asks with the tracks, sets them, and can be switched off again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: A genre and a tag that may set themselves, and five open tracks that sound like each.
_SEED = """
from library.models import User
from tests.learning import make_heard_track, teach_genre, teach_surely, teach_tag
names = [("Slow Current", "Marit Olsen"), ("Pressure Drop", "Unit 9"), ("Night Bus", "Deep Alloy"),
    ("A title that is so long that it does not fit beside its chips on any telephone", "An artist of many words"),
    ("Depth Charge", "Unit 9")]
owner = User.objects.latest("id")
teach_surely(owner, teach_genre, "Dub techno", kind="dub")
teach_surely(owner, teach_tag, "Kitchen", kind="kitchen")
for kind in ("dub", "kitchen"):
    for number, (title, artist) in enumerate(names):
        make_heard_track(owner, kind, 500 + number, likeness=0.97, title=title, artist=artist)
"""


def wide(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})


def open_label(page: Page, name: str) -> None:
    page.goto("/labels/")
    page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_from_the_offer_to_the_switch_and_back(signed_up: Page, site: Site) -> None:
    page = signed_up
    site.manage("shell", "--no-imports", "-c", _SEED)
    open_label(page, "Dub techno")
    expect(page.locator("#content").get_by_text("It is right often enough to set itself.")).to_be_visible()
    check_page(page, "switch-offered")
    wide(page)
    page.get_by_role("link", name="Let it set itself…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Let “Dub techno” set itself on 5 tracks?")
    check_page(page, "switch-asks")
    wide(page)

    page.get_by_role("button", name="Let it set itself").press("Enter")
    notice = page.get_by_role("status").filter(has_text="sets itself now: 5 tracks so far")
    expect(notice.get_by_role("button", name="Switch off")).to_be_visible()
    expect(
        page.locator("#content").get_by_text("Earmark has set it on 5 tracks, as you taught it.")
    ).to_be_visible()
    check_page(page, "switch-on")
    wide(page)
    page.get_by_role("link", name="Night Bus").first.click()
    genre = page.get_by_role("region", name="Genre", exact=True)
    expect(genre.locator(".layer-effective")).to_contain_text("Set by Earmark, as you taught it")
    check_page(page, "track-set-genre")
    wide(page)
    genre.get_by_role("button", name="Yes, it’s dub techno").click()
    expect(genre.locator(".layer-effective")).to_contain_text("You")

    open_label(page, "Dub techno")
    expect(
        page.locator("#content").get_by_text("Earmark has set it on 4 tracks, as you taught it.")
    ).to_be_visible()
    page.get_by_role("button", name="Switch off").click()
    expect(
        page.locator("#content").get_by_text("no longer sets itself. What you have confirmed stays.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Let it set itself…")).to_be_visible()


def test_tags_that_were_set_look_different(signed_up: Page, site: Site) -> None:
    page = signed_up
    site.manage("shell", "--no-imports", "-c", _SEED)
    open_label(page, "Kitchen")
    page.get_by_role("link", name="Let it set itself…").click()
    page.get_by_role("button", name="Let it set itself").click()
    expect(
        page.locator("#content").get_by_text("Earmark has set it on 5 tracks, as you taught it.")
    ).to_be_visible()
    expect(page.locator(".row-tag.is-set")).to_have_count(5)
    check_page(page, "switch-on-tag")
    wide(page)
    page.get_by_role("link", name="Depth Charge").first.click()
    tags = page.get_by_role("region", name="Tags")
    expect(tags.locator(".chip.is-set")).to_contain_text("set by Earmark")
    check_page(page, "track-set-tag")
    wide(page)
    tags.get_by_role("button", name="No, not Kitchen").press("Enter")
    expect(tags.locator(".chip.is-set")).to_have_count(0)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Genres and tags").click()
    expect(page.locator("#content").get_by_text("Sets itself since")).to_be_visible()
