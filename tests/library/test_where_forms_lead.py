"""A form leads back to a page of this site, or else to the page that fits it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from library import services
from library.models import Track, User

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


def test_a_verdict_from_a_list_can_be_undone_there(alice: User, alice_client: Client, track: Track) -> None:
    list_url = "/?genre=blues"
    page = alice_client.post(
        reverse("track-genre", args=[track.pk]),
        {"genre": "jazz", "undo": "1", "next": "/"},
        follow=True,
    ).text
    assert f"You said jazz: “{track.title}”." in page
    undo_url = reverse("track-genre-undo", args=[track.pk])
    assert f'action="{undo_url}"' in page
    response = alice_client.post(undo_url, headers={"referer": f"http://testserver{list_url}"})
    assert response["Location"] == list_url
    track.refresh_from_db()
    assert track.genre == "blues"
    # On the track's own page the answer is seen where it was given.
    page = alice_client.post(reverse("track-genre", args=[track.pk]), {"genre": "jazz"}, follow=True).text
    assert "You said" not in page


def test_a_form_without_its_fields_is_refused_with_a_sentence(alice: User, alice_client: Client) -> None:
    genre = services.own_genre_add(owner=alice, name="Shoegaze")
    playlist = services.playlist_add(owner=alice, name="Late")
    for url in (
        reverse("genre-rename", args=[genre.pk]),
        reverse("playlist-rename", args=[playlist.pk]),
    ):
        page = alice_client.post(url, {}, follow=True)
        assert "A name has 1 to" in page.content.decode(), url
