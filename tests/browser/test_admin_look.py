"""Every page of the admin at four widths and in both themes: nothing is cut, and what it shows works."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Site
from tests.browser.screenshots import ALSO_WIDE, axe

#: Somebody who runs the site; Ella shares tracks with long names, Otto shares nothing.
_SEED = """
from library import services
from library.models import Track, User
from tests.factories import TrackFactory, UserFactory
from tests.covers import make_cover
root = User.objects.latest("id")
User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
Track.objects.all().delete()
ella = UserFactory(email=f"ella.of.the.long.address{root.pk}@example.org", share_with_reviewers=True)
otto = UserFactory(email=f"otto{root.pk}@example.org")
names = [
    ("So What", "Miles Davis", "jazz"), ("Kashmir", "The Ordinaires", "rock"), ("Halo", "Lotte", "country"),
    ("Concerning the Unthinkable Mountain, live at the Old Waldorf, San Francisco", "Iron Maiden", "metal"),
    ("Nocturne No. 2 in E-flat major, Op. 9", "Frédéric Chopin", "classical"), ("One Love", "Bob Marley", "reggae"),
]
for number, (title, artist, top) in enumerate(names):
    track = TrackFactory(
        owner=ella, title=title, artist=artist, album="Live", heard={"top": top, "confidence": 0.9 - number / 20}
    )
    if number == 1:
        services.genre_set(track=track, person=ella, genre="blues")
    if number == 2:
        Track.objects.filter(pk=track.pk).update(cover=make_cover(ella))
TrackFactory(owner=ella, title="Maria", artist="Nina Hagen", heard={"label": None, "top": "blues", "confidence": 0.31})
for owner, title, code in ((ella, "Cut short", "corrupt"), (ella, "4′33″", "silent"), (otto, "Hidden", "timeout")):
    TrackFactory(owner=owner, title=title, status="failed", error_code=code)
TrackFactory(owner=ella, title="Waiting", status="queued")
services.token_create(owner=ella, name="backup of the whole library, every night")
"""
#: One of Ella's tracks with sound and pictures.
_AUDIBLE = """
from classifier.inference import Classifier
from library.models import User
from tests.browser.seeds import make_audible_track
make_audible_track(
    Classifier.load("mfcc-cnn-1"), owner=User.objects.filter(email__startswith="ella").latest("id"),
    title="The Rime of the Ancient Mariner", artist="Iron Maiden", heard={"top": "metal", "confidence": 0.82},
)
"""
#: Pages of the admin, by the name of their picture.
PAGES = {
    "index": "",
    "tracks": "library/track/",
    "tracks-to-review": "library/track/?review=waiting",
    "predictions": "library/prediction/",
    "verdicts": "library/verdict/",
    "people": "library/user/",
    "tokens": "library/apitoken/",
    "jobs": "django_tasks_database/dbtaskresult/",
}


@pytest.fixture
def admin_page(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    return signed_up


def check_admin_page(page: Page, name: str) -> None:
    """A picture for each theme and width; nothing is cut, and axe finds nothing.

    The label of Django's search field is an image with an alternative text, which that rule of axe does not see.
    """
    problems = []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width, height in (ALSO_WIDE | {390: 844}).items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=SCREENSHOTS / f"admin-{name}-{width}-{theme}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append(f"{width} px: scrolls sideways")
            if page.evaluate(_CUT):
                problems.append(f"{width} px: a table is cut")
            problems += [f"{width} px, {theme}: {finding}" for finding in axe(page, but="label-title-only")]
    assert not problems, "\n".join(problems)


_CUT = "[...document.querySelectorAll('.results, .wrapper')].some(e => e.scrollWidth > e.clientWidth)"


@pytest.mark.parametrize("name", PAGES)
def test_pages(admin_page: Page, name: str) -> None:
    admin_page.goto(f"/admin/{PAGES[name]}")
    check_admin_page(admin_page, name)


def test_a_track(admin_page: Page, site: Site) -> None:
    site.manage("shell", "--no-imports", "-c", _AUDIBLE)
    admin_page.goto("/admin/library/track/?q=mariner")
    admin_page.get_by_role("link", name="The Rime of the Ancient Mariner").click()
    expect(admin_page.locator("[data-strip][data-ready]")).to_be_visible()
    check_admin_page(admin_page, "track")
    admin_page.get_by_role("button", name="Play").click()
    expect(admin_page.locator(".strip.is-playing")).to_be_visible()
    admin_page.get_by_role("button", name="Pause").click()
    admin_page.get_by_label("Action:").select_option(label="Set genre")
    admin_page.get_by_label("Genre:").select_option(label="Rock")
    admin_page.get_by_role("button", name="Run").click()
    expect(admin_page.get_by_text("Said rock of 1 track.")).to_be_visible()
    admin_page.get_by_role("button", name="Undo").click()
    expect(admin_page.locator(".field-effective_genre")).to_contain_text("Heard by Earmark")


def test_the_quota_of_a_person(admin_page: Page) -> None:
    page = admin_page
    page.goto("/admin/library/user/?q=ella")
    page.get_by_role("link", name="ella").last.click()
    quota = page.get_by_label("Quota")
    expect(page.get_by_text("Empty: as for everybody, 50.0")).to_be_visible()
    quota.fill("plenty")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Write a number and a unit")).to_be_visible()
    for width, height in ALSO_WIDE.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SCREENSHOTS / f"admin-person-{width}-light.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), width
    # Django's own fields for rights break one rule.
    assert [
        finding for finding in axe(page, but="aria-prohibited-attr") if "label-title-only" not in finding
    ] == []
    quota.fill("10 GB")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="of 10.0")).to_have_count(1)
