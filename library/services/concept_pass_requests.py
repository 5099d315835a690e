"""Asking for a pass of what an owner's concepts set by themselves. `services.concept_passes` does it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from library.models import Concept, ConceptPass
from library.services.jobs import job_enqueue

#: When nobody has extended the lease for so long, another process goes on.
PASS_LEASE = timedelta(minutes=2)


def concept_pass_request(*, owner_id: int, soon: bool = False) -> None:
    """Have a worker bring what an owner's concepts have set up to date: once, however often it was asked for.

    Part of the transaction that makes it necessary, and asked for last: a pass locks tracks before its own row, too.
    `soon`: before waiting analyses.
    """
    is_new = False
    while not is_new and not ConceptPass.objects.filter(owner=owner_id).update(requests=F("requests") + 1):
        _, is_new = ConceptPass.objects.get_or_create(
            owner_id=owner_id, defaults={"leased_until": Now() + PASS_LEASE}
        )
    if is_new or soon:
        transaction.on_commit(lambda: concept_pass_enqueue(owner_id=owner_id, soon=soon), robust=True)


def concept_pass_request_if_on(*, owner_id: int, soon: bool = False) -> None:
    """Ask for a pass if the owner has a concept that sets itself; for whoever changes what such a pass goes by."""
    if Concept.objects.filter(owner=owner_id, sets_since__isnull=False).exists():
        concept_pass_request(owner_id=owner_id, soon=soon)


def concept_pass_enqueue(*, owner_id: int, soon: bool = False) -> None:
    """Enqueue the task of a pass; `soon` holds for all of its parts."""
    job_enqueue("run_concept_pass", owner_id, soon, priority=50 if soon else None)
