"""How long the stages of an analysis take."""

from __future__ import annotations

from django.db import models


class StageTime(models.Model):
    """How many times a stage of an analysis was completed, and how many seconds that took in total."""

    stage = models.CharField(max_length=10, primary_key=True)
    times = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.stage}: {self.times} times, {self.seconds:.1f} s"
