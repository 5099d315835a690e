"""How many rows there are of what is deleted after a while, of all owners."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db.models import Model
from django_tasks_db.models import DBTaskResult

from library.models import ApiToken, FailedSignIn, IdempotencyRecord, PartialUpload, TrackDeletion

PRUNED: dict[str, type[Model]] = {
    "sessions": Session,
    "tasks": DBTaskResult,
    "idempotency_records": IdempotencyRecord,
    "tokens": ApiToken,
    "failed_sign_ins": FailedSignIn,
    "tombstones": TrackDeletion,
    "uploads": PartialUpload,
}


def pruned_table_sizes() -> dict[str, int]:
    """Numbers of rows, by what they are."""
    return {name: model._default_manager.count() for name, model in PRUNED.items()}
