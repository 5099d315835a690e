"""Which parts of their analysis tracks have, read from the rows that hold the parts, for the models of their owners.

So there is no second record that could disagree with them, and another model needs no change of any row.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from classifier.album_tags import READER_VERSION
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
from library.selectors.model_cards import learning_space, model_id, model_name_of

#: The parts that the upgrade pass fills in, in this order: albums need no file, reading takes milliseconds, listening
#: takes seconds. Predictions are left to people: a new one may change a genre.
UPGRADED_PARTS = (AnalysisPart.ALBUMS, AnalysisPart.TAGS, AnalysisPart.COVER, AnalysisPart.VECTORS)
#: What tracks that cannot be heard have, too.
_UNHEARD_PARTS = (AnalysisPart.ALBUMS, AnalysisPart.TAGS, AnalysisPart.COVER)


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
    """Tracks, of all owners, that could have this part: those analysed; what is only read, also the others."""
    failed = [Track.Status.FAILED] if part in _UNHEARD_PARTS else []
    return Track.objects.filter(status__in=[Track.Status.READY, *failed]).order_by()


def tracks_lacking(part: AnalysisPart) -> QuerySet[Track]:
    """Tracks, of all owners, without this part: for tags, without those that the current reader has read; for vectors
    and predictions, without one of their owner's model.
    """
    tracks, its = tracks_with_analysis(part), {"track": OuterRef("pk")}
    if part == AnalysisPart.ALBUMS:
        return tracks.filter(album_key="")
    if part == AnalysisPart.TAGS:
        return tracks.exclude(Exists(FileTags.objects.filter(reader_version__gte=READER_VERSION, **its)))
    if part == AnalysisPart.COVER:  # of tracks without tags, these are read first
        return tracks.filter(Exists(FileTags.objects.filter(picture=None, **its)))
    lacking = Q(pk__in=[])
    for model, analyses in _models_in_use():
        if part == AnalysisPart.PREDICTIONS:
            name, version = model_id(model)
            of_model = Prediction.objects.filter(model_name=name, model_version=version, **its)
            lacking |= analyses & Q(~Exists(of_model))
        elif space := learning_space(model):
            lacking |= analyses & Q(~Exists(LearningVector.objects.filter(space=space, **its)))
    return tracks.filter(lacking)


def tracks_to_upgrade(part: AnalysisPart) -> QuerySet[Track]:
    """Tracks, of all owners, that lack this part and were not tried too often, newest first."""
    attempts = UpgradeAttempt.objects.filter(
        track=OuterRef("pk"), part=part, attempts__gte=settings.EARMARK_ANALYSIS_ATTEMPTS
    )
    given_up = Q(pk__in=[])
    for model, analyses in _models_in_use():
        given_up |= analyses & Q(Exists(attempts.filter(version=" ".join(model_id(model)))))
    return tracks_lacking(part).exclude(given_up).order_by("-created_at", "-id")


def _models_in_use() -> list[tuple[str, Q]]:
    """The names of the models that analyse tracks, each with a condition for the tracks that it analyses."""
    own = User.objects.exclude(base_model="").order_by("pk")
    by_model: dict[str, list[int]] = {}
    for owner in own.only("pk", "base_model"):
        by_model.setdefault(model_name_of(owner), []).append(owner.pk)
    by_model.pop(settings.EARMARK_MODEL, None)
    others = [pk for owners in by_model.values() for pk in owners]
    return [
        (settings.EARMARK_MODEL, ~Q(owner__in=others) if others else Q()),
        *((model, Q(owner__in=owners)) for model, owners in by_model.items()),
    ]


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
