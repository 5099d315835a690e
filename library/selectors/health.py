"""The state of analysis on this site, as totals over all owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from library.models import StageTime, Track


@dataclass(frozen=True, slots=True)
class AnalysisBacklog:
    """Numbers of tracks that wait and that are being analysed. `oldest_waiting_since` is None if none waits."""

    waiting: int
    being_analysed: int
    oldest_waiting_since: datetime | None


def analysis_backlog() -> AnalysisBacklog:
    unfinished = Track.objects.filter(status__in=(Track.Status.QUEUED, Track.Status.ANALYSING)).order_by()
    waits = Q(status=Track.Status.QUEUED)
    counts = unfinished.aggregate(
        waiting=Count("pk", waits), all=Count("pk"), oldest_waiting_since=Min("updated_at", filter=waits)
    )
    return AnalysisBacklog(
        counts["waiting"], counts["all"] - counts["waiting"], counts["oldest_waiting_since"]
    )


def failures_by_code() -> dict[str, int]:
    """Numbers of tracks whose analysis failed, by error code."""
    failed = Track.objects.filter(status=Track.Status.FAILED).order_by()
    return dict(failed.values_list("error_code").annotate(Count("pk")))


def stage_times() -> dict[str, tuple[int, float]]:
    """By stage of an analysis: how many times it was completed, by all workers ever, and the total of seconds."""
    rows = StageTime.objects.values_list("stage", "times", "seconds")
    return {stage: (times, seconds) for stage, times, seconds in rows}
