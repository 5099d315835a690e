"""`Idempotency-Key`: a request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header).

A client that got no answer sends the same request with the same key again, and gets the answer that it missed.
Answers are kept for a day. What failed on our side (5xx) is forgotten, so that it can be tried again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from library.errors import Refused
from library.models import KeptAnswer, User

KEEP = timedelta(days=1)
HEADER = "Idempotency-Key"


class Answered(Exception):  # noqa: N818 - no error: the answer is there already
    def __init__(self, response: Response) -> None:
        self.response = response


def answer_begin(*, owner: User, request: Request) -> KeptAnswer | None:
    """Take the request's key; None when it has none.

    Raises Answered with the answer given before; Refused: `bad_key`, `key_reused`, `in_progress`.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= 100 or not key.isprintable():
        raise Refused("bad_key", f"{HEADER} has 1 to 100 characters.", 400)
    what = f"{request.method} {request.get_full_path()} {request.headers.get('Content-Length', '')}"[:300]
    KeptAnswer.objects.filter(owner=owner, key=key, created_at__lt=timezone.now() - KEEP).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(owner=owner, key=key, request=what)
    except IntegrityError:
        kept = KeptAnswer.objects.get(owner=owner, key=key)
    if kept.request != what:
        raise Refused("key_reused", f"This {HEADER} was used for another request.", 422)
    if kept.status is None:
        raise Refused("in_progress", "The same request is being answered just now. Try again a little later.")
    raise Answered(
        Response(kept.body, status=kept.status, headers=kept.headers | {"Idempotent-Replayed": "true"})
    )


def answer_keep(kept: KeptAnswer, response: Any) -> None:
    """Keep an answer for whoever asks again; not a file, which may as well be made once more."""
    if response.status_code >= 500 or response.streaming:
        kept.delete()
        return
    kept.status, kept.body = response.status_code, response.data
    kept.headers = {name: response[name] for name in ("Location",) if name in response}
    kept.save(update_fields=["status", "body", "headers"])
