"""The limits of the API hold for all processes of the site together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from library.api.request_log import RequestLog
from library.models import User

ROOT = Path(__file__).resolve().parents[2]

ANOTHER_PROCESS = """
import sys, time
from pathlib import Path
import django
django.setup()
from django.conf import settings
from library.api.request_log import RequestLog
settings.EARMARK_REQUEST_LOG, settings.SECRET_KEY = Path(sys.argv[1]), sys.argv[2]
for _ in range(int(sys.argv[4])):
    RequestLog().set(sys.argv[3], [time.time()], 60)
"""


def count_elsewhere(settings: Settings, key: str, times: int) -> None:
    """Count requests in another process, as another web process does."""
    arguments = [str(settings.EARMARK_REQUEST_LOG), settings.SECRET_KEY, key, str(times)]
    subprocess.run([sys.executable, "-c", ANOTHER_PROCESS, *arguments], cwd=ROOT, check=True)


def test_what_another_process_answered_counts(alice: User, alice_api: Client, settings: Settings) -> None:
    settings.EARMARK_API_PER_MINUTE = 4
    assert alice_api.get("/api/v1/tracks/").status_code == 200
    count_elsewhere(settings, f"throttle_api_{alice.pk}", 2)
    assert alice_api.get("/api/v1/tracks/").status_code == 200
    refused = alice_api.get("/api/v1/tracks/")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")


def test_requests_are_forgotten_when_they_do_not_count_any_more() -> None:
    log = RequestLog()
    log.set("somebody", [100.0], 60)
    log.set("somebody", [130.0, 100.0], 60)
    assert log.get("somebody", []) == [130.0, 100.0]
    log.set("somebody", [170.0, 130.0], 60)
    assert log.get("somebody", []) == [170.0, 130.0]
    assert log.get("else", []) == []


def test_the_file_names_nobody(settings: Settings) -> None:
    RequestLog().set("throttle_address_192.0.2.1", [100.0], 60)
    stored = b"".join(path.read_bytes() for path in settings.EARMARK_REQUEST_LOG.parent.glob("requests*"))
    assert b"throttle" not in stored
    assert b"192.0.2.1" not in stored


def test_a_file_that_cannot_be_used_stops_nobody(
    alice_api: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EARMARK_REQUEST_LOG.parent.joinpath("folder").mkdir()
    settings.EARMARK_REQUEST_LOG = settings.EARMARK_REQUEST_LOG.parent / "folder"
    assert alice_api.get("/api/v1/tracks/").status_code == 200
    assert "cannot be counted" in caplog.text
