"""Messages wait for the next page that is shown: no error page or refresh in the background takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from library.models import Track, User

pytestmark = pytest.mark.django_db

TEMPLATES = settings.BASE_DIR / "templates"
OPENING_TAG = re.compile(r"<\w(?:\{%.*?%\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^>\"'])*>")


def delete(client: Client, track: Track) -> None:
    assert client.post(reverse("track-delete", args=[track.pk])).status_code == 302


def message_is_waiting(client: Client, track: Track) -> bool:
    return f"Moved “{track}” to " in client.get("/").text


@pytest.mark.parametrize("name", ["similar", "audio", "track"])
def test_what_the_page_of_a_deleted_track_still_asks_for(
    alice_client: Client, track: Track, name: str
) -> None:
    delete(alice_client, track)
    assert alice_client.get(reverse(name, args=[track.pk])).status_code == 404
    assert message_is_waiting(alice_client, track)


def test_a_form_that_is_refused_for_its_token(alice: User, track: Track) -> None:
    client = Client()
    client.force_login(alice)
    delete(client, track)
    client.handler.enforce_csrf_checks = True
    assert client.post(reverse("upload")).status_code == 403
    assert message_is_waiting(client, track)


def test_a_track_that_refreshes_itself(
    alice_client: Client, track: Track, make_track: Callable[..., Track]
) -> None:
    page = reverse("track", args=[make_track(status=Track.Status.QUEUED).pk])
    element = next(tag for tag in OPENING_TAG.findall(alice_client.get(page).text) if 'id="track"' in tag)
    headers = json.loads(unescape(re.search(r"hx-headers='(.*?)'", element)[1]))  # type: ignore[index]
    delete(alice_client, track)
    assert alice_client.get(page, headers=headers).status_code == 200
    assert message_is_waiting(alice_client, track)


def test_no_element_takes_a_part_of_a_page_and_drops_its_messages() -> None:
    found = [
        (path.name, tag)
        for path in TEMPLATES.rglob("*.html")
        for tag in OPENING_TAG.findall(path.read_text())
        if "hx-get=" in tag and "hx-select=" in tag
    ]
    assert {name for name, _ in found} >= {"track.html", "upload.html", "_map.html"}
    assert [(name, tag) for name, tag in found if "X-Background" not in tag and "#messages" not in tag] == []
