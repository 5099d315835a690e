"""Learning from an owner's verdicts: a version of what was learned, which changes nothing before its owner accepts it.

A worker does it; by a lease, only one for each owner. The version is complete and seen only when the last step has
set its status: a process that is killed before leaves a version that is still being learned, which the next removes.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from datetime import timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from library.models import BaseModelChange, LearnedModel, LearnedModelFit, LearnedRow, User
from library.selectors.learned import LEAST_ANSWERS, learnable_verdicts_of
from library.services import learned_changes
from library.services.base_model_swaps import base_model_batch_apply
from library.services.batches import BATCH_SIZE
from library.services.jobs import job_enqueue
from library.services.learned_models import learned_batch_apply, learned_version_create

logger = logging.getLogger(__name__)

Status = LearnedModel.Status

#: Learning begins by itself after so many new verdicts.
NEW_ANSWERS = 10
#: When nobody has extended the lease for so long, another process begins again.
FIT_LEASE = timedelta(minutes=5)


class LeaseLostError(Exception):
    """Another process does what this one was doing."""


class InUseChangedError(Exception):
    """The owner has changed what counts, while a version was compared with it."""


def learned_model_fit_request(*, owner: User) -> bool:
    """Have a worker learn from an owner's verdicts; False when that waits or goes on already."""
    _, is_new = LearnedModelFit.objects.get_or_create(
        owner=owner, defaults={"leased_until": Now() + FIT_LEASE}
    )
    if is_new:
        transaction.on_commit(lambda: _enqueue(owner.pk))
    return is_new


def learned_model_fit_if_due(*, owner: User) -> bool:
    """Request a fit if there are enough verdicts and enough new ones since the last version; returns whether it did."""
    if LearnedModelFit.objects.filter(owner=owner).exists():
        return False
    answers = learnable_verdicts_of(owner).order_by()
    if len(answers.values("pk")[:LEAST_ANSWERS]) < LEAST_ANSWERS:
        return False
    last = LearnedModel.objects.filter(owner=owner).aggregate(at=Max("created_at"))["at"]
    if last and len(answers.filter(created_at__gt=last).values("pk")[:NEW_ANSWERS]) < NEW_ANSWERS:
        return False
    return learned_model_fit_request(owner=owner)


def learned_model_fits_resume() -> int:
    """Enqueue again the requests whose process died, and those that nobody took; returns how many."""
    lapsed = LearnedModelFit.objects.filter(leased_until__lt=Now())
    owners = list(lapsed.values_list("owner", flat=True))
    lapsed.filter(owner__in=owners).update(lease=None, leased_until=Now() + FIT_LEASE)
    for owner_id in owners:
        _enqueue(owner_id)
    return len(owners)


def learned_model_fit(*, owner_id: int) -> LearnedModel | None:
    """Learn from an owner's verdicts, if that was requested and no other process does it; returns the new version.

    A candidate waits for its owner; one that is not better is refused, with the reason. The version in use stays.
    """
    fit = LearnedModelFit.objects.select_related("owner").filter(owner=owner_id).first()
    lease = uuid.uuid4()
    waiting = LearnedModelFit.objects.filter(owner=owner_id, lease=None)
    if fit is None or not waiting.update(lease=lease, leased_until=Now() + FIT_LEASE):
        return None
    try:
        version = _fit(fit.owner, lease)
    except LeaseLostError:
        logger.info("Another process learns from account %s", owner_id)
        return None
    except InUseChangedError:
        LearnedModelFit.objects.filter(owner=owner_id, lease=lease).update(lease=None)
        _enqueue(owner_id)
        return None
    except OperationalError:
        raise  # the database may be back the next time: the sweep asks again
    except Exception:
        LearnedModelFit.objects.filter(owner=owner_id, lease=lease).delete()  # it would fail again
        raise
    learned_model_fit_if_due(owner=fit.owner)  # verdicts that were given meanwhile
    return version


def _fit(owner: User, lease: uuid.UUID) -> LearnedModel:
    _unfinished_remove(owner)
    while base_model_batch_apply(owner_id=owner.pk) or learned_batch_apply(owner_id=owner.pk):
        _lease_extend(owner.pk, lease)
    compared_with = _in_use(owner.pk)
    version = learned_version_create(owner=owner, status=Status.FITTING)
    base = learned_changes.base_model_of(owner)
    if base is None:
        return _finish(version, lease, LearnedModel.Reason.CANNOT_LEARN)
    version.model_name, version.model_version, version.space = base.name, base.version, base.space
    answers = dict(learnable_verdicts_of(owner).order_by().values_list("track", "genre"))
    version.figures = {"answers": len(answers)}
    if len(answers) < LEAST_ANSWERS:
        return _finish(version, lease, LearnedModel.Reason.TOO_FEW_ANSWERS)
    learned = learned_changes.learn_from(owner, base, answers)
    version.figures |= learned.figures
    if learned.reason:
        return _finish(version, lease, learned.reason)
    version.arrays, version.sha256 = learned.arrays, learned.sha256
    _lease_extend(owner.pk, lease)
    rows = learned_changes.rows_for(version, base, learned, answers)
    if not any(row.state == LearnedRow.State.PROPOSED for row in rows):
        return _finish(version, lease, LearnedModel.Reason.CHANGES_NOTHING)
    for batch in itertools.batched(rows, BATCH_SIZE):
        with transaction.atomic():
            _lease_extend(owner.pk, lease)
            LearnedRow.objects.bulk_create(batch)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if _in_use(owner.pk) != compared_with:
            raise InUseChangedError
        return _finish(version, lease)


def _in_use(owner_id: int) -> list[tuple[Any, ...]]:
    """What changes when the owner accepts something, or uses another version or another base model."""
    in_use = LearnedModel.objects.filter(owner=owner_id, status=Status.ACTIVE)
    base_models = BaseModelChange.objects.filter(owner=owner_id).exclude(activated_at=None)
    return [*in_use.values_list("pk", "updated_at"), *base_models.values_list("pk", "status")]


def _finish(version: LearnedModel, lease: uuid.UUID, reason: str = "") -> LearnedModel:
    """Make a version a candidate, or refuse it. A candidate takes the place of an earlier one that is still waiting."""
    with transaction.atomic():
        _lease_extend(version.owner_id, lease)
        if not reason:
            waiting = LearnedModel.objects.filter(owner=version.owner_id, status=Status.CANDIDATE)
            waiting.update(status=Status.INACTIVE, updated_at=timezone.now())
        version.status, version.reason = Status.REFUSED if reason else Status.CANDIDATE, reason
        version.save()
        LearnedModelFit.objects.filter(owner=version.owner_id, lease=lease).delete()
    return version


def _unfinished_remove(owner: User) -> None:
    """Remove what a killed process has left of a version that it was learning."""
    for version in LearnedModel.objects.filter(owner=owner, status=Status.FITTING):
        ids = list(version.rows.values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH_SIZE):
            LearnedRow.objects.filter(pk__in=ids[start : start + BATCH_SIZE]).delete()
        version.delete()


def _lease_extend(owner_id: int, lease: uuid.UUID) -> None:
    """Raises LeaseLostError when another process has taken the lease."""
    held = LearnedModelFit.objects.filter(owner=owner_id, lease=lease)
    if not held.update(leased_until=Now() + FIT_LEASE):
        raise LeaseLostError


def _enqueue(owner_id: int) -> None:
    job_enqueue("fit_learned_model", owner_id)
