"""Logging: the request or track that a line belongs to, and one line for each request.

Lines name no people, files or titles, only ids.
"""

from __future__ import annotations

import copy
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("earmark.requests")

#: Ids that a proxy may give to requests. Anything else could forge lines of the log.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request", default="")
_track_id: ContextVar[str] = ContextVar("track", default="")


@contextmanager
def log_context(*, track: object) -> Iterator[None]:
    """Add this track's id to all lines logged inside."""
    before = _track_id.set(str(track))
    try:
        yield
    finally:
        _track_id.reset(before)


class LogContextFilter(logging.Filter):
    """Sets `request_id` and `track_id` on every record, and replaces paths in Django's messages by URL patterns."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        record = copy.copy(record)
        record.request_id = _request_id.get()
        record.track_id = _track_id.get()
        request = record.__dict__.pop("request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record.args = tuple(_route(request) if value == request.path else value for value in record.args)
        return record


class RequestLogMiddleware:
    """Gives each request an id, the proxy's if it sent one, and logs the response.

    Logs the URL pattern instead of the path and query, which may hold what somebody searched for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        before, began = _request_id.set(request_id), time.perf_counter()
        try:
            response = self.get_response(request)
            facts = {
                "method": request.method,
                "route": _route(request),
                "status": response.status_code,
                "milliseconds": round(1000 * (time.perf_counter() - began)),
            }
            logger.info("%(method)s %(route)s %(status)s, %(milliseconds)s ms", facts, extra=facts)
        finally:
            _request_id.reset(before)
        response["X-Request-ID"] = request_id
        return response


def _route(request: HttpRequest) -> str:
    return f"/{request.resolver_match.route}" if request.resolver_match else "no such address"
