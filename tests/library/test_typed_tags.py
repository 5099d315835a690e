"""Where tags are typed on a page, commas separate them."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.errors import DomainError
from library.models import Tag, Track, User

pytestmark = pytest.mark.django_db


def names(track: Track) -> set[str]:
    return set(track.tags.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("live", {"live"}),
        ("live, late", {"live", "late"}),
        (" live ,late,  sung in French ", {"live", "late", "sung in French"}),
        ("live,", {"live"}),
        (",, live", {"live"}),
        ("live, LIVE", {"live"}),
    ],
)
def test_on_a_track(alice_client: Client, track: Track, text: str, tags: set[str]) -> None:
    alice_client.post(reverse("track-tag", args=[track.pk]), {"name": text})
    assert names(track) == tags


def test_among_all_tags(alice: User, alice_client: Client) -> None:
    alice_client.post(reverse("tag-add"), {"name": "live, late"})
    assert set(alice.tags.values_list("name", flat=True)) == {"live", "late"}


def test_a_tag_with_a_comma_stays_one(alice: User, alice_client: Client, track: Track) -> None:
    services.tag_add(owner=alice, name="Earth, Wind & Fire")
    alice_client.post(reverse("track-tag", args=[track.pk]), {"name": "earth, wind & fire"})
    assert names(track) == {"Earth, Wind & Fire"}
    assert Tag.objects.count() == 1


def test_programs_still_make_one_with_a_comma(alice_api: Client, track: Track) -> None:
    answer = alice_api.post(
        f"/api/v1/tracks/{track.pk}/tags/", {"name": "live, late"}, content_type="application/json"
    )
    assert answer.status_code in (200, 201)
    assert names(track) == {"live, late"}


@pytest.mark.parametrize(
    "text", [",", " , ", "live, " + "x" * 41, "live, a\x00b", ",".join("abcdefghijklmnopqrstuv")]
)
def test_if_one_is_refused_none_is_there(alice: User, track: Track, text: str) -> None:
    with pytest.raises(DomainError) as refused:
        services.track_tag_typed(track=track, text=text)
    assert refused.value.code == "bad_name"
    with pytest.raises(DomainError):
        services.tags_add_typed(owner=alice, text=text)
    assert not Tag.objects.exists()


def test_a_page_says_why(alice_client: Client, track: Track) -> None:
    page = alice_client.post(
        reverse("track-tag", args=[track.pk]), {"name": "a," * 25}, follow=True
    ).content.decode()
    assert "more than 20 tags at once" in page
    assert not track.tags.exists()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("vin", ["vinyl"]),
        ("live, vin", ["live, vinyl"]),
        ("live,VIN", ["live,vinyl"]),
        ("late,  live ,vin", ["late,  live ,vinyl"]),
        ("live, l", ["live, late", "live, vinyl"]),
        ("LIVE, vinyl, l", ["LIVE, vinyl, late"]),
        ("live, ", ["live, late", "live, vinyl"]),
        (", li", [", live"]),
        # A whole tag with a comma, but not behind another one.
        ("earth, w", ["Earth, Wind & Fire"]),
        ("live, earth", []),
        ("nothing, such", []),
    ],
)
def test_the_name_after_the_last_comma_is_completed(
    alice: User, charlie: User, alice_client: Client, typed: str, offered: list[str]
) -> None:
    for name in ("late", "live", "vinyl", "Earth, Wind & Fire"):
        services.tag_add(owner=alice, name=name)
    services.tag_add(owner=charlie, name="live vinyl")
    assert selectors.tag_completions(alice, typed, 9) == offered
    options = alice_client.get(reverse("tag-names"), {"tag": typed}).content.decode()
    assert [html.unescape(value) for value in re.findall(r'<option value="([^"]*)"', options)] == offered


def test_what_is_offered_becomes_those_tags(alice: User, alice_client: Client, track: Track) -> None:
    services.tag_add(owner=alice, name="vinyl")
    (text,) = selectors.tag_completions(alice, "live, vi", 9)
    alice_client.post(reverse("track-tag", args=[track.pk]), {"name": text})
    assert names(track) == {"live", "vinyl"}
