"""Whatever a player sends, and whoever has its password, no answer is a 5xx, and each has the envelope."""

from __future__ import annotations

import logging
import random
from typing import Any

import pytest
from django.test import Client

from library.models import User
from library.subsonic.endpoints import ENDPOINTS
from tests.library.test_hostile_input import TEXTS
from tests.library.test_subsonic_access import alices
from tests.subsonic import Player, post_form

pytestmark = pytest.mark.django_db
alices = alices  # a fixture

#: Every parameter that an endpoint reads.
NAMES = (
    "id", "albumId", "artistId", "playlistId", "songId", "songIdToAdd", "songIndexToRemove", "name", "rating", "time",
    "submission", "type", "size", "offset", "count", "fromYear", "toYear", "genre", "query", "artistCount",
    "albumCount", "songCount", "artistOffset", "albumOffset", "songOffset", "ifModifiedSince", "username", "current",
    "currentIndex", "position", "format", "maxBitRate", "timeOffset", "estimateContentLength", "artist",
    "musicFolderId", "startSongId", "endSongId",
)  # fmt: skip
#: So many values for all parameters at once, of each endpoint.
EXAMPLES = 8
COMMON = ("f", "callback", "v", "c", "u", "p", "t", "s", "apiKey")
IDS = [
    "al-none",
    "al-none-x",
    "ar-unknown",
    "ar-various",
    "1",
    "tr-",
    "pl-none",
    "co-unknown",
    "xx-{track}",
    "tr-{album}",
]


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_values(endpoint: str, alice: User, alices: dict[str, Any]) -> None:
    player = Player(alice)
    valid = {
        "id": f"tr-{alices['track']}", "playlistId": f"pl-{alices['playlist']}", "type": "byYear", "fromYear": "1970",
        "toYear": "1980", "genre": "Blues", "name": "x", "rating": "3", "query": "x", "artist": "x",
    }  # fmt: skip
    texts = [*TEXTS, *(known.format(**alices) for known in IDS)]
    chosen = random.Random(endpoint)
    for text in chosen.sample(texts, EXAMPLES):
        check(player, endpoint, valid | dict.fromkeys(NAMES, text))
    # Alone, so that none hides behind another that is refused first.
    for name in NAMES:
        check(player, endpoint, valid | {name: chosen.choice(texts)})


def check(player: Player, endpoint: str, params: dict[str, str]) -> None:
    response, content = player.bytes(endpoint, f="json", method="post", **params)
    assert response.status_code in (200, 416), (params, content[:200])
    if response["Content-Type"] == "application/json" and endpoint not in ("stream", "download"):
        assert response.json()["subsonic-response"]["status"] in ("ok", "failed")


def test_values_that_all_endpoints_read(alice: User) -> None:
    logging.disable()
    player = Player(alice)
    for name in COMMON:
        for text in TEXTS:
            known = {**player.credentials, name: text}
            response = post_form(Client(), "/rest/ping", known)
            assert response.status_code == 200, (name, text)
            assert b"subsonic-response" in response.content
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff&id=%zz"),
        ("application/x-www-form-urlencoded", b"=&&;=?"),
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("text/plain; charset=hex", b"x"),
        ("", b"x"),
    ],
)
def test_bodies(kind: str, body: bytes) -> None:
    response = Client().generic("POST", "/rest/ping", body, kind)
    assert response.status_code in (200, 415)
