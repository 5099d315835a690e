"""How often people agree with the model's most probable genre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Case, Count, DateField, F, Q, QuerySet, Value, When
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


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """How often people agree with the model.

    `by_genre`: by the most probable genre, all built-in genres. `by_week`: by the Monday of the verdict's week, the
    last half year. `by_reviewer`: by the email address of reviewers, for their verdicts on other people's music; most
    verdicts first.
    """

    by_genre: dict[str, Agreement]
    by_week: dict[date, Agreement]
    by_reviewer: list[tuple[str, Agreement]]

    @property
    def total(self) -> Agreement:
        return sum(self.by_genre.values(), Agreement())


def agreement_visible_to(reviewer: User) -> AgreementReport:
    """Agreement in the libraries that a reviewer may see."""
    mondays = _mondays()
    # A case for each week: to cut off dates, SQLite would call a function of Python's for each row.
    weeks = [When(created_at__lt=_midnight(mondays[0]), then=None)]
    weeks += [When(created_at__gte=_midnight(monday), then=Value(monday)) for monday in reversed(mondays)]
    rows = (
        _latest_verdicts(reviewer)
        .values_list(
            "heard",
            Case(*weeks, default=None, output_field=DateField()),
            Case(When(BY_OWNER, then=None), default="person"),
        )
        .annotate(
            count=Count("pk"),
            agreed=Count("pk", AGREED),
            sure_count=Count("pk", Q(sure=True)),
            sure_agreed=Count("pk", AGREED & Q(sure=True)),
        )
    )
    by_genre = dict.fromkeys(BUILTIN_GENRES, Agreement())
    by_week = dict.fromkeys(mondays, Agreement())
    by_person: dict[int, Agreement] = {}
    for genre, monday, person, *counts in rows:
        agreement = Agreement(*counts)
        by_genre[genre] += agreement
        if monday:
            by_week[monday] += agreement
        if person:
            by_person[person] = by_person.get(person, Agreement()) + agreement
    named = User.objects.filter(pk__in=by_person, deletion_progress_at=None).values_list("email", "pk")
    ranked = sorted(
        ((email, by_person[pk]) for email, pk in named), key=lambda row: (-row[1].verdict_count, row[0])
    )
    return AgreementReport(by_genre, by_week, ranked)


def _mondays() -> list[date]:
    today = timezone.localdate()
    last = today - timedelta(days=today.weekday())
    return [last - timedelta(weeks=WEEKS_SHOWN - 1 - week) for week in range(WEEKS_SHOWN)]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _latest_verdicts(reviewer: User) -> QuerySet[Verdict]:
    """The verdicts in force that the model could have agreed with: it had a prediction and knows the genre."""
    verdicts = Verdict.objects.filter(visible_to(reviewer, "track__owner"), track__deleted_at=None)
    return verdicts_in_force(verdicts).filter(heard__in=BUILTIN_GENRES, genre__in=BUILTIN_GENRES).order_by()
