"""Which parts of their analysis tracks have, read from the rows that hold the parts, for this site's default model.

So there is no second record that could disagree with them, and another default model needs no change of any row.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from library.models import (
    AnalysisPart,
    FileTags,
    LearningVector,
    Prediction,
    Track,
    UpgradeAttempt,
    UpgradePass,
    User,
)
from library.selectors.model_cards import default_model_id, learning_space

#: The parts that the upgrade pass fills in, in this order: reading tags takes milliseconds, listening takes seconds.
#: Predictions are left to people: a new one may change a genre.
UPGRADED_PARTS = (AnalysisPart.TAGS, AnalysisPart.VECTORS)


@dataclass(frozen=True, slots=True)
class UpgradeProgress:
    """How many of an owner's tracks still lack a part, and how many could have it."""

    part: AnalysisPart
    lacking: int
    tracks: int

    @property
    def done(self) -> int:
        return self.tracks - self.lacking


def tracks_with_analysis(part: AnalysisPart) -> QuerySet[Track]:
    """Tracks, of all owners, that could have this part: those analysed, for tags also those that cannot be heard."""
    failed = [Track.Status.FAILED] if part == AnalysisPart.TAGS else []
    return Track.objects.filter(status__in=[Track.Status.READY, *failed]).order_by()


def tracks_lacking(part: AnalysisPart) -> QuerySet[Track]:
    """Tracks, of all owners, without this part: for vectors and predictions, without one of the default model."""
    tracks, its = tracks_with_analysis(part), {"track": OuterRef("pk")}
    if part == AnalysisPart.TAGS:
        return tracks.exclude(Exists(FileTags.objects.filter(**its)))
    if part == AnalysisPart.PREDICTIONS:
        name, version = default_model_id()
        of_model = Prediction.objects.filter(model_name=name, model_version=version, **its)
        return tracks.exclude(Exists(of_model))
    if not (space := learning_space()):
        return tracks.none()
    return tracks.exclude(Exists(LearningVector.objects.filter(space=space, **its)))


def tracks_to_upgrade(part: AnalysisPart) -> QuerySet[Track]:
    """Tracks, of all owners, that lack this part and were not tried too often, newest first."""
    given_up = UpgradeAttempt.objects.filter(
        track=OuterRef("pk"),
        part=part,
        version=" ".join(default_model_id()),
        attempts__gte=settings.EARMARK_ANALYSIS_ATTEMPTS,
    )
    return tracks_lacking(part).exclude(Exists(given_up)).order_by("-created_at", "-id")


def lacking_counts() -> dict[str, int]:
    """Numbers of tracks, of all owners, that lack each part."""
    return {part.value: tracks_lacking(part).count() for part in AnalysisPart}


def upgrade_progress_of(owner: User) -> UpgradeProgress | None:
    """How far the upgrade pass is with the owner's tracks; None when it is done with them, or not going on."""
    if not UpgradePass.objects.exists():
        return None
    for part in UPGRADED_PARTS:
        if lacking := tracks_to_upgrade(part).filter(owner=owner).count():
            return UpgradeProgress(part, lacking, tracks_with_analysis(part).filter(owner=owner).count())
    return None
