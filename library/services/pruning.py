"""Delete rows that nobody needs any more, a few at a time, so that no table grows for ever."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from library.models import ApiToken, FailedSignIn

#: Rows per transaction.
PRUNE_BATCH = 1000
#: How long finished tasks are kept. Those that failed have a traceback, which somebody may want to read.
SUCCESSFUL_TASK_RETENTION = timedelta(days=1)
FAILED_TASK_RETENTION = timedelta(days=14)
#: How long a program whose token has expired is told so. Then the token is unknown.
EXPIRED_TOKEN_RETENTION = timedelta(days=30)
#: Longer than any sensible EARMARK_SIGN_IN_MINUTES. Signing in deletes them, too, but nobody may sign in.
FAILED_SIGN_IN_RETENTION = timedelta(days=1)


def rows_prune() -> int:
    """Delete ended sessions, finished tasks, tokens that expired long ago and old failed sign-ins.

    Returns how many.
    """
    now = timezone.now()
    tasks = DBTaskResult.objects.order_by()
    successful = tasks.filter(status=TaskResultStatus.SUCCESSFUL)
    return sum(
        _delete_in_batches(rows)
        for rows in (
            Session.objects.filter(expire_date__lt=now),
            successful.filter(finished_at__lt=now - SUCCESSFUL_TASK_RETENTION),
            tasks.filter(status=TaskResultStatus.FAILED, finished_at__lt=now - FAILED_TASK_RETENTION),
            ApiToken.objects.filter(expires_at__lt=now - EXPIRED_TOKEN_RETENTION).order_by(),
            FailedSignIn.objects.filter(created_at__lt=now - FAILED_SIGN_IN_RETENTION),
        )
    )


def _delete_in_batches(rows: QuerySet) -> int:
    """Delete rows, each batch in a transaction of its own."""
    deleted = 0
    while ids := list(rows.values_list("pk", flat=True)[:PRUNE_BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted
