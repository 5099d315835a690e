"""`Idempotency-Key`: a request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header).

A client that got no answer sends the same request with the same key again, and gets the answer that it missed.
Answers are kept for a day, but not to a body that was no good, and not when the failure is ours or passes by
itself: then the key is free for another try.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.errors import DomainError
from library.models import IdempotencyRecord, User

HEADER = "Idempotency-Key"
#: A broken body, and what asks to be tried again later.
NOT_KEPT = (400, 429)


class Answered(Exception):  # noqa: N818 - no error: the answer is there already
    def __init__(self, response: Response) -> None:
        self.response = response


def record_begin(*, owner: User, request: Request, headers: tuple[str, ...] = ()) -> IdempotencyRecord | None:
    """Take the request's key; None when it has none. `headers`: those that say what is to be done, in place of fields.

    The body is read first: one that cannot be read leaves the key alone.

    Raises Answered with the answer given before; DomainError: `bad_key`, `key_reused`, `in_progress`.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= 100 or not key.isprintable():
        raise DomainError("bad_key", f"{HEADER} has 1 to 100 characters.", 400)
    digest = services.request_digest(
        method=request.method or "",
        address=request.get_full_path(),
        fields={name: request.headers.get(name) for name in headers} if headers else _fields(request),
        files=[] if headers else [(name, file) for name, sent in request.FILES.lists() for file in sent],
    )
    record = services.idempotency_begin(owner=owner, key=key, digest=digest)
    if record.status is None:
        return record
    headers_then = record.headers | {"Idempotent-Replayed": "true"}
    content_type = headers_then.pop("Content-Type", None)
    raise Answered(
        Response(record.body, status=record.status, headers=headers_then, content_type=content_type)
    )


def _fields(request: Request) -> Any:
    data = request.data
    return dict(request.POST.lists()) if isinstance(data, QueryDict) else data


def record_end(record: IdempotencyRecord, response: Any) -> None:
    """Keep an answer for whoever asks again; not a file, which may as well be made once more."""
    if response.status_code in NOT_KEPT or response.status_code >= 500 or response.streaming:
        services.idempotency_forget(record=record)
        return
    headers = {"Location": response["Location"]} if "Location" in response else {}
    if response.content_type:  # an error's
        headers["Content-Type"] = response.content_type
    services.idempotency_finish(
        record=record, status=response.status_code, headers=headers, body=response.data
    )
