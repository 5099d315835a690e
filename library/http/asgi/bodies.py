"""Request bodies. The event loop receives them, so that slow ones occupy no thread.

A body of less than SMALL_BYTES is read into memory before the request is answered. A larger one is read once it is
known that it is needed, and who sends it (`receiving.py`).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO, IOBase
from typing import Any, BinaryIO, Never

from django.conf import settings

from library.http.chunked_bodies import FILE_CONTENT_TYPES
from library.incoming.handler import write_all

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]

SMALL_BYTES = 2**16
#: A body has to bring LEAST_RATE bytes per second on average, over each RATE_SECONDS of waiting for it.
LEAST_RATE = 500
RATE_SECONDS = 60.0
#: Bytes are written to disk in blocks of this size.
WRITE_BYTES = 2**20
RESUMABLE_TYPE = "application/offset+octet-stream"


class ClientGoneError(Exception):
    """The client has closed the connection before its request was complete."""


class TooSlowError(Exception):
    """The body comes too slowly."""


class TooLargeError(Exception):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit


class BodyNeeded(BaseException):
    """The request cannot be answered without its body. `is_signed_in`: whether it is known who asks."""

    is_signed_in = False


class UnreadBody(IOBase):
    """Stands for a body that has not been read; reading from it raises BodyNeeded."""

    def read(self, size: int | None = -1, /) -> Never:
        raise BodyNeeded

    def readline(self, size: int | None = -1, /) -> Never:
        raise BodyNeeded


class IncomingBody:
    """The body of one request."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        self._receive = receive
        self._waited = 0.0
        self._arrived = 0
        self.is_complete = False
        self.content_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        #: None when only the end shows it.
        self.length = None if b"transfer-encoding" in headers else int(headers.get(b"content-length") or 0)
        #: Whether bytes count that arrive before the connection breaks; with a checksum, all count or none.
        self.is_resumable = (
            self.content_type == RESUMABLE_TYPE
            and b"upload-offset" in headers
            and b"upload-checksum" not in headers
        )

    @property
    def is_small(self) -> bool:
        return self.length == 0 or (
            self.length is not None and self.length < SMALL_BYTES and self.content_type != RESUMABLE_TYPE
        )

    @property
    def is_file(self) -> bool:
        return self.content_type in FILE_CONTENT_TYPES

    async def piece(self) -> bytes:
        """The next bytes; none at the end. Raises ClientGoneError and TooSlowError.

        Nothing is lost when the caller stops waiting.
        """
        while not self.is_complete:
            if self._waited >= RATE_SECONDS:
                if self._arrived < LEAST_RATE * RATE_SECONDS:
                    raise TooSlowError
                self._waited, self._arrived = 0.0, 0
            message = await self._message()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            self.is_complete = not message.get("more_body", False)
            if piece := message.get("body", b""):
                self._arrived += len(piece)
                return bytes(piece)
        return b""

    async def _message(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(RATE_SECONDS - self._waited):
                return await self._receive()
        except TimeoutError:
            return {"type": "http.request", "more_body": True}
        finally:
            self._waited += loop.time() - began

    async def in_memory(self, limit: int) -> BinaryIO:
        """The whole body. Raises TooLargeError, and what `piece` raises."""
        self._check_length(limit)
        body = BytesIO()
        while piece := await self.piece():
            if body.tell() + len(piece) > limit:
                raise TooLargeError(limit)
            body.write(piece)
        body.seek(0)
        return body

    async def on_disk(self, limit: int) -> BinaryIO:
        """The whole body, in a file without a name, which goes when it is closed.

        Raises TooLargeError, OSError when the disk is full, and what `piece` raises.
        """
        self._check_length(limit)
        file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, buffering=0)  # noqa: SIM115
        try:
            async for block in self.blocks(WRITE_BYTES):
                if file.tell() + len(block) > limit:
                    raise TooLargeError(limit)
                await asyncio.to_thread(write_all, file.fileno(), block)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    async def blocks(self, size: int, seconds: float | None = None) -> AsyncIterator[bytes]:
        """The body in blocks of about `size` bytes, or of what came within `seconds` of a block's first bytes.

        Raises what `piece` raises, after a block of what had arrived.
        """
        broken: Exception | None = None
        while not self.is_complete and not broken:
            block, until = bytearray(), None
            try:
                while len(block) < size and not self.is_complete:
                    async with asyncio.timeout_at(until):
                        block += await self.piece()
                    if until is None and seconds is not None:
                        until = asyncio.get_running_loop().time() + seconds
            except TimeoutError:
                pass
            except (ClientGoneError, TooSlowError) as error:
                broken = error
            if block:
                yield bytes(block)
        if broken:
            raise broken

    def _check_length(self, limit: int) -> None:
        if self.length is not None and self.length > limit:
            raise TooLargeError(limit)
