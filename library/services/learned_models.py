"""What an owner does with learned versions: accept or skip what one would change, go back to another, or use none.

Which version counts is one column of one row. The effective genres of the tracks that it concerns follow in batches:
the first at once, the others by a worker; rows that wait for that are marked, so that it goes on after a kill.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from library.errors import DomainError
from library.models import LearnedModel, LearnedRow, User
from library.selectors.learned import learned_model_is_open, open_rows_of
from library.services.batches import BATCH_SIZE
from library.services.edit_conflicts import locked_row
from library.services.effective_genres import effective_genres_refresh
from library.services.jobs import job_enqueue
from library.text import track_count_text

logger = logging.getLogger(__name__)

Status, State = LearnedModel.Status, LearnedRow.State

#: Batches that one task applies. That takes about a second, for which a new upload may have to wait.
BATCHES_PER_TASK = 4
#: Rows that have waited for so long belong to a process that died.
STALLED_AFTER = timedelta(minutes=2)


def learned_rows_accept(
    *,
    model: LearnedModel,
    track_ids: Collection[UUID] | None = None,
    change: tuple[str, str] | None = None,
    expected: int | None = None,
) -> int:
    """Accept what a version would change: all of it, some tracks, or one change from a genre to another.

    The version is in use from then on, and the one before it is not. Returns how many rows were accepted: those of
    tracks in the library without a verdict. With `track_ids`, also those that were skipped. Nothing is accepted if it
    would be another number of rows than `expected`, which the owner was shown.
    Raises DomainError: `not_open`, `nothing_to_accept`, `selection_changed`.
    """
    with transaction.atomic():
        model = _locked(model)
        _check_open(model)
        states = [State.PROPOSED] if track_ids is None else [State.PROPOSED, State.SKIPPED]
        count = _chosen_rows(model, states, track_ids, change).update(
            state=State.ACCEPTED, counts=F("genre"), is_due=True
        )
        if not count:
            raise DomainError("nothing_to_accept", "None of these tracks waits to be accepted.")
        _check_count(count, expected)
        if model.status == Status.ACTIVE:
            model.save(update_fields=["updated_at"])
        else:
            _use(model)
    learned_rows_apply(owner_id=model.owner_id, batches=1)
    return count


def learned_rows_skip(
    *,
    model: LearnedModel,
    track_ids: Collection[UUID] | None = None,
    change: tuple[str, str] | None = None,
    expected: int | None = None,
) -> int:
    """Leave tracks as they are; later versions do not propose the same for them. Returns how many rows were skipped.

    A candidate of which nothing is left is not in use. `expected` as for accepting.
    Raises DomainError: `not_open`, `nothing_to_accept`, `selection_changed`.
    """
    with transaction.atomic():
        model = _locked(model)
        _check_open(model)
        count = _chosen_rows(model, [State.PROPOSED], track_ids, change).update(state=State.SKIPPED)
        if not count:
            raise DomainError("nothing_to_accept", "None of these tracks waits to be accepted.")
        _check_count(count, expected)
        if model.status == Status.CANDIDATE and not model.rows.filter(state=State.PROPOSED).exists():
            _candidate_put_aside(model.owner_id)
    return count


def learned_version_create(*, owner: User, status: LearnedModel.Status) -> LearnedModel:
    """A new version with the next number."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        last = LearnedModel.objects.filter(owner=owner).aggregate(last=Max("number"))["last"]
        return LearnedModel.objects.create(owner=owner, number=(last or 0) + 1, status=status)


def learned_model_exchange(*, owner: User, model: LearnedModel | None) -> LearnedModel | None:
    """Use a version, or none, together with another base model; returns the one that was in use.

    A candidate does not wait any longer. The caller holds the lock of the owner's row, and calls `learned_rows_apply`
    when the transaction is over.
    """
    before = LearnedModel.objects.filter(owner=owner, status=Status.ACTIVE).first()
    _candidate_put_aside(owner.pk)
    if model:
        _use(model)
    else:
        _put_aside(owner.pk)
    return before


def learned_model_activate(*, model: LearnedModel) -> None:
    """Go back to a version that was in use before, with exactly the rows that counted in it.

    A candidate that waits was compared with the version in use, and does not wait any longer.
    Raises DomainError: `never_in_use`.
    """
    with transaction.atomic():
        model = _locked(model)
        if model.activated_at is None:
            raise DomainError(
                "never_in_use", "This version was never in use. Accept what it would change instead."
            )
        if model.status == Status.ACTIVE:
            return
        _candidate_put_aside(model.owner_id)
        _use(model)
    learned_rows_apply(owner_id=model.owner_id, batches=1)


def learned_models_off(*, owner: User) -> None:
    """Use no version; any that was in use can be gone back to. A candidate does not wait any longer."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        _candidate_put_aside(owner.pk)
        _put_aside(owner.pk)
    learned_rows_apply(owner_id=owner.pk, batches=1)


def learned_rows_apply(*, owner_id: int, batches: int = BATCHES_PER_TASK) -> None:
    """Recompute the effective genres of tracks whose rows are due, and have a worker do the rest."""
    try:
        if all(learned_batch_apply(owner_id=owner_id) for _ in range(batches)):
            _enqueue(owner_id)
    except OperationalError as error:
        # People come first: where they hold the same rows or the whole database, this waits for the sweep.
        logger.info("What account %s has accepted is applied later: %s", owner_id, error)


def learned_batch_apply(*, owner_id: int) -> bool:
    """Apply one batch of rows that are due; False when it was the last one."""
    with transaction.atomic():
        owner = User.objects.select_for_update(no_key=True).filter(pk=owner_id).first()
        if owner is None:
            return False
        due = LearnedRow.objects.filter(is_due=True)
        with_due = LearnedModel.objects.filter(Exists(due.filter(model=OuterRef("pk"))), owner=owner_id)
        rows: dict[int, UUID] = {}
        models: list[int] = []
        for model_id in list(with_due.order_by("pk").values_list("pk", flat=True)):
            # In the order of an index: to sort all that are due takes longer than the batch itself.
            of_model = due.filter(model=model_id).order_by("pk").values_list("pk", "track")
            rows |= dict(of_model[: BATCH_SIZE - len(rows)])
            models.append(model_id)
            if len(rows) == BATCH_SIZE:
                break
        effective_genres_refresh(owner=owner, track_ids=[*rows.values()])
        LearnedRow.objects.filter(pk__in=rows).update(is_due=False)
        LearnedModel.objects.filter(pk__in=models).update(updated_at=timezone.now())
        return with_due.exists()


def learned_rows_resume() -> int:
    """Enqueue what was left by processes that died; returns for how many owners."""
    before = timezone.now() - STALLED_AFTER
    stalled = LearnedModel.objects.filter(updated_at__lt=before, rows__is_due=True)
    owners = list(stalled.order_by().values_list("owner", flat=True).distinct())
    LearnedModel.objects.filter(owner__in=owners).update(updated_at=timezone.now())
    for owner_id in owners:
        _enqueue(owner_id)
    return len(owners)


def _locked(model: LearnedModel) -> LearnedModel:
    """The version as it is, and its owner's row locked: what is done with an owner's versions is done one by one."""
    User.objects.select_for_update(no_key=True).get(pk=model.owner_id)
    return locked_row(model)


def _check_open(model: LearnedModel) -> None:
    if not learned_model_is_open(model.owner, model):
        raise DomainError("not_open", "This version does not wait for you any more: there is a newer one.")


def _check_count(count: int, expected: int | None) -> None:
    if expected is not None and count != expected:
        was, now = track_count_text(expected), track_count_text(count)
        raise DomainError(
            "selection_changed", f"This was meant for {was}, but it is about {now} now. Nothing was changed."
        )


def _chosen_rows(
    model: LearnedModel,
    states: list[LearnedRow.State],
    track_ids: Collection[UUID] | None,
    change: tuple[str, str] | None,
) -> QuerySet[LearnedRow]:
    rows = open_rows_of(model.owner, model).filter(state__in=states)
    if track_ids is not None:
        rows = rows.filter(track__in=track_ids)
    if change is not None:
        rows = rows.filter(before=change[0], genre=change[1])
    return LearnedRow.objects.filter(pk__in=rows.order_by().values("pk"))


def _use(model: LearnedModel) -> None:
    """Put a version to use in place of the one that is. Its rows are due already."""
    _put_aside(model.owner_id)
    model.rows.exclude(counts="").filter(is_due=False).update(is_due=True)
    model.status = Status.ACTIVE
    model.activated_at = model.activated_at or timezone.now()
    model.save(update_fields=["status", "activated_at", "updated_at"])


def _candidate_put_aside(owner_id: int) -> None:
    waiting = LearnedModel.objects.filter(owner=owner_id, status=Status.CANDIDATE)
    waiting.update(status=Status.INACTIVE, updated_at=timezone.now())


def _put_aside(owner_id: int) -> None:
    for model in LearnedModel.objects.filter(owner=owner_id, status=Status.ACTIVE):
        model.rows.exclude(counts="").update(is_due=True)
        model.status = Status.INACTIVE
        model.save(update_fields=["status", "updated_at"])


def _enqueue(owner_id: int) -> None:
    job_enqueue("apply_learned_rows", owner_id)
