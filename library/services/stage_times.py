"""How long the stages of an analysis take: measured by workers, summed in the database for /metrics."""

from __future__ import annotations

import time

from django.db.models import F

from library.models import StageTime


class Stopwatch:
    """Measures one analysis, stage by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = 0.0

    def begin(self, stage: str) -> None:
        """Start a stage, and end the one before it."""
        self.end()
        self._stage, self._since = stage, time.monotonic()

    def end(self) -> None:
        if self._stage:
            took = time.monotonic() - self._since
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + took
        self._stage = ""


def stage_times_add(*, seconds: dict[str, float]) -> None:
    """Add the times of one analysis, in seconds by stage. Sorted, so that two workers cannot deadlock on the rows."""
    for stage, took in sorted(seconds.items()):
        StageTime.objects.get_or_create(stage=stage)
        StageTime.objects.filter(stage=stage).update(times=F("times") + 1, seconds=F("seconds") + took)
