"""How often people agree with the model's most probable genre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateField, F, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from library.genres import BUILTIN_GENRES
from library.models import User, Verdict
from library.selectors.reviewing import BY_OWNER, visible_to
from library.selectors.verdicts import verdicts_in_force

WEEKS_SHOWN = 26
AGREED = Q(genre=F("heard"))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Number of verdicts, and how many agree with the model; the same for those where the model was sure."""

    verdict_count: int = 0
    agreed: int = 0
    sure: int = 0
    sure_agreed: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.verdict_count + other.verdict_count,
            self.agreed + other.agreed,
            self.sure + other.sure,
            self.sure_agreed + other.sure_agreed,
        )

    @property
    def share(self) -> float | None:
        return self.agreed / self.verdict_count if self.verdict_count else None

    @property
    def sure_share(self) -> float | None:
        return self.sure_agreed / self.sure if self.sure else None


def agreement_by_genre(reviewer: User) -> dict[str, Agreement]:
    """By the most probable genre: all built-in genres, also those without verdicts."""
    counts = _agreement_by(_latest_verdicts(reviewer), "heard")
    return {genre: counts.get(genre, Agreement()) for genre in BUILTIN_GENRES}


def agreement_by_week(reviewer: User) -> dict[date, Agreement]:
    """By the Monday of the verdict's week: the last half year, also weeks without verdicts."""
    today = timezone.localdate()
    last = today - timedelta(days=today.weekday())
    mondays = [last - timedelta(weeks=WEEKS_SHOWN - 1 - week) for week in range(WEEKS_SHOWN)]
    verdicts = _latest_verdicts(reviewer).filter(created_at__date__gte=mondays[0])
    counts = _agreement_by(verdicts.annotate(week=TruncWeek("created_at", output_field=DateField())), "week")
    return {monday: counts.get(monday, Agreement()) for monday in mondays}


def agreement_by_reviewer(reviewer: User) -> list[tuple[str, Agreement]]:
    """By the email address of reviewers, for their verdicts on other people's music; most verdicts first."""
    verdicts = _latest_verdicts(reviewer).exclude(BY_OWNER).exclude(person=None)
    return sorted(
        _agreement_by(verdicts, "person__email").items(), key=lambda row: (-row[1].verdict_count, row[0])
    )


def _agreement_by(verdicts: QuerySet[Verdict], by: str) -> dict[Any, Agreement]:
    rows = verdicts.values_list(by).annotate(
        count=Count("pk"),
        agreed=Count("pk", AGREED),
        sure_count=Count("pk", Q(sure=True)),
        sure_agreed=Count("pk", AGREED & Q(sure=True)),
    )
    return {key: Agreement(*counts) for key, *counts in rows}


def _latest_verdicts(reviewer: User) -> QuerySet[Verdict]:
    """The verdicts in force that the model could have agreed with: it had a prediction and knows the genre."""
    verdicts = Verdict.objects.filter(visible_to(reviewer, "track__owner"), track__deleted_at=None)
    return verdicts_in_force(verdicts).filter(heard__in=BUILTIN_GENRES, genre__in=BUILTIN_GENRES).order_by()
