"""A form leads back to a page of this site, or else to the page that fits it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from library.models import Track

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wanted", ["true", "library", "'\"<>&", "?q=1", "#top", ".", "labels/", "http:labels"]
)
def test_what_is_no_path_leads_nowhere(wanted: str, alice_client: Client, track: Track) -> None:
    response = alice_client.post(reverse("track-genre", args=[track.pk]), {"genre": "jazz", "next": wanted})
    assert (response.status_code, response["Location"]) == (302, reverse("library"))


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/labels/?q=1#top", "/labels/?q=1#top"),
        ("http://testserver/labels/", "/labels/"),
        ("http://testserver", "/"),
        ("http://testserver//evil.example/", "/evil.example/"),
        ("http://testserver/\\evil.example/", "/evil.example/"),
    ],
)
def test_a_path_leads_there(wanted: str, location: str, alice_client: Client, track: Track) -> None:
    response = alice_client.post(reverse("track-genre", args=[track.pk]), {"genre": "jazz", "next": wanted})
    assert (response.status_code, response["Location"]) == (302, location)
