"""Requests with their bodies: refused before a large body is read, or answered once it is here.

Views read bodies as they always do. The first time a view meets a large body, it is not there: the attempt to read it
ends the view (`BodyNeeded`). Then the body is received, and the view runs again, with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase

from library.http.asgi.bodies import (
    SMALL_BYTES,
    BodyNeeded,
    IncomingBody,
    Scope,
    TooLargeError,
    UnreadBody,
)
from library.incoming.handler import DISK_FULL_ERRNOS

#: A resumable upload is written in blocks of this size, or of what came within this time.
APPEND_BYTES = 2**22
APPEND_SECONDS = 5.0

#: Players name the tracks of a play queue or playlist in a form, beside the password that says who asks.
PLAYERS_PATH = "/rest/"
PLAYERS_FORM_BYTES = 2**20

Respond = Callable[[Scope, Any], Awaitable[HttpResponseBase]]


class DiskFullError(Exception):
    """A body could not be written to disk."""


async def receive_and_respond(scope: Scope, body: IncomingBody, respond: Respond) -> HttpResponseBase:
    """The response to a request. Raises what reading the body raises, and DiskFullError."""
    if body.is_small:
        return await respond(scope, await body.in_memory(SMALL_BYTES))
    try:
        return await respond(scope, UnreadBody())
    except BodyNeeded as needed:
        is_signed_in = needed.is_signed_in
    scope = scope | {"earmark.admitted": True}
    if not is_signed_in:
        return await _stranger_respond(scope, body, respond)
    if body.is_resumable:
        return await _append_blocks(scope, body, respond)
    if not body.is_file:
        return await respond(scope, await body.in_memory(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    try:
        file = await body.on_disk(settings.EARMARK_MAX_REQUEST_BYTES)
    except OSError as error:
        if error.errno not in DISK_FULL_ERRNOS:
            raise
        raise DiskFullError from error
    return await respond(scope, file)


async def _stranger_respond(scope: Scope, body: IncomingBody, respond: Respond) -> HttpResponseBase:
    """The response to somebody who is not signed in. Nothing of theirs is written to disk.

    Nothing that strangers may send is larger than SMALL_BYTES, but for players' forms. A page's script that sends
    more, with the CSRF token in a header, is told that nobody is signed in: the session may have ended. Raises
    TooLargeError for all others.
    """
    try:
        is_player = scope["path"].startswith(PLAYERS_PATH) and not body.is_file
        small = await body.in_memory(PLAYERS_FORM_BYTES if is_player else SMALL_BYTES)
    except TooLargeError:
        if b"x-csrftoken" not in dict(scope["headers"]):
            raise
        response = await respond(scope, BytesIO())
        if response.status_code in (401, 403):
            return response
        raise
    return await respond(scope, small)


async def _append_blocks(scope: Scope, body: IncomingBody, respond: Respond) -> HttpResponseBase:
    """The response to a PATCH of the tus protocol, which is passed on as several, one for each block that arrives.

    So no thread waits for a slow client, and what has arrived is in the upload when the connection breaks.
    """
    response, offset = None, dict(scope["headers"])[b"upload-offset"]
    async for block in body.blocks(APPEND_BYTES, APPEND_SECONDS):
        changed = {b"content-length": str(len(block)).encode(), b"upload-offset": offset}
        kept = [
            (name, value) for name, value in scope["headers"] if name not in (*changed, b"transfer-encoding")
        ]
        piece = scope | {"headers": [*kept, *changed.items()]}
        # It is written even if the client does not wait for it any more.
        response = await asyncio.shield(respond(piece, BytesIO(block)))
        if response.status_code != 204:
            return response
        offset = response["Upload-Offset"].encode()
    return response or await respond(scope, BytesIO())
