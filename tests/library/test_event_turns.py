"""Programs that follow events, and all come back at once, do not keep pages waiting."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from pytest_django import Settings

from library.api.views.events import EventsView
from library.http.asgi import handler
from library.http.asgi.threads import BusyError, Turns
from tests.asgi import asgi_get, database_of_threads

URL = "/api/v1/events/"


@pytest.mark.django_db(transaction=True)
def test_pages_come_while_streams_wait_to_begin(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.EARMARK_WEB_THREADS, settings.EARMARK_WEB_LINE = handler.EVENTS_AT_A_TIME + 1, 0
    begun, go_on = threading.Event(), threading.Event()

    def wait(*_: Any, **__: Any) -> HttpResponse:
        begun.set()
        go_on.wait()
        return HttpResponse("listening")

    monkeypatch.setattr(EventsView, "dispatch", wait)

    async def listen(site: handler.Handler) -> bytes:
        async with asgi_get(site, URL) as answer:
            return await answer.read()

    async def scenario() -> list[bytes]:
        site = handler.Handler()
        waiting = [asyncio.create_task(listen(site)) for _ in range(10)]
        try:
            await asyncio.to_thread(begun.wait)
            async with asgi_get(site, "/account/login/") as page:
                assert page.status == 200
        finally:
            go_on.set()
        return await asyncio.gather(*waiting)

    with database_of_threads(tmp_path):
        assert asyncio.run(scenario()) == [b"listening"] * 10


def test_no_more_wait_for_a_turn_than_allowed() -> None:
    async def take(turns: Turns) -> bool:
        async with turns.turn():
            return True

    async def scenario() -> None:
        turns = Turns(1, line=1)
        async with turns.turn():
            waiting = asyncio.create_task(take(turns))
            await asyncio.sleep(0)
            with pytest.raises(BusyError):
                await take(turns)
        assert await waiting
        assert await take(turns)

    asyncio.run(scenario())
