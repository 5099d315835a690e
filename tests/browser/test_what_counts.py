"""Genres from files: the setting, the notice, lists and tracks, and what can be confirmed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: One track of each kind, as the version before left them.
_SEED = """
from classifier.inference import Classifier
from library.models import GenreRecompute, Track, User
from tests.browser.seeds import make_audible_track
owner, classifier = User.objects.latest("id"), Classifier.load("mfcc-cnn-1")
for title, artist, file_genre, heard in [
    ("Night Train", "Oscar Peterson", "Jazz", {"label": "jazz", "top": "jazz", "confidence": 0.93}),
    ("Wild Is the Wind", "Nina Simone", "Vocal Jazz", {"label": None, "top": "blues", "confidence": 0.31}),
    ("Maria", "Nina Hagen", "", {"label": None, "top": "rock", "confidence": 0.34}),
]:
    make_audible_track(
        classifier, owner=owner, title=title, artist=artist, file_genre=file_genre, heard=heard, duration=5.6
    )
Track.objects.filter(owner=owner, genre_source="file").update(genre="", genre_source="", needs_you=True)
GenreRecompute.objects.create(owner=owner)
"""
_RUN = """
from library import services
from library.models import User
services.genre_recompute_run(owner_id=User.objects.latest("id").pk)
"""


@pytest.fixture
def library(signed_up: Page, site: Site) -> Page:
    site.manage("shell", "--no-imports", "-c", _SEED)
    site.manage("shell", "--no-imports", "-c", _RUN)
    signed_up.goto("/")
    return signed_up


def test_a_genre_from_a_file(library: Page) -> None:
    page = library
    page.goto("/overview/")
    notice = page.locator(".overview-recompute")
    expect(notice).to_contain_text("1 track has another genre now")
    check_page(page, "overview-genres-changed")
    page.set_viewport_size({"width": 1280, "height": 900})
    notice.get_by_role("link", name="Show the genres from files").click()
    expect(page.locator(".row-track")).to_have_count(1)
    expect(page.locator(".row-track")).to_contain_text("(From the file)")
    check_page(page, "library-from-file")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Wild Is the Wind", exact=True).click()
    known = page.get_by_role("region", name="Genre", exact=True)
    expect(known.locator(".layer-effective")).to_contain_text("Vocal Jazz")
    check_page(page, "track-from-file")
    page.set_viewport_size({"width": 1280, "height": 900})
    known.get_by_role("button", name="Yes, it’s jazz").click()
    expect(known.locator(".layer-effective")).to_contain_text("You")
    page.goto("/overview/")
    notice.get_by_role("button", name="OK").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(notice).to_have_count(0)


def test_an_unsure_track_offers_to_choose(library: Page) -> None:
    page = library
    page.get_by_role("link", name="Maria", exact=True).click()
    known = page.get_by_role("region", name="Genre", exact=True)
    expect(known.get_by_role("button", name="Yes")).to_have_count(0)
    check_page(page, "track-unsure")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("g")
    known.get_by_role("button", name="Rock", exact=True).click()
    expect(known.locator(".layer-effective")).to_contain_text("Rock")
    expect(known.get_by_role("button", name="Something else…")).to_be_visible()


def test_confirming_many_leaves_the_unsure(library: Page) -> None:
    page = library
    for title in ("Night Train", "Wild Is the Wind", "Maria"):
        page.get_by_label(f"Select {title}").check()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("[data-toasts]").get_by_text("2 confirmed, 1 left for you.")).to_be_visible()


def test_the_setting(library: Page) -> None:
    page = library
    page.goto("/account/#genres")
    check_page(page, "account")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Trust my files’ genres").select_option(label="Always")
    page.locator("#genres").get_by_role("button", name="Save").click()
    expect(page.locator("#content").get_by_text("Earmark now goes through your tracks")).to_be_visible()
    expect(page.get_by_label("Trust my files’ genres")).to_have_value("always")
