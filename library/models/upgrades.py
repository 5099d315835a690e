"""The upgrade pass: which parts of an analysis there are, who fills in what tracks lack, and what it tried in vain."""

from __future__ import annotations

from django.db import models

from library.models.tracks import Track


class AnalysisPart(models.TextChoices):
    """What an analysis leaves besides the pictures. Which tracks lack what is in `selectors.analysis_parts`."""

    ALBUMS = "albums", "Artists and albums"
    TAGS = "tags", "Tags of the file"
    COVER = "cover", "Picture in the file"
    VECTORS = "vectors", "Vectors for teaching"
    PREDICTIONS = "predictions", "Prediction of the current model"


class UpgradePass(models.Model):
    """The upgrade pass that is going on: one row, or none.

    Whoever holds the lease goes on with it. When the process that holds it dies, the lease runs out, and another
    process takes it.
    """

    lease = models.UUIDField()
    leased_until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "upgrade passes"

    def __str__(self) -> str:
        return f"Upgrade pass, leased until {self.leased_until}"


class UpgradeAttempt(models.Model):
    """How often the upgrade pass tried in vain to fill in a part of a track, with this version of the model."""

    # The constraint below serves the track, too.
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+", db_index=False)
    part = models.CharField(max_length=20, choices=AnalysisPart)
    #: Name and version of the model: another one may be able to do it.
    version = models.CharField(max_length=130)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["track", "part", "version"], name="one_count_per_part"),
        ]

    def __str__(self) -> str:
        return f"{self.part} of {self.track}, {self.attempts} times"
