"""All event streams of a web process: how many there may be, and how an event loop serves them together."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from weakref import WeakKeyDictionary, WeakSet

from django.db import close_old_connections

from library.api import events
from library.api.events import COMMENT, FIRST_LINE, EventStream, look
from library.errors import DomainError
from library.http.serving import is_serving
from library.outgoing.streams import StreamedResponse

logger = logging.getLogger(__name__)

#: A client that leaves this many looks with events unread is sent no more, and continues when it connects again.
MAX_UNREAD = 100

#: One thread looks for all streams, so that they take one connection to the database.
_lookout = ThreadPoolExecutor(1, thread_name_prefix="events")


class StreamPlaces:
    """The streams that are open. One that is forgotten without being closed, after any error, takes no place."""

    def __init__(self) -> None:
        self._open: WeakSet[EventStream] = WeakSet()
        self._lock = threading.Lock()

    def take(self, stream: EventStream, *, most: int, most_of_one: int) -> None:
        """Raises DomainError when there are too many streams, or too many of the same owner."""
        with self._lock:
            owners = sum(other.owner_id == stream.owner_id for other in self._open)
            if len(self._open) >= most or owners >= most_of_one:
                whose = (
                    "You have too many event streams open"
                    if owners >= most_of_one
                    else "Too many event streams are open"
                )
                raise DomainError("too_many_streams", f"{whose}. Poll for changes instead.", 503)
            self._open.add(stream)

    def __len__(self) -> int:
        return len(self._open)

    def leave(self, stream: EventStream) -> None:
        with self._lock:
            self._open.discard(stream)


places = StreamPlaces()


class EventHub:
    """Looks once per tick for all streams of an event loop, as long as there are any."""

    def __init__(self) -> None:
        self.unread: dict[EventStream, asyncio.Queue[str | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    async def listen(self, stream: EventStream) -> AsyncGenerator[str]:
        """The stream's events and comments, until it ends."""
        unread: asyncio.Queue[str | None] = asyncio.Queue(MAX_UNREAD)
        self.unread[stream] = unread
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield "".join([FIRST_LINE, *stream.missed])
            while True:
                try:
                    async with asyncio.timeout(events.KEEPALIVE_SECONDS):
                        text = await unread.get()
                except TimeoutError:
                    text = COMMENT
                if text is None:
                    return
                yield text
        finally:
            self._end([stream])

    async def _run(self) -> None:
        while self.unread:
            if not is_serving():
                self._end(list(self.unread))
                return
            self._end([stream for stream in self.unread if stream.ends_at < time.monotonic()])
            await self._look_for_all()
            await asyncio.sleep(events.POLL_SECONDS)

    async def _look_for_all(self) -> None:
        streams = list(self.unread)
        try:
            found = await asyncio.get_running_loop().run_in_executor(_lookout, _look_with_database, streams)
        except Exception:
            # Nothing is lost: the next look that succeeds goes back to the last one that did.
            if not self._failing:
                logger.exception("Looking for events failed; trying again until it succeeds.")
            self._failing = True
            return
        self._failing = False
        self._end([stream for stream in streams if stream not in found])
        for stream, texts in found.items():
            if texts and stream in self.unread:
                try:
                    self.unread[stream].put_nowait("".join(texts))
                except asyncio.QueueFull:
                    self._end([stream])

    def _end(self, streams: Iterable[EventStream]) -> None:
        """End these streams, and drop what they have not read."""
        for stream in streams:
            places.leave(stream)
            if unread := self.unread.pop(stream, None):
                while not unread.empty():
                    unread.get_nowait()
                unread.put_nowait(None)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, EventHub] = WeakKeyDictionary()


def _look_with_database(streams: list[EventStream]) -> dict[EventStream, list[str]]:
    close_old_connections()
    try:
        return look(streams)
    finally:
        close_old_connections()


class EventResponse(StreamedResponse):
    """An event stream: by a thread of its own, or by the hub of the event loop."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__(stream, content_type="text/event-stream")
        self._resource_closers.append(lambda: places.leave(stream))
        self._stream = stream
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        hub = _hubs.setdefault(asyncio.get_running_loop(), EventHub())
        async with aclosing(hub.listen(self._stream)) as texts:
            async for text in texts:
                yield text.encode()
