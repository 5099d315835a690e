"""What Earmark has learned: from nothing to a version, what it would change, and decisions about that by keys."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: Eight tracks that sound like what their owner called rock, where the model hears blues or is not sure.
_SEED = """
from django.db import transaction
from library.models import Track, User
from library.services.effective_genres import effective_genres_recompute
from tests.learning import make_misheard_library
names = [("Slow Current", "Marit Olsen"), ("Pressure Drop", "Unit 9"), ("Night Bus", "Deep Alloy"),
    ("Wire and Bone", "Ama & the Levee"), ("Third Rail", "The Gravel Kings"), ("Harbour Loop 4", "Marit Olsen"),
    ("A title that is so long that it does not fit beside its answers on any telephone", "An artist of many words"),
    ("Depth Charge", "Unit 9")]
owner = User.objects.latest("id")
with transaction.atomic():  # the worker begins to learn as soon as it sees the answers
    for number, track in enumerate(make_misheard_library(owner, open=8)):
        track.title, track.artist = names[number]
        track.save()
        if number > 4:
            track.prediction.label = None
            track.prediction.save()
    effective_genres_recompute(Track.objects.filter(owner=owner))
"""
#: Answers of half a year that agree with Earmark, until two months ago.
_FALLEN = """
from django.db import transaction
from library.models import User
from tests.learning import answer_in_month
owner = User.objects.latest("id")
with transaction.atomic():
    for month, agreed in ((7, 7), (6, 9), (5, 8), (4, 9), (1, 4), (0, 3)):
        answer_in_month(owner, agreed=agreed, of=10, month=month)
    answer_in_month(owner, agreed=3, of=4, month=5, heard="jazz")
"""


def wide(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})


def test_what_is_learned_changes_nothing_before_it_is_accepted(signed_up: Page, site: Site) -> None:
    page = signed_up
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Genres and tags").click()
    page.get_by_role("link", name="What Earmark has learned").click()
    expect(page.locator("#content").get_by_text("You have given 0 so far.")).to_be_visible()
    check_page(page, "learned-nothing")
    wide(page)

    # Learning begins by itself; the page notices when it is done.
    site.manage("shell", "--no-imports", "-c", _SEED)
    page.reload()
    see = page.get_by_role("link", name="See what would change")
    expect(see).to_be_visible()
    check_page(page, "learned-versions")
    wide(page)
    for address, name in (("/overview/", "overview-learned"), ("/needs-you/", "needs-you-learned")):
        page.goto(address)
        expect(page.locator("#content").get_by_text("8 tracks would change.")).to_be_visible()
        check_page(page, name)
        wide(page)
    see.click()
    title = page.locator("#version-title")
    expect(title).to_have_text("Earmark has learned. 8 of 29 tracks would change.")
    check_page(page, "learned-version")
    wide(page)

    # By keys: the focus stays on the row, and its text says what was decided.
    def row(name: str) -> Locator:
        return page.locator(".learned-row", has_text=name)

    page.get_by_role("button", name="Skip Slow Current").press("Enter")
    expect(title).to_contain_text("7 of 29")
    expect(row("Slow Current").get_by_text("Skipped")).to_be_focused()
    expect(page.locator("#content").get_by_text("1 track stays as before.")).to_be_visible()
    page.get_by_role("button", name="Accept Night Bus").press("Enter")
    expect(title).to_have_text("Version 1 is in use")
    expect(row("Night Bus").get_by_text("Accepted")).to_be_focused()
    expect(page.locator("#content").get_by_text("1 accepted, 1 skipped, 6 not decided.")).to_be_visible()

    # A group, then going back to before.
    group = page.locator(".learned-change").nth(1)
    group.get_by_role("button", name=re.compile("^Accept 3$")).click()
    expect(group.get_by_text("3 accepted")).to_be_focused()
    check_page(page, "learned-version-in-use")
    wide(page)
    page.get_by_role("button", name="Accept all 3").click()
    expect(page.locator("#content").get_by_text("7 accepted, 1 skipped, 0 not decided.")).to_be_visible()
    expect(page.locator("#accept-version-1")).to_be_focused()
    page.get_by_role("link", name="Night Bus").click()
    genre = page.get_by_role("region", name="Genre", exact=True)
    expect(genre.locator(".layer-effective")).to_contain_text("Learned from you")
    check_page(page, "track-learned")
    wide(page)
    page.goto("/learned/")
    page.get_by_role("button", name="Stop using it").click()
    expect(
        page.locator("#content").get_by_text("Nothing that Earmark has learned is in use now.")
    ).to_be_visible()
    page.get_by_role("button", name="Go back to version 1").click()
    expect(page.locator("#content").get_by_text("Version 1 is in use now.")).to_be_visible()


def test_accepting_all_can_be_gone_back_from(signed_up: Page, site: Site) -> None:
    page = signed_up
    site.manage("shell", "--no-imports", "-c", _SEED)
    page.goto("/learned/")
    see = page.get_by_role("link", name="See what would change")
    expect(see).to_be_visible()
    page.get_by_role("button", name="Learn from my answers now").click()
    expect(page.get_by_role("link", name="Version 2")).to_be_visible()
    see.click()
    page.get_by_role("button", name="Accept all 8").click()
    expect(page.locator("#content").get_by_text("Accepted for 8 tracks.")).to_be_visible()
    check_page(page, "learned-accepted")
    wide(page)
    page.get_by_role("button", name="Go back", exact=True).click()
    expect(page.get_by_role("heading", name="Version 2 is not in use")).to_be_visible()
    page.goto("/?source=learned")
    expect(page.locator(".row-track")).to_have_count(0)


def test_one_line_says_where_earmark_has_fallen_behind(signed_up: Page, site: Site) -> None:
    page = signed_up
    site.manage("shell", "--no-imports", "-c", _FALLEN)
    # While it learns from these answers, it says nothing of the kind; nothing comes of it.
    page.goto("/learned/")
    expect(page.locator("#content").get_by_text("Not good enough")).to_be_visible()
    page.goto("/overview/")
    line = page.locator("#fall")
    expect(line).to_contain_text(
        "Earmark is right less often about blues (7 of 20 answers, before 33 of 40)."
    )
    expect(line.get_by_role("link", name="See what was learned")).to_be_visible()
    page.get_by_text("As a table, with genres").click()
    expect(page.get_by_role("row", name=re.compile("Jazz 3 of 4"))).to_be_visible()
    check_page(page, "overview-fallen")
