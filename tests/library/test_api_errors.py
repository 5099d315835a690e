"""Every error below /api/ is problem details (RFC 9457), whatever went wrong."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.views import APIView

from classifier.errors import MESSAGES
from library.api.docs import ERROR_CODES
from library.api.throttling import AddressThrottle
from library.models import Track
from tests.factories import upload

pytestmark = pytest.mark.django_db

TRACKS = "/api/v1/tracks/"


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert body["status"] == response.status_code
    assert body["type"] == f"/api/docs/#error-{body['code']}"
    assert body["code"] in ERROR_CODES
    return body["status"], body["code"]


def test_unknown_tracks(alice_api: Client) -> None:
    assert problem(alice_api.get(f"{TRACKS}{uuid.uuid4()}/")) == (404, "not_found")


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/", "/api/v2/tracks/", "/api/v1/tracks", "/api/v1/tracks/7/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_urls(alice_api: Client, client: Client, address: str, method: str) -> None:
    for somebody in (alice_api, client):
        assert problem(getattr(somebody, method)(address)) == (404, "not_found")


@pytest.mark.parametrize(("method", "address"), [("put", TRACKS), ("get", "/file-upload")])
def test_unsupported_methods(alice_api: Client, method: str, address: str) -> None:
    response = getattr(alice_api, method)(address)
    assert problem(response) == (405, "method_not_allowed")
    assert response["Allow"]


def test_unacceptable_media_types(alice_api: Client) -> None:
    assert problem(alice_api.get(TRACKS, headers={"Accept": "text/csv"})) == (406, "not_acceptable")


def test_strangers(client: Client) -> None:
    assert problem(client.get(TRACKS)) == (401, "not_authenticated")


def test_a_missing_csrf_token(alice: Any, track: Track) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert problem(client.post(f"{TRACKS}{track.pk}/analyse/")) == (403, "permission_denied")


def test_runaway_scripts_are_throttled(alice_api: Client, charlie_api: Client, settings: Settings) -> None:
    settings.EARMARK_API_PER_MINUTE = 4
    assert [alice_api.get(TRACKS).status_code for _ in range(3)] == [200, 200, 200]
    response = alice_api.get(TRACKS)
    assert problem(response) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert charlie_api.get(TRACKS).status_code == 200


def test_every_answer_says_how_much_is_left(alice_api: Client, settings: Settings) -> None:
    settings.EARMARK_API_PER_MINUTE = 4
    response = alice_api.get(TRACKS)
    assert response["RateLimit-Policy"] == '"address";q=10;w=60, "api";q=4;w=60, "token";q=3;w=60'
    assert re.fullmatch(r'"address";r=9;t=\d+, "api";r=3;t=(59|60), "token";r=2;t=\d+', response["RateLimit"])


#: What these raise is for the command line alone.
COMMAND_LINE_MODULES = (
    "backup.py",
    "base_models.py",
    "database_copies.py",
    "disk_space.py",
    "doctor.py",
    "reanalysis.py",
    "file_repair.py",
    "restore.py",
)


def test_every_code_is_explained() -> None:
    """A new error code must be explained in the documentation."""
    raised = set()
    for path in (settings.BASE_DIR / "library").rglob("*.py"):
        if path.name in COMMAND_LINE_MODULES:
            continue
        raised |= set(re.findall(r'DomainError\(\s*"(\w+)"', path.read_text()))
    assert len(raised) > 15
    assert raised <= ERROR_CODES.keys() | MESSAGES.keys()


def test_unexpected_errors(
    alice_api: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(owner: Any) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr("library.selectors.tracks_of", broken)
    with pytest.raises(RuntimeError):  # whoever collects errors is told
        alice_api.get(TRACKS)
    alice_api.raise_request_exception = False
    response = alice_api.get(TRACKS)
    assert problem(response) == (500, "error")
    assert "the reason" not in response.content.decode()
    assert "the reason" in caplog.text


def test_too_many_files_at_once(alice_api: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    response = alice_api.post(TRACKS, {"file": upload(), "more": upload()})
    assert problem(response) == (400, "parse_error")


def test_a_network_of_ipv6_shares_one_limit() -> None:
    """One household has billions of IPv6 addresses: changing them must not evade the limit."""

    def key(address: str) -> str:
        request = Request(RequestFactory().get(TRACKS, REMOTE_ADDR=address))
        return AddressThrottle().get_cache_key(request, APIView())

    assert key("2001:db8:1:2::1") == key("2001:db8:1:2::2") != key("2001:db8:1:3::1")
    assert key("192.0.2.1") != key("192.0.2.2")
