"""Two models side by side on the tracks that both have heard: what they would change, and which is right more often."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from library.genres import BUILTIN_GENRES
from library.models import BaseModelChange, BaseModelRow, Prediction, Track, User, Verdict
from library.selectors.verdicts import verdicts_in_force
from library.text import artist_group


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model by its name, and by its version unless that is ""."""

    name: str
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> ModelVersion:
        """From "name" or "name@version"."""
        return cls(*re.fullmatch(r"([^@]*)@?(.*)", text, re.DOTALL).groups())  # type: ignore[union-attr]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name

    def predictions(self) -> QuerySet[Prediction]:
        """Its predictions, the latest first."""
        found = Prediction.objects.filter(model_name=self.name).order_by("-created_at", "-id")
        return found.filter(model_version=self.version) if self.version else found


@dataclass(frozen=True, slots=True)
class VerdictComparison:
    """Which of two models more often thinks most probable what owners say.

    Tracks of one artist are not independent of each other: it is counted for how many artists each model is the better
    one. `p_value` says how often chance alone tells them apart as far (two-sided sign test).
    """

    tracks: int
    old_right: int
    new_right: int
    old_better: int
    new_better: int

    @property
    def p_value(self) -> float:
        return sign_test(self.new_better, self.old_better)


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """`changes`: from genre to genre ("" when not sure), how many tracks; the most frequent first."""

    tracks: int
    both: int
    without_old: int
    without_new: int
    changes: list[tuple[str, str, int]]
    verdicts: VerdictComparison

    @property
    def changed(self) -> int:
        return sum(tracks for *_, tracks in self.changes)


def models_compared(owner: User | None, old: ModelVersion, new: ModelVersion) -> ModelComparison:
    """Compare what two models predict for an owner's tracks in the library, or for everybody's."""
    tracks = Track.objects.filter(status=Track.Status.READY).order_by()
    verdicts = Verdict.objects.filter(
        person=F("track__owner"), track__deleted_at=None, genre__in=BUILTIN_GENRES
    )
    if owner:
        tracks, verdicts = tracks.filter(owner=owner), verdicts.filter(track__owner=owner)
    labelled: QuerySet[Any] = tracks.annotate(
        **_of_both(old, new, "pk", "label"), **_of_both(old, new, "pk", "top")
    )
    without_old, without_new = (labelled.filter(**{f"{side}_top": None}) for side in ("old", "new"))
    both = labelled.exclude(old_top=None).exclude(new_top=None)
    pairs = both.values_list("old_label", "new_label").annotate(tracks=Count("pk"))
    found = [(before or "", after or "", count) for before, after, count in pairs]
    judged: QuerySet[Any] = verdicts_in_force(verdicts).annotate(**_of_both(old, new, "track", "top"))
    return ModelComparison(
        tracks.count(),
        sum(count for *_, count in found),
        without_old.count(),
        without_new.count(),
        sorted((row for row in found if row[0] != row[1]), key=lambda row: (-row[2], row)),
        _verdicts_compared(_heard_by_both(judged)),
    )


def verdicts_compared_for(owner: User, change: BaseModelChange) -> VerdictComparison:
    """Which is right more often by the owner's verdicts: the model of a change, or what the tracks have without it."""
    rows = BaseModelRow.objects.filter(change=change, error_code="", track=OuterRef("track"))
    tops = F("track__prediction__top"), Subquery(rows.values("prediction__top")[:1])
    new, old = tops if change.status == BaseModelChange.Status.ACTIVE else reversed(tops)
    own = Verdict.objects.filter(person=owner, track__owner=owner, track__deleted_at=None)
    judged: QuerySet[Any] = verdicts_in_force(own.filter(genre__in=BUILTIN_GENRES)).annotate(
        old_top=old, new_top=new
    )
    return _verdicts_compared(_heard_by_both(judged))


def _heard_by_both(judged: QuerySet[Any]) -> Iterable[dict[str, Any]]:
    both = judged.exclude(old_top=None).exclude(new_top=None)
    return both.values("pk", "genre", "track__owner", "track__artist", "track__album", "old_top", "new_top")


def _of_both(old: ModelVersion, new: ModelVersion, track: str, field: str) -> dict[str, Subquery]:
    return {
        f"{side}_{field}": Subquery(model.predictions().filter(track=OuterRef(track)).values(field)[:1])
        for side, model in (("old", old), ("new", new))
    }


def _verdicts_compared(rows: Iterable[dict[str, Any]]) -> VerdictComparison:
    tracks = old_right = new_right = 0
    by_artist: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        old, new = (row[f"{side}_top"] == row["genre"] for side in ("old", "new"))
        tracks, old_right, new_right = tracks + 1, old_right + old, new_right + new
        artist = artist_group(row["track__artist"], row["track__album"]) or row["pk"]
        by_artist[row["track__owner"], artist] += new - old
    better = Counter(math.copysign(1, gain) for gain in by_artist.values() if gain)
    return VerdictComparison(tracks, old_right, new_right, better[-1.0], better[1.0])


def sign_test(one: int, other: int) -> float:
    """How often a fair coin is at least as far from even as so many heads and tails: exact, two-sided."""
    count = one + other
    tail = sum(math.comb(count, heads) for heads in range(min(one, other) + 1))
    return min(1.0, float(Fraction(2 * tail, 1 << count)))
