"""Requests that are sent twice are carried out once: the second gets the response to the first, found by its key.

A record is created before a request is carried out, and gets the response afterwards. Meanwhile the record is leased: a
thread extends the leases of this process, so that a key is taken as long as its process lives, and free a minute after
that process died.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from library.errors import DomainError
from library.incoming.handler import sha256_of
from library.models import IdempotencyRecord, User

logger = logging.getLogger(__name__)

#: How long a response is kept.
RETENTION = timedelta(days=1)
#: An unanswered request keeps its key for this long after its process last extended the lease.
REQUEST_LEASE = timedelta(minutes=1)
EXTEND_SECONDS = REQUEST_LEASE.total_seconds() / 4

_leased_record_ids: set[int] = set()
_thread_lock = threading.Lock()
_lease_thread: threading.Thread | None = None


def request_digest(
    *, method: str, address: str, fields: object, files: Iterable[tuple[str, UploadedFile]] = ()
) -> str:
    """A hash of a request: method, address, fields (any JSON value) and the name, size and bytes of each file.

    Keyed with the site's secret, so that nobody with only the database can guess what was in a form.
    """
    contents = [[field, file.name, file.size, sha256_of(file)] for field, file in files]
    request = json.dumps([method, address, fields, contents], sort_keys=True)
    return salted_hmac("library.idempotency", request, algorithm="sha256").hexdigest()


def idempotency_begin(*, owner: User, key: str, digest: str) -> IdempotencyRecord:
    """Take a key for a request; returns its record.

    If the record has no `status`, the caller carries the request out and then calls `idempotency_finish` or
    `idempotency_forget`. Otherwise that was done before, and the record has the response.

    Raises DomainError: `key_reused`, when another request has the key; `in_progress`.
    """
    records = IdempotencyRecord.objects.filter(owner=owner, key=key)
    died = Q(status=None, leased_until__lt=Now())
    records.filter(died | Q(created_at__lt=timezone.now() - RETENTION)).delete()
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                owner=owner, key=key, digest=digest, leased_until=Now() + REQUEST_LEASE
            )
    except IntegrityError:
        earlier = records.first()
        if earlier and earlier.digest != digest:
            raise DomainError("key_reused", "This key was used for another request.", 422) from None
        if earlier is None or earlier.status is None:
            raise DomainError(
                "in_progress", "The same request is being processed. Try again a little later."
            ) from None
        return earlier
    _hold(record)
    return record


def idempotency_finish(
    *, record: IdempotencyRecord, status: int, headers: dict[str, str], body: Any = None
) -> None:
    """Store the response to a request that was carried out."""
    _leased_record_ids.discard(record.pk)
    IdempotencyRecord.objects.filter(pk=record.pk).update(
        status=status, headers=headers, body=body, leased_until=None
    )


def idempotency_forget(*, record: IdempotencyRecord) -> None:
    """Free the key of a request that failed, so that it can be sent again."""
    _leased_record_ids.discard(record.pk)
    IdempotencyRecord.objects.filter(pk=record.pk).delete()


def idempotency_expire() -> int:
    """Delete records older than a day; returns how many."""
    return IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()[0]


def _hold(record: IdempotencyRecord) -> None:
    global _lease_thread
    _leased_record_ids.add(record.pk)
    with _thread_lock:
        if _lease_thread is None or not _lease_thread.is_alive():  # a forked process does not inherit threads
            _lease_thread = threading.Thread(target=_extend_for_ever, daemon=True)
            _lease_thread.start()


def _extend_for_ever() -> None:
    while True:
        threading.Event().wait(EXTEND_SECONDS)
        if _leased_record_ids:
            try:
                idempotency_leases_extend()
            except Exception:  # an unavailable database may be back the next time
                logger.exception("The leases of idempotency keys could not be extended.")
            connection.close()


def idempotency_leases_extend() -> None:
    """Extend the leases of all requests that this process is carrying out."""
    IdempotencyRecord.objects.filter(pk__in=list(_leased_record_ids), status=None).update(
        leased_until=Now() + REQUEST_LEASE
    )
