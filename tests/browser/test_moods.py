"""More like this, mood stations, the map and the overview, in a library of six well separated genres."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import check_page

#: Sixty tracks. Each genre has its own cluster of embeddings and its own mood.
_SEED = """
import random
from library.models import User
from tests.factories import TrackFactory
owner, chance = User.objects.latest("id"), random.Random(4)
moods = ["chill", "mellow", "sad", "happy", "party", "easy listening"]
genres = ["jazz", "classical", "blues", "pop", "disco", "metal"]
names = "Night River Stone Gold Summer Train Moon Fire Rain Street".split()
for number in range(60):
    kind = number % 6
    vector = [chance.gauss(0, 0.35) for _ in range(8)]
    vector[kind] += 1
    size = sum(n * n for n in vector) ** 0.5
    TrackFactory(
        owner=owner, title=f"{names[number % 10]} {names[number // 6]}", artist=f"The {names[number % 7]}s",
        year=1960 + 7 * (number % 9), duration=120 + 7 * number, embedding=[n / size for n in vector],
        heard={
            "top": genres[kind], "confidence": chance.uniform(0.4, 1), "label": genres[kind] if number % 5 else None,
            "moods": {mood: round(chance.random() ** (0.2 if n == kind else 2), 4) for n, mood in enumerate(moods)},
        },
    )
"""
#: Verdicts on every second track, three in four of which agree with the model.
_SAY = """
from library import services
from library.models import User
owner = User.objects.latest("id")
for number, track in enumerate(owner.tracks.order_by("created_at")[::2]):
    services.genre_set(track=track, person=owner, genre=track.prediction.top if number % 4 else "rock")
"""
#: As an upgrade pass leaves them in the middle: 24 of the tracks have their vectors for teaching.
_UPGRADE = """
import uuid
from datetime import timedelta
from django.utils import timezone
from classifier.album_tags import READER_VERSION
from library.models import FileTags, LearningVector, UpgradePass, User
from library.selectors.model_cards import learning_space
owner = User.objects.latest("id")
tracks = list(owner.tracks.order_by("-created_at"))
FileTags.objects.bulk_create(FileTags(track=track, reader_version=READER_VERSION, picture="") for track in tracks)
LearningVector.objects.bulk_create(
    LearningVector(track=track, owner=owner, space=learning_space(), vector=bytes(256)) for track in tracks[:24]
)
UpgradePass.objects.create(pk=1, lease=uuid.uuid4(), leased_until=timezone.now() + timedelta(minutes=5))
"""


@pytest.fixture
def sixty(signed_up: Page, site: Site) -> Page:
    """A library of sixty tracks."""
    site.manage("shell", "--no-imports", "-c", _SEED)
    signed_up.goto("/")
    return signed_up


def test_more_like_this(sixty: Page) -> None:
    page = sixty
    page.locator(".row-name a").first.click()
    # The new page has been scrolled to its top by then: scrolled before, what is revealed would be out of sight again.
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    few = page.get_by_role("region", name="More like this")
    few.scroll_into_view_if_needed()
    expect(few.locator(".ranked-row")).to_have_count(8)
    check_page(page, "track-similar")
    few.get_by_role("link", name="See all").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("More like")
    expect(page.locator(".ranked-row")).to_have_count(50)
    check_page(page, "similar")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".ranked-row .play").first.click()
    expect(page.locator("[data-player-title]")).not_to_be_empty()


def test_a_mood_station(sixty: Page) -> None:
    page = sixty
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Moods").click()
    page.get_by_role("link", name="Chill").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chill")
    expect(page.locator(".ranked-row").first).to_contain_text("of music")
    check_page(page, "station")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".ranked-row .play").first.click()
    expect(page.locator("[data-player-title]")).not_to_be_empty()


def test_point_at_the_map(sixty: Page) -> None:
    page = sixty
    page.goto("/moods/")
    expect(page.locator("#content").get_by_text("One dot for each of your 60 tracks.")).to_be_visible()
    check_page(page, "moods")
    page.set_viewport_size({"width": 1280, "height": 900})
    name = page.locator(".map-name", has_text="Jazz").bounding_box()
    assert name
    page.mouse.click(name["x"] + name["width"] / 2, name["y"] + name["height"] / 2)
    expect(page.locator("#around .ranked-row")).to_have_count(25)
    expect(page.locator("#around .ranked-row").first).to_contain_text("Jazz")
    expect(page.locator(".map-neighbour")).to_have_count(25)
    page.get_by_role("button", name="Jazz").click()
    expect(page.locator(".map-dots .is-faint")).not_to_have_count(0)
    check_page(page, "moods-around")
    page.get_by_role("button", name="Jazz").click()
    expect(page.locator(".map-dots .is-faint")).to_have_count(0)

    # With the keyboard alone: the sliders move the point.
    first = page.locator("#around .ranked-row a").first.text_content()
    page.get_by_label("Left to right").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight" if name["x"] < 600 else "ArrowLeft")
    expect(page.locator("#around .ranked-row a").first).not_to_have_text(str(first))


def test_overview(sixty: Page, site: Site) -> None:
    page = sixty
    site.manage("shell", "--no-imports", "-c", _SAY)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="How often the model was right")).to_be_visible()
    check_page(page, "overview")
    page.set_viewport_size({"width": 1280, "height": 900})
    bar = page.get_by_role("region", name="Genres").get_by_role("link", name="Jazz")
    found = bar.locator(".overview-count").inner_text().split()[0]
    bar.click()
    expect(page.locator("#track-count")).to_have_text(f"{found} tracks found")


def test_overview_during_an_upgrade_pass(sixty: Page, site: Site) -> None:
    page = sixty
    site.manage("shell", "--no-imports", "-c", _UPGRADE)
    page.goto("/overview/")
    expect(page.locator("#upgrade-progress")).to_contain_text("for teaching: 24 of 60 are done.")
    expect(page.get_by_role("progressbar", name="24 of 60 are done.")).to_have_attribute("value", "24")
    check_page(page, "overview-upgrade-pass")
    ending = "from library.models import UpgradePass; UpgradePass.objects.all().delete()"
    site.manage("shell", "--no-imports", "-c", ending)
    page.reload()
    expect(page.locator("#upgrade-progress")).to_have_count(0)
