"""What needs staff: totals over all owners, and how much of it one reviewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from library.models import FileCheck, Track, User
from library.selectors.agreement import Agreement, agreement_visible_to
from library.selectors.health import AnalysisBacklog, analysis_backlog
from library.selectors.reviewing import reviewer_queue_of, visible_to


@dataclass(frozen=True, slots=True)
class JobBacklog:
    """Numbers of jobs that wait and that failed. `oldest_waiting_since` is None if none waits."""

    waiting: int
    failed: int
    oldest_waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class SharedCount:
    """How many there are of something in all libraries, and how many of them a reviewer may see."""

    total: int
    visible: int

    @property
    def elsewhere(self) -> int:
        return self.total - self.visible


@dataclass(frozen=True, slots=True)
class StaffOverview:
    """What needs staff. `failures`: by error code, the most frequent first."""

    analysis: AnalysisBacklog
    jobs: JobBacklog
    failures: list[tuple[str, SharedCount]]
    review_count: int
    agreement: Agreement
    damaged: SharedCount

    @property
    def failed_count(self) -> int:
        return sum(count.total for _, count in self.failures)


def staff_overview_for(reviewer: User) -> StaffOverview:
    """The state of the site for its staff, in a fixed number of queries."""
    failed = Track.objects.filter(status=Track.Status.FAILED).order_by().values_list("error_code")
    rows = failed.annotate(count=Count("pk"), visible=Count("pk", visible_to(reviewer)))
    shown = visible_to(reviewer, "track__owner") & Q(track__deleted_at=None)
    damaged = FileCheck.objects.exclude(damage="").aggregate(total=Count("pk"), visible=Count("pk", shown))
    return StaffOverview(
        analysis=analysis_backlog(),
        jobs=job_backlog(),
        failures=[(code, SharedCount(*counts)) for code, *counts in rows.order_by("-count", "error_code")],
        review_count=reviewer_queue_of(reviewer).count(),
        agreement=agreement_visible_to(reviewer).total,
        damaged=SharedCount(damaged["total"], damaged["visible"]),
    )


def job_backlog() -> JobBacklog:
    waits = Q(status=TaskResultStatus.READY)
    counts = DBTaskResult.objects.order_by().aggregate(
        waiting=Count("pk", waits),
        failed=Count("pk", Q(status=TaskResultStatus.FAILED)),
        oldest=Min("enqueued_at", filter=waits),
    )
    return JobBacklog(counts["waiting"], counts["failed"], counts["oldest"])
