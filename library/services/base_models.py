"""What an owner does with another base model that has listened to their library: put it to use, or go back.

Both are decided in one short transaction. The tracks follow in batches (`services.base_model_swaps`).
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from library.errors import DomainError
from library.models import BaseModelChange, LearnedModel, User
from library.selectors.base_models import (
    base_model_in_use_of,
    changed_rows_of,
    rows_to_swap,
    tracks_lacking_base_model,
)
from library.services.base_model_refits import in_use_digest
from library.services.base_model_swaps import base_model_rows_apply
from library.services.edit_conflicts import locked_row
from library.services.jobs import job_enqueue
from library.services.learned_fits import learned_model_fit_request
from library.services.learned_models import learned_model_exchange, learned_rows_apply
from library.text import track_count_text

Status = BaseModelChange.Status


def base_model_activate(*, change: BaseModelChange, expected: int | None = None) -> int:
    """Put a base model to use that has listened to the whole library; returns how many tracks get another genre.

    All of its predictions count from then on, and it analyses what the owner uploads. What was learned from verdicts
    and fitted again on it takes the place of what is in use; without that, nothing is in use of what was learned.
    Verdicts stay. Nothing is done if it would be another number of tracks than `expected`, which the owner was shown.
    Raises DomainError: `base_model_in_use`, `base_model_busy`, `base_model_incomplete`, `base_model_outdated`,
    `selection_changed`.
    """
    with transaction.atomic():
        change = _locked(change)
        owner = change.owner
        if change.status == Status.ACTIVE:
            raise DomainError("base_model_in_use", f"{change.model_name} is in use already.")
        _check_idle(change)
        if lacking := tracks_lacking_base_model(owner, change).count():
            raise DomainError(
                "base_model_incomplete",
                f"{change.model_name} has not heard {track_count_text(lacking)} yet. Whoever runs this site can have "
                f"it listen to them: manage.py reanalyse --model {change.model_name} --owner {owner.email}",
            )
        is_current = change.figures.get("in_use") == in_use_digest(owner)
        count = changed_rows_of(owner, change).count()
        if is_current and expected is not None and count != expected:
            raise DomainError(
                "selection_changed",
                f"This was meant for {track_count_text(expected)}, but it is about {track_count_text(count)} now. "
                "Nothing was changed.",
            )
        waited = LearnedModel.objects.filter(owner=owner, status=LearnedModel.Status.CANDIDATE).exists()
        if is_current:
            _exchange(change, Status.ACTIVE)
    if not is_current:
        job_enqueue("refit_base_model", change.pk)
        raise DomainError(
            "base_model_outdated",
            "What Earmark has learned from you has changed since. It is fitted again now: look again in a minute.",
        )
    _follow(change)
    if waited:  # it was compared with the base model before
        learned_model_fit_request(owner=change.owner)
    return count


def base_model_go_back(*, change: BaseModelChange) -> None:
    """Use again what counted before this base model, exactly as it was.

    Tracks that were added since keep its predictions until they are analysed again. It can be put to use again.
    Raises DomainError: `base_model_not_in_use`, `base_model_busy`.
    """
    with transaction.atomic():
        change = _locked(change)
        if base_model_in_use_of(change.owner) != change:
            raise DomainError(
                "base_model_not_in_use",
                f"{change.model_name} is not the base model in use: there is a later one."
                if change.status == Status.ACTIVE
                else f"{change.model_name} is not in use.",
            )
        _check_idle(change)
        _exchange(change, Status.GONE_BACK)
    _follow(change)


def _locked(change: BaseModelChange) -> BaseModelChange:
    """The change as it is, and its owner's row locked: what is done with an owner's models is done one by one."""
    owner = User.objects.select_for_update(no_key=True).get(pk=change.owner_id)
    change = locked_row(change)
    change.owner = owner
    return change


def _check_idle(change: BaseModelChange) -> None:
    others = BaseModelChange.objects.filter(owner=change.owner_id).exclude(pk=change.pk)
    if rows_to_swap(others).exists():
        raise DomainError(
            "base_model_busy", "Your tracks are still following another base model: try again in a minute."
        )


def _exchange(change: BaseModelChange, status: BaseModelChange.Status) -> None:
    owner = change.owner
    owner.base_model, change.other_base_model = change.other_base_model, owner.base_model
    owner.save(update_fields=["base_model"])
    change.learned = learned_model_exchange(owner=owner, model=change.learned)
    change.status = status
    if status == Status.ACTIVE:
        change.activated_at = timezone.now()
    change.save()


def _follow(change: BaseModelChange) -> None:
    base_model_rows_apply(owner_id=change.owner_id, batches=1)
    learned_rows_apply(owner_id=change.owner_id, batches=1)
