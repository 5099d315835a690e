"""Responses that last end when their process is to stop."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from config import gunicorn, server
from library.api.events import FIRST_LINE, EventStream
from library.http import serving
from library.models import User


@pytest.fixture(params=[server, gunicorn], ids=["ASGI", "WSGI"])
def worker(request: pytest.FixtureRequest) -> Iterator[Any]:
    worker = SimpleNamespace(alive=True)
    request.param.post_worker_init(cast(Any, worker))
    yield worker
    serving.set_serving_check(None)


def test_a_server_that_cannot_tell_serves_on() -> None:
    assert serving.is_serving()


def test_gunicorn_tells_when_a_worker_is_to_stop(worker: Any) -> None:
    assert serving.is_serving()
    worker.alive = False
    assert not serving.is_serving()


@pytest.mark.django_db
def test_a_stream_of_events_ends_then(alice: User, worker: Any) -> None:
    worker.alive = False
    assert list(EventStream(alice)) == [FIRST_LINE]
