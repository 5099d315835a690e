"""Django's handler for ASGI, with bytes received and sent by the event loop, and all else in a few threads.

Django's own reads every body to the end before it asks whose it is, gives every request a thread context, and so a
database connection, of its own. Responses that stream have to be asynchronous (`library/outgoing/streams.py`): of
others, Django makes all blocks before the first is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from classifier.errors import MESSAGES
from library.http.asgi.address_rates import AddressRates
from library.http.asgi.bodies import (
    BodyNeeded,
    ClientGoneError,
    IncomingBody,
    Scope,
    TooLargeError,
    TooSlowError,
)
from library.http.asgi.receiving import DiskFullError, receive_and_respond
from library.http.asgi.threads import BusyError, RequestThreads, Turns
from library.http.client_address import address_behind_proxies
from library.http.refusals import refusal
from library.http.request_checks import Utf8RequestMixin

#: Asked to find out whether the process has to be restarted, which it has not when it is only busy. The answer asks
#: no database, and has a thread and a line of its own.
HEALTH_PATH = "/healthz"
HEALTH_LINE = 16
#: After a restart, all programs that follow events come back at once. So many of them are let in at a time.
EVENTS_PATH = "/api/v1/events/"
EVENTS_AT_A_TIME = 1
#: Seconds after which a client may try again when too many requests are waiting.
RETRY_SECONDS = 2
#: After a response to a request whose body was not read, the rest of the body is read and dropped for this long, so
#: that the client sees the response and not a broken connection.
LINGER_SECONDS = 2.0


class Request(Utf8RequestMixin, ASGIRequest):
    def __init__(self, scope: Scope, body_file: Any) -> None:
        super().__init__(scope, body_file)
        # The server has decoded chunks, and the stream ends with the body (library/http/chunked_bodies.py).
        self.META["wsgi.input"] = body_file
        self.META["wsgi.input_terminated"] = True
        #: Whether this request was counted and let in before its body was read.
        self.META["earmark.admitted"] = scope.get("earmark.admitted", False)


class Handler(ASGIHandler):
    request_class = Request

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.threads = RequestThreads(settings.EARMARK_WEB_THREADS, settings.EARMARK_WEB_LINE)
        self.health_thread = RequestThreads(1, HEALTH_LINE)
        self.event_turns = Turns(EVENTS_AT_A_TIME, settings.EARMARK_EVENT_STREAMS)
        self.rates = AddressRates(settings.EARMARK_REQUESTS_PER_SECOND)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP requests are served, not {scope['type']}.")
        await self.handle(scope, receive, send)

    async def handle(self, scope: Scope, receive: Any, send: Any) -> None:
        body = IncomingBody(scope, receive)
        try:
            response = cast(HttpResponse | StreamingHttpResponse, await self.respond_or_refuse(scope, body))
        except ClientGoneError:
            return
        try:
            if not body.is_complete:
                response["Connection"] = "close"
                await self.send_response(response, send, scope["method"] == "HEAD")
                await _drop_rest(body)
                return
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self.listen_for_disconnect(receive))
                await self.send_response(response, send, scope["method"] == "HEAD")
                listening.cancel()
        except* RequestAborted:
            pass
        finally:
            if response.streaming and not response.closed:
                self.threads.later(response.close)

    async def respond_or_refuse(self, scope: Scope, body: IncomingBody) -> HttpResponseBase:
        """The response of the site, or why there is none. Raises ClientGoneError."""
        refuse = partial(refusal, scope["path"])
        if not self.rates.take(_client_address(scope)):
            response = refuse(429, "throttled", "Too many requests come from this address.")
            response["Retry-After"] = "1"
            return response
        try:
            return await receive_and_respond(scope, body, self.respond)
        except BusyError:
            response = refuse(503, "busy", "Too many requests are waiting. Try again in a moment.")
            response["Retry-After"] = str(RETRY_SECONDS)
            return response
        except TooSlowError:
            return refuse(408, "too_slow", "The body of the request came too slowly.")
        except TooLargeError as error:
            return refuse(413, "too_large", f"The body of the request is larger than {error.limit} bytes.")
        except DiskFullError:
            return refuse(507, "storage_full", MESSAGES["storage_full"])

    async def respond(self, scope: Scope, body: Any) -> HttpResponseBase:
        """The response of middleware and view, from one of the threads. Raises BodyNeeded and BusyError."""
        in_thread = partial(self.respond_in_thread, scope, body)
        if scope["path"] == HEALTH_PATH:
            return await self.health_thread.run(in_thread, HttpResponseBase.close)
        if scope["path"] == EVENTS_PATH:
            async with self.event_turns.turn():
                return await self.threads.run(in_thread, HttpResponseBase.close)
        return await self.threads.run(in_thread, HttpResponseBase.close)

    def respond_in_thread(self, scope: Scope, body: Any) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, malformed = self.create_request(scope, body)
        if request is None:
            assert malformed
            return malformed
        try:
            response: HttpResponseBase = self.get_response(request)
        except BodyNeeded as needed:
            needed.is_signed_in = hasattr(request, "user") and request.user.is_authenticated
            request.close()
            signals.request_finished.send(sender=self.__class__)
            raise
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        return response

    async def send_response(  # type: ignore[override]
        self, response: HttpResponse | StreamingHttpResponse, send: Any, headers_only: bool = False
    ) -> None:
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        headers += [
            (b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()
        ]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if isinstance(response, StreamingHttpResponse) and not headers_only:
            async with aclosing(cast(AsyncGenerator[bytes], aiter(response))) as blocks:
                async for block in blocks:
                    await send({"type": "http.response.body", "body": block, "more_body": True})
        content = b"" if headers_only or response.streaming else response.content
        await send({"type": "http.response.body", "body": content})


def _client_address(scope: Scope) -> str:
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    peer = scope["client"][0] if scope.get("client") else ""
    return address_behind_proxies(peer, ",".join(forwarded) if forwarded else None)


async def _drop_rest(body: IncomingBody) -> None:
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while await body.piece():
                pass
    except (TimeoutError, ClientGoneError, TooSlowError):
        pass
