"""A person's bulk actions."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from library.models import BulkAction, User

#: How long a bulk action is listed among the recent changes.
RECENT_PERIOD = timedelta(days=1)


def bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """A person's bulk actions without their `data`, latest first."""
    return BulkAction.objects.filter(person=person).defer("data").order_by("-created_at", "-id")


def recent_bulk_actions_of(person: User) -> QuerySet[BulkAction]:
    """A person's bulk actions of the last day and those that are not finished, latest first."""
    recent = Q(created_at__gt=timezone.now() - RECENT_PERIOD) | Q(
        status__in=(BulkAction.Status.QUEUED, BulkAction.Status.RUNNING)
    )
    return bulk_actions_of(person).filter(recent)
