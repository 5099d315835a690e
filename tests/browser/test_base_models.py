"""Another base model: from the line in Overview to what would change, using it, and going back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: Tracks of which a shipped model that has listened beside the one in use hears some otherwise. Two of these
#: were learned, which that model cannot.
_SEED = """
from django.db import transaction
from library import services
from library.models import Track, User
from tests.base_models import make_change
from tests.learning import make_misheard_library
owner = User.objects.latest("id")
names = [("Slow Current", "Marit Olsen"), ("Pressure Drop", "Unit 9"), ("Night Bus", "Deep Alloy"),
    ("Wire and Bone", "Ama & the Levee"), ("Third Rail", "The Gravel Kings"), ("Harbour Loop 4", "Marit Olsen"),
    ("A title that is so long that it does not fit beside its genres on any telephone", "An artist of many words"),
    ("Depth Charge", "Unit 9")]
with transaction.atomic():  # the worker begins to learn as soon as it sees the answers
    open = make_misheard_library(owner, open=8)
    for (title, artist), track in zip(names, open):
        track.title, track.artist = title, artist
        track.save()
    services.learned_model_fit_request(owner=owner)
    version = services.learned_model_fit(owner_id=owner.pk)
    services.learned_rows_accept(model=version, track_ids=[open[0].pk, open[1].pk])
    heard = {track.pk: ("jazz", "jazz", None)[number % 3] for number, track in enumerate(open)}
    make_change(owner, lambda track: {"top": heard.get(track.pk) or "reggae", "label": heard.get(track.pk),
        "confidence": 0.62}, "mfcc-cnn-1")
"""


def wide(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_base_model_is_used_for_all_tracks_and_gone_back_from(signed_up: Page, site: Site) -> None:
    page = signed_up
    page.goto("/models/")
    expect(page.get_by_role("heading", name="In use: msd-musicnn-1")).to_be_visible()
    check_page(page, "base-models-none")
    wide(page)

    site.manage("shell", "--no-imports", "-c", _SEED)
    page.goto("/overview/")
    expect(
        page.locator("#content").get_by_text("Another model has listened to your library: mfcc-cnn-1 1.0.0.")
    ).to_be_visible()
    check_page(page, "overview-base-model")
    wide(page)
    page.goto("/models/")
    check_page(page, "base-models")
    wide(page)
    page.get_by_role("link", name="See what would change with mfcc-cnn-1 1.0.0").click()
    title = page.locator("#base-model-title")
    expect(title).to_contain_text("has listened to your library.")
    expect(page.locator("#content").get_by_text("This model cannot be taught")).to_be_visible()
    expect(
        page.locator("#content").get_by_text("The genres that tracks got because Earmark has learned")
    ).to_be_visible()
    check_page(page, "base-model")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.screenshot(path="build/screenshots/base-model-1920-dark.png")
    wide(page)

    row = page.locator(".learned-row", has_text="Slow Current")
    expect(row).to_contain_text("Rock")
    expect(row).to_contain_text("Jazz 62 %")
    page.get_by_role("button", name="Use mfcc-cnn-1 1.0.0").press("Enter")
    expect(page.locator("#content").get_by_text("mfcc-cnn-1 1.0.0 is in use now.")).to_be_visible()
    expect(title).to_contain_text("is in use.")
    check_page(page, "base-model-in-use")
    wide(page)
    page.goto("/")
    expect(page.locator(".row-track", has_text="Slow Current")).to_contain_text("Jazz")

    page.goto("/models/")
    page.get_by_role("button", name="Go back from mfcc-cnn-1 1.0.0").click()
    expect(page.locator("#content").get_by_text("Everything is as it was before.")).to_be_visible()
    check_page(page, "base-model-gone-back")
    wide(page)
    page.goto("/")
    expect(page.locator(".row-track", has_text="Slow Current")).to_contain_text("Rock")
