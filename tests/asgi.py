"""Requests to the site as an ASGI server makes them, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.db import connection

from tests.concurrency import shared_database

#: Seconds after which waiting fails, even on a very busy machine.
DEADLINE = 60


@contextmanager
def database_of_threads(folder: Path) -> Iterator[None]:
    """The shared database, without connections that stay open in threads that outlive the test."""
    with shared_database(folder):
        before = connection.settings_dict["CONN_MAX_AGE"]
        connection.settings_dict["CONN_MAX_AGE"] = 0
        try:
            yield
        finally:
            connection.settings_dict["CONN_MAX_AGE"] = before


class Answer:
    """A response that arrives piece by piece."""

    def __init__(self, server: ApplicationCommunicator, start: dict[str, Any]) -> None:
        self._server = server
        self.status: int = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}

    async def pieces(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._server.receive_output(DEADLINE)
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


@asynccontextmanager
async def asgi_get(site: ASGIHandler, path: str, **headers: str) -> AsyncIterator[Answer]:
    """Send a GET request. The client goes away at the end of the block."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "query_string": query.encode(),
        "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        + [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
    }  # fmt: skip
    server = ApplicationCommunicator(site, scope)
    await server.send_input({"type": "http.request"})
    try:
        yield Answer(server, await server.receive_output(DEADLINE))
    finally:
        await server.send_input({"type": "http.disconnect"})
        await server.wait(DEADLINE)
