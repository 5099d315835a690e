"""What is somebody's is kept by no cache but, for a while, files by the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from library.models import Track, User
from tests.crawl import PathValues, addresses, response_bytes
from tests.factories import close_response, signed_in, with_token
from tests.library import test_crawl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]
path_values = test_crawl.path_values

#: Files of tracks, which a browser need not fetch again to play them again.
FILES = ("audio/", "file/", "original/", "spectrogram/", "peaks/", "timeline/", "tagged/")

#: Pictures, whose address names what they show: another picture has another address.
PICTURES = "covers/<uuid:cover_id>/<str:size>.webp"


def test_pages_and_json_are_not_stored(path_values: PathValues, bob: User) -> None:
    for client in (signed_in(bob), with_token(bob), Client()):
        for address in addresses(path_values):
            if "logout" in address.url or address.route == "admin/jsi18n/":
                continue
            response: Any = client.get(address.url)
            response_bytes(response)
            close_response(response)
            kept = {part.strip() for part in response["Cache-Control"].split(",")}
            assert "public" not in kept, address.url
            if response.status_code == 200 and address.route == PICTURES:
                assert kept == {"private", "max-age=31536000", "immutable"}, address.url
            elif response.status_code == 200 and address.route.endswith(FILES):
                assert "private" in kept, address.url
            else:
                assert "no-store" in kept, (address.url, kept)


def test_files_are_the_browsers_alone(alice_client: Client, track: Track) -> None:
    response = alice_client.get(reverse("audio", args=[track.pk]))
    assert response["Cache-Control"] == "private, max-age=3600"
    close_response(response)
