"""Forms that are sent twice, by a double click or because the response was lost, are carried out once.

Each form has a random key in a hidden field. The key and all fields together identify a request, so that a form that
was changed and sent again is another request. Only redirects are stored: a page that shows errors, or asks for
confirmation, has changed nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeData, mark_safe

from library import services
from library.errors import DomainError
from library.http.shortcuts import redirect_back
from library.http.types import AuthenticatedRequest
from library.models import IdempotencyRecord, User

KEY_FIELD = "idempotency_key"
#: How long the second of two requests waits for the response to the first.
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.2


class IdempotentFormsMiddleware:
    """Must come after DomainErrorMiddleware, so that it sees errors before they become responses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if record := getattr(request, "idempotency_record", None):
            _record_finish(request, record, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # Views without CSRF protection are for programs, which send their key in a header.
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        if not request.user.is_authenticated or KEY_FIELD not in request.POST:
            return None
        record = _record_begin(request)
        if record is None:
            messages.info(request, "This is still being processed. Please reload the page in a moment.")
            return redirect_back(cast(AuthenticatedRequest, request))
        if record.status is not None:
            return _replayed_response(request, record)
        request.idempotency_record = record  # type: ignore[attr-defined]
        request.messages_before = len(messages.get_messages(request))  # type: ignore[attr-defined]
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A request that failed may be sent again."""
        if record := getattr(request, "idempotency_record", None):
            services.idempotency_forget(record=record)
            del request.idempotency_record  # type: ignore[attr-defined]


def _record_begin(request: HttpRequest) -> IdempotencyRecord | None:
    """The form's record; None if the first of two requests takes longer than `WAIT_SECONDS`."""
    digest = services.request_digest(
        method="POST",
        address=request.get_full_path(),
        fields={name: sent for name, sent in request.POST.lists() if name != "csrfmiddlewaretoken"},
        files=[(name, file) for name, sent in request.FILES.lists() for file in sent],
    )
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return services.idempotency_begin(
                owner=cast(User, request.user), key=f"form:{digest}", digest=digest
            )
        except DomainError:
            if time.monotonic() > give_up:
                return None
        time.sleep(POLL_SECONDS)


def _record_finish(request: HttpRequest, record: IdempotencyRecord, response: HttpResponse) -> None:
    if not (300 <= response.status_code < 400 and "Location" in response):
        services.idempotency_forget(record=record)
        return
    services.idempotency_finish(
        record=record,
        status=response.status_code,
        headers={"Location": response["Location"]},
        body=_pending_messages(request)[request.messages_before :],  # type: ignore[attr-defined]
    )


def _replayed_response(request: HttpRequest, record: IdempotencyRecord) -> HttpResponse:
    """The stored redirect, with its messages and the Undo in them, since the first response may have been lost."""
    waiting = _pending_messages(request)
    for message in record.body or []:
        if message not in waiting:
            level, text, tags, *is_html = message
            messages.add_message(request, level, mark_safe(text) if is_html else text, extra_tags=tags)  # noqa: S308
    return HttpResponse(status=record.status, headers=record.headers)


def _pending_messages(request: HttpRequest) -> list[list[Any]]:
    """All messages that wait to be shown, with their `extra_tags`, which may hold an undo (`message_with_undo`).

    A message that is HTML, whose parts were escaped when it was made, has a fourth part that says so.
    Looking at them does not count as showing them.
    """
    storage = cast(BaseStorage, messages.get_messages(request))
    found = [
        [message.level, str(message.message), message.extra_tags]
        + ["html"] * isinstance(message.message, SafeData)
        for message in storage
    ]
    storage.used = False
    return found
