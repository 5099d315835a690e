"""gunicorn's ASGI worker, with changes for which gunicorn has no settings.

A connection has HEADER_SECONDS to send the headers of its first request. (Those of later requests have to be complete
within `keepalive`.) An address has a limited number of connections. What a client has sent before its connection broke
is given to the application. A worker that is to stop does not wait for connections without a request.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from django.conf import settings
from gunicorn.asgi.protocol import ASGIProtocol, BodyReceiver
from gunicorn.workers import gasgi

from library.http.client_address import network_of

#: Seconds from the connection until the headers are complete.
HEADER_SECONDS = 20.0


class WholeBodyReceiver(BodyReceiver):  # type: ignore[misc]
    async def receive(self) -> Any:
        return self._pop_chunk() if self._chunks else await super().receive()


class AddressCounts:
    """The connections of each address, up to a limit."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, address: str) -> bool:
        """Count a connection; returns whether the address may have it."""
        self._counts[address] += 1
        limit = 0 if settings.EARMARK_PROXIES or not address else settings.EARMARK_CONNECTIONS_PER_ADDRESS
        return not limit or self._counts[address] <= limit

    def remove(self, address: str) -> None:
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]


class TimedProtocol(ASGIProtocol):  # type: ignore[misc]
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.worker.connections.add(self)
        peer = transport.get_extra_info("peername")
        self._address = network_of(peer[0]) if isinstance(peer, tuple) else ""
        if not self.worker.addresses.add(self._address):
            transport.abort()
            return
        self._header_timer = self.worker.loop.call_later(HEADER_SECONDS, self._keepalive_timeout)

    def _on_headers_complete(self) -> Any:
        self._stop_header_timer()
        done = super()._on_headers_complete()
        self._body_receiver = WholeBodyReceiver(self._current_request, self)
        return done

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_header_timer()
        if self in self.worker.connections:
            self.worker.connections.discard(self)
            self.worker.addresses.remove(self._address)
        super().connection_lost(exc)

    def close_if_idle(self) -> None:
        if self._awaiting_request:
            self._keepalive_timeout()

    def _stop_header_timer(self) -> None:
        if self._header_timer:
            self._header_timer.cancel()
            self._header_timer = None


class TimedWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    """Serves each connection by `TimedProtocol`."""

    def init_process(self) -> None:
        gasgi.ASGIProtocol = TimedProtocol  # the worker has no attribute for it
        self.connections: set[TimedProtocol] = set()
        self.addresses = AddressCounts()
        super().init_process()

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.connections):
            connection.close_if_idle()
        await super()._shutdown()
