"""A stub of a site's API: an HTTP server whose responses come from one function."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit


@dataclass
class StubRequest:
    """A request. `path` is what follows `/api/v1/`. The body is only read by `body()`."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: HTTPMessage
    stream: BinaryIO

    def body(self) -> bytes:
        return self.stream.read(int(self.headers.get("Content-Length", 0)))


StubResponse = tuple[int, Any]


@contextmanager
def stub_site(answer: Callable[[StubRequest], StubResponse]) -> Iterator[str]:
    """Run a server that answers each request with the status and JSON from `answer`, and yield its address.

    Each connection has a thread of its own.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            with suppress(ConnectionError):
                super().handle_one_request()

        def answer(self) -> None:
            url = urlsplit(self.path)
            path = url.path.removeprefix("/api/v1/")
            request = StubRequest(self.command, path, parse_qs(url.query), self.headers, self.rfile)
            status, body = answer(request)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
