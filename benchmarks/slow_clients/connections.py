"""Slow clients that are only connections: they send or take a byte now and then."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.server.raw_requests import request

#: How many there are of each kind.
COUNTS = {"headers": 200, "bodies": 200, "events": 200, "audio": 100}
#: Nothing can be read from, or written to, a connection yet.
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
ERRORS = (b"HTTP/1.1 4", b"HTTP/1.1 5")
CONNECT_SECONDS = 10


class SlowConnections:
    def __init__(self, url: str, track: str, tokens: list[str], certificate: Path | None) -> None:
        self._url, self._track, self._tokens = urlsplit(url), track, tokens
        self._ssl = ssl.create_default_context(cafile=str(certificate)) if certificate else None

    @contextmanager
    def held(self, kinds: list[str]) -> Iterator[Callable[[], int]]:
        """Keep all connections of these kinds open; yields what counts those that are served."""
        found = [
            (connection, kind)
            for kind in kinds
            for number in range(COUNTS[kind])
            if (connection := self._connected(kind, number))
        ]
        stop, refused = threading.Event(), set[socket.socket]()
        dripping = threading.Thread(target=_drip, args=(found, refused, stop))
        dripping.start()
        try:
            yield lambda: sum(connection not in refused and _is_open(connection) for connection, _ in found)
        finally:
            stop.set()
            dripping.join()
            for connection, _ in found:
                connection.close()

    def _connected(self, kind: str, number: int) -> socket.socket | None:
        """A connection whose system keeps little of what comes, as that of a client far away."""
        connection = socket.socket()
        connection.settimeout(CONNECT_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Each comes from an address of its own: one address may not have so many.
        connection.bind((f"127.{1 + list(COUNTS).index(kind)}.0.{1 + number}", 0))
        try:
            connection.connect((self._url.hostname, self._url.port))
            if self._ssl:
                connection = self._ssl.wrap_socket(connection, server_hostname=self._url.hostname)
            connection.sendall(self._request(kind, number))
        except OSError:
            connection.close()
            return None
        connection.setblocking(False)
        return connection

    def _request(self, kind: str, number: int) -> bytes:
        authorization = f"Bearer {self._tokens[number % len(self._tokens)]}"
        if kind == "headers":
            return b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
        if kind == "bodies":
            return request(
                "POST",
                "/api/v1/tracks/",
                body=b"--b",
                Content_Length="1000000",
                Content_Type="multipart/form-data; boundary=b",
                Authorization=authorization,
            )
        if kind == "events":
            return request("GET", "/api/v1/events/", Authorization=authorization)
        # The file is the first person's.
        path = f"/api/v1/tracks/{self._track}/audio/"
        return request("GET", path, Authorization=f"Bearer {self._tokens[0]}")


def _drip(held: list[tuple[socket.socket, str]], refused: set[socket.socket], stop: threading.Event) -> None:
    """Send a byte of headers and bodies, and take some bytes of responses, about once a second."""
    while not stop.wait(1):
        for connection, kind in held:
            with suppress(OSError):
                if kind in ("headers", "bodies"):
                    connection.send(b"x")
                elif connection.recv(1000).startswith(ERRORS):
                    refused.add(connection)


def _is_open(connection: socket.socket) -> bool:
    """Whether the connection is open, and no error comes."""
    try:
        piece = connection.recv(15)
    except NOT_YET:
        return True
    except OSError:
        return False
    return bool(piece) and not piece.startswith(ERRORS)
