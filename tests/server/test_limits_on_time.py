"""Headers and bodies have to come in time; what answers have been sent is read as slowly as one likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from config import asgi_worker, server
from library.http.asgi import bodies
from library.http.asgi.bodies import ClientGoneError, IncomingBody, TooLargeError, TooSlowError

Message = dict[str, Any]
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def body_of(*messages: Message, **headers: str) -> IncomingBody:
    """A body that arrives in these messages; then nothing comes any more."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return IncomingBody({"headers": named}, receive)


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


GONE: Message = {"type": "http.disconnect"}


async def blocks_of(body: IncomingBody, size: int, seconds: float | None = None) -> tuple[list[bytes], Any]:
    """The blocks, and the exception that ends them."""
    found = []
    try:
        async for block in body.blocks(size, seconds):
            found.append(block)
    except Exception as error:
        return found, type(error)
    return found, None


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is measured over a twentieth of a second."""
    monkeypatch.setattr(bodies, "RATE_SECONDS", 0.05)
    monkeypatch.setattr(bodies, "LEAST_RATE", 100)


@pytest.mark.usefixtures("hurry")
class TestRate:
    @pytest.mark.parametrize("sent", [[], [piece(b"1234")]])
    def test_a_body_that_comes_too_slowly_is_not_waited_for(self, sent: list[Message]) -> None:
        with pytest.raises(TooSlowError):
            asyncio.run(body_of(*sent, content_length="9").in_memory(100))

    def test_one_that_has_come_is_taken_however_long_it_took_to_use_it(self) -> None:
        body = body_of(piece(b"12"), piece(b"3", more=False), content_length="3")
        body._waited = 1.0
        body._arrived = 100
        assert asyncio.run(body.in_memory(100)).read() == b"123"

    def test_what_came_before_is_handed_on(self) -> None:
        body = body_of(piece(b"12"), piece(b"34"), content_length="9")
        assert asyncio.run(blocks_of(body, 100)) == ([b"1234"], TooSlowError)


class TestBlocks:
    @pytest.mark.parametrize(
        ("sent", "size", "expected"),
        [
            ([piece(b"12"), piece(b"34"), piece(b"5", more=False)], 4, ([b"1234", b"5"], None)),
            ([piece(b"12"), piece(b"34"), piece(b"", more=False)], 4, ([b"1234"], None)),
            ([piece(b"", more=False)], 4, ([], None)),
            ([piece(b"12"), GONE], 4, ([b"12"], ClientGoneError)),
            ([GONE], 4, ([], ClientGoneError)),
        ],
    )
    def test_a_body_comes_in_blocks(self, sent: list[Message], size: int, expected: Any) -> None:
        assert asyncio.run(blocks_of(body_of(*sent), size)) == expected

    def test_few_bytes_are_not_held_for_long(self) -> None:
        async def first() -> bytes:
            body = body_of(piece(b"12"))
            return await anext(body.blocks(100, 0.01))

        assert asyncio.run(first()) == b"12"


@pytest.mark.parametrize("headers", [{"content_length": "11"}, {"transfer_encoding": "chunked"}])
@pytest.mark.parametrize("read", [IncomingBody.in_memory, IncomingBody.on_disk])
def test_a_body_has_a_limit(headers: dict[str, str], read: Callable[..., Any]) -> None:
    body = body_of(piece(b"12345678901", more=False), **headers)
    with pytest.raises(TooLargeError):
        asyncio.run(read(body, 10))


@asynccontextmanager
async def connections_to(application: Any, **settings: int) -> AsyncIterator[tuple[Connect, Any]]:
    """What connects to a server with this application and these settings of gunicorn's; and its worker."""
    loop = asyncio.get_running_loop()
    worker = SimpleNamespace(
        cfg=Config(),
        log=SimpleNamespace(access_log_enabled=False, debug=lambda *_: None),
        asgi=application,
        loop=loop,
        nr_conns=0,
        alive=True,
        nr=0,
        max_requests=10**9,
        state={},
        connections=set(),
        addresses=asgi_worker.AddressCounts(),
    )
    for name, value in settings.items():
        worker.cfg.set(name, value)
    async with await loop.create_server(
        lambda: asgi_worker.TimedProtocol(worker), "127.0.0.1", 0
    ) as listening:
        yield partial(asyncio.open_connection, *listening.sockets[0].getsockname()), worker


def test_a_connection_without_complete_headers_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_worker, "HEADER_SECONDS", 0.05)

    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def sent(*pieces: bytes) -> bytes:
        """What the server sends until it closes the connection."""
        async with connections_to(answer, keepalive=1) as (connect, _):
            reader, writer = await connect()
            for some in pieces:
                writer.write(some)
            answered = await reader.read()
            writer.close()
            return answered

    assert asyncio.run(sent(b"GET / HTTP/1.1\r\nHo")) == b""
    assert asyncio.run(sent()) == b""
    assert asyncio.run(sent(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).startswith(b"HTTP/1.1 204 ")


def test_a_listener_who_pauses_for_an_hour_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the event loop is put forward, so that every deadline there is passes at once."""
    block, count = b"\1" * 2**16, 2**9  # more than the system keeps of what is not read

    async def play(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"Content-Length", str(count * len(block)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number in range(count):
            more = number < count - 1
            await send({"type": "http.response.body", "body": block, "more_body": more})

    async def listen() -> int:
        loop = asyncio.get_running_loop()
        async with connections_to(play, timeout=server.timeout) as (connect, worker):
            reader, writer = await connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            (connection,) = worker.connections
            while not connection._flow_control.write_paused:
                await asyncio.sleep(0)
            clock = loop.time
            monkeypatch.setattr(loop, "time", lambda: clock() + 3600)
            for _ in range(10):
                await asyncio.sleep(0)
            heard = len(await reader.read())
            writer.close()
            return heard

    assert asyncio.run(listen()) == count * len(block)
