"""`Idempotency-Key`: a request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header).

A client that got no response sends the same request with the same key again, and gets the response that it missed.
Responses are stored for a day, except 400, 429 and 5xx: after those, the key can be used again.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.errors import DomainError
from library.models import IdempotencyRecord, User

IDEMPOTENCY_HEADER = "Idempotency-Key"
#: After these, and after 5xx, the client may send the request again with the same key.
NOT_STORED_STATUSES = (400, 429)


class ReplayedResponse(Exception):  # noqa: N818 - not an error
    """The request was answered before: `response` is to be sent again."""

    def __init__(self, response: Response) -> None:
        self.response = response


def idempotency_key_claim(
    *, owner: User, request: Request, headers: tuple[str, ...] = ()
) -> IdempotencyRecord | None:
    """Claim the request's key, and return its record; None when the request has no key.

    `headers` are those that identify the request when its body has no fields. The body is read before the key is
    claimed, so a body that cannot be read does not use it up.

    Raises ReplayedResponse with the stored response, and DomainError: `bad_key`, `key_reused`, `in_progress`.
    """
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= 100 or not key.isprintable():
        raise DomainError("bad_key", f"{IDEMPOTENCY_HEADER} must have 1 to 100 characters.", 400)
    digest = services.request_digest(
        method=request.method or "",
        address=request.get_full_path(),
        fields={name: request.headers.get(name) for name in headers} if headers else _fields(request),
        files=[] if headers else [(name, file) for name, sent in request.FILES.lists() for file in sent],
    )
    record = services.idempotency_begin(owner=owner, key=key, digest=digest)
    if record.status is None:
        return record
    replayed_headers = record.headers | {"Idempotent-Replayed": "true"}
    content_type = replayed_headers.pop("Content-Type", None)
    raise ReplayedResponse(
        Response(record.body, status=record.status, headers=replayed_headers, content_type=content_type)
    )


def _fields(request: Request) -> Any:
    data = request.data
    return dict(request.POST.lists()) if isinstance(data, QueryDict) else data


def idempotent_response_store(record: IdempotencyRecord, response: Any) -> None:
    """Store a response for later requests with the same key; not a file, which can be produced again."""
    if response.status_code in NOT_STORED_STATUSES or response.status_code >= 500 or response.streaming:
        services.idempotency_forget(record=record)
        return
    headers = {"Location": response["Location"]} if "Location" in response else {}
    if response.content_type:  # only errors set it
        headers["Content-Type"] = response.content_type
    services.idempotency_finish(
        record=record, status=response.status_code, headers=headers, body=response.data
    )
