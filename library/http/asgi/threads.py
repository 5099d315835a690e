"""The threads in which requests are answered: a fixed number, with a line of limited length before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from threading import BoundedSemaphore


class BusyError(Exception):
    """The line before the threads is full."""


class RequestThreads:
    """Threads that stay, so that each keeps at most one connection to the database.

    Every call gets a copy of its caller's context variables, so that nothing of one request is left for the next.
    """

    def __init__(self, threads: int, line: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._places = BoundedSemaphore(threads + line)

    async def run[T](self, function: Callable[[], T], discard: Callable[[T], None]) -> T:
        """The function's result, from one of the threads. Raises BusyError.

        When the caller is cancelled, a function that has begun goes on, and its result is passed to `discard`.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError
        future: Future[T] = self._pool.submit(copy_context().run, function)
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(lambda done: _discard(done, discard))
            raise

    def later(self, function: Callable[[], None]) -> None:
        """Run the function in one of the threads, whatever the length of the line; nobody waits for it."""
        self._pool.submit(copy_context().run, function)


class Turns:
    """Turns for requests of which many come at once: few have one at a time.

    The others wait in the event loop, where they take no place in the line before the threads.
    """

    def __init__(self, at_a_time: int, line: int) -> None:
        self._turns = asyncio.Semaphore(at_a_time)
        self._places = at_a_time + line

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it for the length of the block. Raises BusyError when too many wait."""
        if not self._places:
            raise BusyError
        self._places -= 1
        try:
            async with self._turns:
                yield
        finally:
            self._places += 1


def _discard[T](done: Future[T], discard: Callable[[T], None]) -> None:
    if not done.cancelled() and done.exception() is None:
        discard(done.result())
