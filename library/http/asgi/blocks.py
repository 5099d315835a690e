"""Responses that stream, block by block, in the event loop.

A synchronous one is never read whole: its blocks are made in a thread, one when the client has taken the one before.
All of a response's blocks are made in the same thread, because a connection to the database stays in its thread.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context
from functools import partial
from typing import cast

from django.db import close_old_connections
from django.http import StreamingHttpResponse

_threads = itertools.cycle([ThreadPoolExecutor(1, thread_name_prefix="stream") for _ in range(4)])


async def response_blocks(response: StreamingHttpResponse) -> AsyncGenerator[bytes]:
    """The blocks of a response, which is closed with them."""
    if response.is_async or type(response).__aiter__ is not StreamingHttpResponse.__aiter__:
        async with aclosing(cast(AsyncGenerator[bytes], aiter(response))) as blocks:
            async for block in blocks:
                yield block
        return

    thread, loop = next(_threads), asyncio.get_running_loop()
    next_block = partial(next, iter(response), None)
    try:
        while (block := await loop.run_in_executor(thread, copy_context().run, next_block)) is not None:
            yield block
    finally:
        thread.submit(_close, response)


def _close(response: StreamingHttpResponse) -> None:
    response.close()
    close_old_connections()
