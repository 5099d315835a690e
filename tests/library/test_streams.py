"""Responses that are sent block by block: by an event loop, a slow reader keeps a file open and no thread."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.db.backends.signals import connection_created
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, reverse
from pytest_django import Settings

from library.exchange.export_writer import export_as_json
from library.models import Track, User
from library.outgoing import streams
from library.outgoing.archives import archive_response
from library.outgoing.exports import export_response
from library.outgoing.files import serve_original
from library.outgoing.streams import BLOCK_BYTES, StreamedFile, StreamedResponse
from tests import sounds
from tests.asgi import database_of_threads
from tests.factories import TrackFactory

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def few_threads(settings: Settings) -> Iterator[None]:
    settings.EARMARK_STREAM_THREADS = 2
    streams.stream_threads.cache_clear()
    yield
    for purpose in ("make", "read"):
        streams.stream_threads(purpose).shutdown()
    streams.stream_threads.cache_clear()


async def read_all(response: StreamedResponse) -> bytes:
    return b"".join([block async for block in response])


def sent(response: Any) -> bytes:
    """What an event loop sends of it."""
    return asyncio.run(read_all(response))


def make_large(track: Track, size: int) -> Track:
    """Give the track an original with a hole of this size, which takes no room on the disk."""
    with open(track.original.path, "r+b") as file:
        file.truncate(size)
    Track.objects.filter(pk=track.pk).update(size=size)
    track.refresh_from_db()
    return track


def test_django_s_own_classes_are_used_nowhere_else() -> None:
    """An event loop would read them to their end before it sends anything."""
    own = re.compile(r"\b(StreamingHttpResponse|FileResponse|WhiteNoiseMiddleware)\b")
    paths = (path for folder in ("library", "config") for path in (ROOT / folder).rglob("*.py"))
    found = {str(path.relative_to(ROOT)) for path in paths if own.search(path.read_text())}
    assert found == {
        "library/http/asgi/handler.py",  # which sends them
        "library/outgoing/streams.py",
        "library/outgoing/static_files.py",
    }


def views(patterns: Iterable[Any]) -> Iterator[Callable[..., Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        else:
            yield pattern.callback


def test_views_of_others_stream_nothing() -> None:
    """The admin's and those that show the schema of the API; the handler makes nothing asynchronous for them."""
    modules = {sys.modules[view.__module__] for view in views(get_resolver().url_patterns)}
    others = [
        module for module in modules if not Path(module.__file__ or "").is_relative_to(ROOT / "library")
    ]
    assert {module.__name__.split(".")[0] for module in others} >= {"django"}
    for module in others:
        assert not re.search(r"StreamingHttpResponse|FileResponse", inspect.getsource(module)), module


@pytest.mark.django_db
class TestWhatIsStreamed:
    @pytest.mark.parametrize("name", ["audio", "original", "tagged", "peaks", "spectrogram"])
    def test_files(self, alice_client: Client, track: Track, name: str) -> None:
        content = sounds.as_bytes(".mp3", 1)
        track.kind, track.size = "mp3", len(content)
        track.original.save("song.mp3", ContentFile(content))
        response = alice_client.get(reverse(name, args=[track.pk]))
        assert isinstance(response, StreamedFile)
        assert len(sent(response)) == int(response["Content-Length"])

    def test_static_files(self, client: Client, settings: Settings) -> None:
        settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
        client = Client()
        response = client.get("/static/css/earmark.css")
        assert isinstance(response, StreamedFile)
        expected = Path(finders.find("css/earmark.css") or "").read_bytes()
        assert sent(response) == expected
        part = client.get("/static/css/earmark.css", headers={"Range": "bytes=10-19"})
        assert (part.status_code, sent(part)) == (206, expected[10:20])
        assert "Content-Disposition" not in response
        assert client.head("/static/css/earmark.css")["Content-Length"] == str(len(expected))

    def test_archives_and_exports(self, alice: User, track: Track) -> None:
        for response in (
            archive_response(alice, [track.pk], copies=None),
            export_response(export_as_json(alice), "json"),
        ):
            assert isinstance(response, StreamedResponse)
            assert response.purpose == "make"


async def paused_readers(responses: list[StreamedResponse]) -> list[AsyncIterator[bytes]]:
    """Readers who have taken one block each, and now pause."""
    readers = [aiter(response) for response in responses]
    for reader in readers:
        assert await anext(reader)
    return readers


def stream_thread_count() -> int:
    return sum(thread.name.startswith("stream-") for thread in threading.enumerate())


@pytest.mark.django_db
def test_paused_readers_hold_no_thread(track: Track) -> None:
    make_large(track, 3 * BLOCK_BYTES)
    request = RequestFactory().get("/")

    first, *others = (serve_original(request, track) for _ in range(51))

    async def scenario() -> None:
        paused = await paused_readers(others)  # type: ignore[arg-type]
        assert len(await read_all(first)) == 3 * BLOCK_BYTES  # type: ignore[arg-type]
        assert stream_thread_count() <= 2
        # And they go on where they were.
        for reader in paused:
            assert sum([len(block) async for block in reader]) == 2 * BLOCK_BYTES

    asyncio.run(scenario())


@contextmanager
def at_most(allowed: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < allowed


async def length(response: Any) -> int:
    return sum([len(block) async for block in response])


@pytest.mark.django_db
def test_memory_does_not_grow_with_a_file(track: Track) -> None:
    make_large(track, 500 * MEGABYTE)
    response = serve_original(RequestFactory().get("/"), track)
    with at_most(2 * MEGABYTE):
        assert asyncio.run(length(response)) == 500 * MEGABYTE


@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_an_archive(alice: User, tmp_path: Path) -> None:
    tracks = [make_large(TrackFactory(owner=alice), 100 * MEGABYTE) for _ in range(3)]
    with database_of_threads(tmp_path):
        response = archive_response(alice, [track.pk for track in tracks], copies=None)
        with at_most(4 * MEGABYTE):
            assert asyncio.run(length(response)) > 300 * MEGABYTE


class Gate:
    """Blocks of which the second is being made until the gate is opened."""

    def __init__(self) -> None:
        self.reached, self.opened, self.closed = threading.Event(), threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield b"first"
            self.reached.set()
            assert self.opened.wait(30)
            yield b"second"
        finally:
            self.closed.set()


def test_what_is_open_is_closed_when_the_client_goes_away_between_blocks() -> None:
    gate = Gate()

    async def scenario() -> None:
        async with aclosing(aiter(StreamedResponse(iter(gate)))) as blocks:  # type: ignore[type-var]
            assert await anext(blocks) == b"first"

    asyncio.run(scenario())
    assert gate.closed.wait(30)


def test_what_is_open_is_closed_after_the_block_that_is_being_made() -> None:
    gate = Gate()
    response = StreamedResponse(iter(gate))

    async def scenario() -> None:
        reading = asyncio.create_task(read_all(response))
        await asyncio.to_thread(gate.reached.wait, 30)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        response.close()  # waits for nothing
        assert not gate.closed.is_set()

    asyncio.run(scenario())
    gate.opened.set()
    assert gate.closed.wait(30)


def test_an_error_reaches_the_server() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"first"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        sent(StreamedResponse(blocks()))


@pytest.mark.django_db(transaction=True)
def test_exports_share_a_few_connections(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TrackFactory.create_batch(30, owner=alice)
    monkeypatch.setattr("library.exchange.export_writer.EXPORT_BATCH", 5)
    monkeypatch.setattr("library.outgoing.streams.BLOCK_BYTES", 1000)
    threads: set[str] = set()

    def note(**_: Any) -> None:
        threads.add(threading.current_thread().name)

    async def scenario() -> list[bytes]:
        return await asyncio.gather(
            *(read_all(export_response(export_as_json(alice), "json")) for _ in range(10))
        )

    with database_of_threads(tmp_path):
        expected = "".join(export_as_json(alice)).partition("\n")[2].encode()
        connection_created.connect(note)
        try:
            documents = asyncio.run(scenario())
        finally:
            connection_created.disconnect(note)
    assert {document.partition(b"\n")[2] for document in documents} == {expected}
    assert threads == {"stream-make_0", "stream-make_1"}
