"""Connections that send bytes as clients do that are slow, or gone before they are done."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

from tests.live import DEADLINE, Site


def connected(site: Site, sends: bytes = b"") -> socket.socket:
    """A connection that has sent these bytes."""
    address = urlsplit(site.url)
    connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=DEADLINE)
    connection.sendall(sends)
    return connection


def request(method: str, path: str, *, body: bytes = b"", **headers: str) -> bytes:
    """A request; `headers` have underscores for hyphens."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def response_to(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    answer = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(2**16):
            answer += piece
    return answer


def is_open(connection: socket.socket) -> bool:
    """Whether the server waits on: it has neither answered nor closed the connection."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    return False
