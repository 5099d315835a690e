"""Responses that are sent block by block, by a thread or by an event loop.

Under WSGI, the server's thread takes one block after the other and waits for the client in between. Under ASGI, Django
would read a synchronous iterator to its end before it sends anything; here `__aiter__` takes each block in a small pool
of threads, once the client has taken the one before. So a client who reads slowly keeps a file open, but no thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http import FileResponse, StreamingHttpResponse

BLOCK_BYTES = 64 * 1024


@cache
def stream_threads(purpose: str) -> ThreadPoolExecutor:
    """The threads of this process that make blocks (`make`), or only read them (`read`)."""
    return ThreadPoolExecutor(settings.EARMARK_STREAM_THREADS, thread_name_prefix=f"stream-{purpose}")


class StreamedResponse(StreamingHttpResponse):
    """Blocks that are made while they are sent, with queries if need be.

    Each block may be made in another thread: a generator that yields may not have a cursor or a transaction open.
    """

    #: Files have threads of their own, so that music does not wait for archives.
    purpose = "make"
    #: Django's list of what to do when the response is closed.
    _resource_closers: list[Callable[[], Any]]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # What is open is closed here, after the block that is being made when the client goes away.
        blocks = _Blocks(iter(self), self._resource_closers.copy())
        self._resource_closers.clear()
        take = blocks.take_with_database if self.purpose == "make" else blocks.take
        threads, context = stream_threads(self.purpose), contextvars.copy_context()
        loop = asyncio.get_running_loop()
        try:
            while block := await loop.run_in_executor(threads, context.run, take):
                yield block
        finally:
            threads.submit(blocks.close)


class StreamedFile(StreamedResponse):
    """Blocks that are read from a file."""

    purpose = "read"


class StreamedDownload(StreamedFile, FileResponse):
    """An open file, with the headers that Django gives to files."""

    block_size = BLOCK_BYTES


class _Blocks:
    """An iterator that is used by one thread at a time. Who closes it waits for nobody."""

    def __init__(self, blocks: Iterator[bytes], closers: list[Callable[[], Any]]) -> None:
        self._blocks, self._closers = blocks, closers
        self._in_use = threading.Lock()
        self._closed = False

    def take(self) -> bytes:
        """The next block that is not empty; an empty one at the end."""
        try:
            with self._in_use:
                return b"" if self._closed else next(filter(None, self._blocks), b"")
        finally:
            if self._closed:  # meanwhile
                self.close()

    def take_with_database(self) -> bytes:
        """`take`, with a connection that is closed when it is too old, as that of a request is."""
        close_old_connections()
        try:
            return self.take()
        finally:
            close_old_connections()

    def close(self) -> None:
        self._closed = True
        if not self._in_use.acquire(blocking=False):
            return  # the thread that makes a block closes it afterwards
        try:
            while self._closers:
                with suppress(Exception):  # as Django does; the others are closed in any case
                    self._closers.pop()()
        finally:
            self._in_use.release()


def joined_blocks(texts: Iterable[str]) -> Iterator[bytes]:
    """Short texts as blocks that are worth sending."""
    block = bytearray()
    for text in texts:
        block += text.encode()
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)
