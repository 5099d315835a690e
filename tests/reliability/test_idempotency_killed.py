"""A request keeps its idempotency key while its process lives, and for a minute after its process died."""

from __future__ import annotations

import httpx
import pytest

from tests.factories import wav
from tests.reliability.installation import LONG_AGO, Installation, kill, serving, wait_for

#: Takes a key, and keeps working until it is killed.
AT_WORK = """
import threading
from library import services
from library.models import User
from library.services import idempotency
idempotency.EXTEND_SECONDS = 0.05
owner = User.objects.get(email="bob@example.org")
services.idempotency_begin(owner=owner, key="bobs", digest="")
threading.Event().wait()
"""


def send(client: httpx.Client) -> httpx.Response:
    return client.post("/tracks/", files={"file": ("song.wav", wav())}, headers={"Idempotency-Key": "one"})


def a_minute_passes(installation: Installation) -> None:
    installation.sql(f"UPDATE library_idempotencyrecord SET leased_until = {LONG_AGO}")


def test_the_key_of_a_killed_process_is_free_after_a_minute(installation: Installation) -> None:
    token = installation.site.token("alice@example.org")
    with serving(installation, token, "upload stored") as (client, _), pytest.raises(httpx.TransportError):
        send(client)
    with serving(installation, token) as (client, _):
        assert send(client).json()["code"] == "in_progress"
        a_minute_passes(installation)
        first, second = send(client), send(client)
    assert first.status_code == 202
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


def test_a_process_that_lives_extends_its_lease(installation: Installation) -> None:
    def is_leased() -> list[tuple[object, ...]]:
        return installation.sql(
            f"SELECT 1 FROM library_idempotencyrecord WHERE key = 'bobs' AND leased_until > {LONG_AGO}"
        )

    installation.site.token("bob@example.org")
    process = installation.start("manage.py", "shell", "--no-imports", "-c", AT_WORK)
    wait_for(is_leased)
    a_minute_passes(installation)
    wait_for(is_leased)
    kill(process.pid)
