"""Statistics of a library: hours, durations, and how often the model was right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, Value, When

from library.genres import BUILTIN_GENRES, UNSURE
from library.models import Track, User, Verdict
from library.selectors.verdicts import later_verdicts_by_the_same, verdict_for_track

#: Bounds of durations in seconds, each with its lower one and without its upper one.
DURATION_BANDS: list[tuple[int | None, int | None]] = [
    (None, 120), (120, 180), (180, 240), (240, 300), (300, 600), (600, None),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccuracyCount:
    """How many tracks have a verdict, and for how many of them the model was right."""

    right: int
    tracks: int

    @property
    def share(self) -> float:
        return self.right / self.tracks if self.tracks else 0

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> AccuracyCount:
        some = list(rows)
        return cls(sum(row["right"] for row in some), sum(row["tracks"] for row in some))


@dataclass(frozen=True, slots=True)
class ModelAccuracy:
    """`by_genre`: by predicted genre, sure or not. `own_genre_tracks`: tracks of genres unknown to the model."""

    sure: AccuracyCount
    unsure: AccuracyCount
    by_genre: dict[str, AccuracyCount]
    own_genre_tracks: int


def seconds_by_genre(owner: User) -> dict[str, float]:
    """Total seconds of the analysed tracks by effective genre; `unsure` for those without one."""
    rows = Track.objects.filter(owner=owner, status=Track.Status.READY).order_by()
    sums = rows.values_list("genre").annotate(Sum("duration"))
    return {genre or UNSURE: seconds or 0 for genre, seconds in sums}


def track_counts_by_duration(owner: User) -> list[int]:
    """Numbers of tracks in each of the `DURATION_BANDS`."""
    within = [
        Q(
            **{
                f"duration__{lookup}": bound
                for lookup, bound in (("gte", low), ("lt", below))
                if bound is not None
            }
        )
        for low, below in DURATION_BANDS
    ]
    counts = {str(number): Count("pk", filter=length) for number, length in enumerate(within)}
    return list(Track.objects.filter(owner=owner).order_by().aggregate(**counts).values())


def model_accuracy_of(owner: User) -> ModelAccuracy:
    """How often the model was right according to the verdicts in force, at the time of each verdict."""
    verdicts = Verdict.objects.filter(track__owner=owner, track__deleted_at=None)
    # The same as the second alone. But nearly all verdicts are the owner's, of whose the latest counts.
    latest_of_owner = Q(person=owner) & ~Exists(later_verdicts_by_the_same())
    counts_on_track = ~Q(person=owner) & Q(pk=Subquery(verdict_for_track(OuterRef("track")).values("pk")[:1]))
    counting = verdicts.filter(latest_of_owner | counts_on_track, undone_at=None)
    with_prediction = counting.exclude(genre="").exclude(heard="").order_by()
    known = Case(When(genre__in=BUILTIN_GENRES, then=Value(True)), default=Value(False))
    rows = with_prediction.values("heard", "sure", known=known).annotate(
        tracks=Count("pk"), right=Count("pk", filter=Q(genre=F("heard")))
    )
    found = list(rows)
    groups = [row for row in found if row["known"]]
    return ModelAccuracy(
        sure=AccuracyCount.of(row for row in groups if row["sure"]),
        unsure=AccuracyCount.of(row for row in groups if not row["sure"]),
        by_genre={
            genre: AccuracyCount.of(row for row in groups if row["heard"] == genre)
            for genre in BUILTIN_GENRES
            if any(row["heard"] == genre for row in groups)
        },
        own_genre_tracks=sum(row["tracks"] for row in found if not row["known"]),
    )
