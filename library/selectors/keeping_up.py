"""Whether Earmark keeps up with its owner: how often they agree, by month and genre, and where that has fallen.

What Earmark said at the time of a verdict is what it had learned of the track, if that counted, or else the genre that
the model thought most probable, sure or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, DateField, Exists, F, Max, OuterRef, Q, When
from django.db.models.functions import TruncMonth
from django.utils import timezone

from classifier.learning.proportions import chance_of_so_few, significant, wilson_interval
from library.genres import BUILTIN_GENRES
from library.models import LearnedModel, LearnedRow, User, Verdict
from library.selectors.learned import LEAST_ANSWERS, learnable_verdicts_of
from library.selectors.verdicts import verdicts_in_force

#: Months that are shown, this one included, and how many of them are compared with the ones before.
MONTHS, RECENT_MONTHS = 12, 3
#: Fewer independent answers than this are not compared.
LEAST_COMPARED = 8


@dataclass(frozen=True, slots=True)
class AgreementShare:
    """How many verdicts agree with what Earmark said. `effective`: how many independent ones they are worth.

    Tracks of one artist are right or wrong together: `answers**2 / sum(answers of each artist**2)`, as in
    `classifier.learning.worth`.
    """

    agreed: int
    answers: int
    effective: float

    @property
    def share(self) -> float:
        return self.agreed / self.answers

    @property
    def interval(self) -> tuple[float, float]:
        """In which the true share lies in nineteen of twenty cases."""
        return wilson_interval(self.share * self.effective, self.effective)

    @property
    def independent(self) -> tuple[int, int]:
        """Agreed and all, as whole numbers of independent answers."""
        answers = int(self.effective + 1e-9)
        return round(self.share * answers), answers


@dataclass(frozen=True, slots=True)
class Fall:
    """Agreement that has fallen by more than chance, on what Earmark called by that genre; "" for all genres."""

    genre: str
    recent: AgreementShare
    before: AgreementShare


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement by month, oldest first, from the first month with a verdict on; and where it has fallen since `since`.

    `by_genre`: by the month, and then by the genre that Earmark said. Months without a verdict have None and {}.
    """

    by_month: dict[date, AgreementShare | None]
    by_genre: dict[date, dict[str, AgreementShare]]
    since: date
    falls: list[Fall]


@dataclass(frozen=True, slots=True)
class _Group:
    """Verdicts of one month on tracks of one artist that Earmark called by one genre. "": each artist is another."""

    month: date
    genre: str
    artist: str
    answers: int
    agreed: int


def agreement_of(owner: User) -> Agreement:
    """How often the owner's verdicts in force have agreed with Earmark in the last twelve months."""
    months = _last_months(timezone.localdate())
    groups = _groups(owner, months[0])
    first = min((group.month for group in groups), default=months[-1])
    shown = [month for month in months if month >= first]
    return Agreement(
        by_month={month: _share(group for group in groups if group.month == month) for month in shown},
        by_genre={
            month: _shares_by_genre([group for group in groups if group.month == month]) for month in shown
        },
        since=months[-RECENT_MONTHS],
        falls=_falls(groups, months[-RECENT_MONTHS]),
    )


def could_learn_anew(owner: User) -> bool:
    """Whether the owner has given enough verdicts to learn from, some of them since that was tried last."""
    verdicts = learnable_verdicts_of(owner).order_by("-created_at")
    latest = list(verdicts.values_list("created_at", flat=True)[:LEAST_ANSWERS])
    tried = LearnedModel.objects.filter(owner=owner).aggregate(at=Max("created_at"))["at"]
    return len(latest) == LEAST_ANSWERS and (tried is None or latest[0] > tried)


def _last_months(today: date) -> list[date]:
    this = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(this - MONTHS + 1, this + 1)]


def _groups(owner: User, since: date) -> list[_Group]:
    own = Verdict.objects.filter(person=owner, track__owner=owner, track__deleted_at=None)
    verdicts = verdicts_in_force(own.filter(created_at__date__gte=since, genre__in=BUILTIN_GENRES))
    rows = (
        verdicts.exclude(heard="")
        .annotate(said=_what_was_said(owner), month=TruncMonth("created_at", output_field=DateField()))
        .filter(said__in=BUILTIN_GENRES)
        .order_by()
        .values_list("month", "said", "track__sort_artist", "track__sort_album")
        .annotate(answers=Count("pk"), agreed=Count("pk", filter=Q(genre=F("said"))))
    )
    return [
        # Without an artist, those of one album depend on each other.
        _Group(month, genre, f"artist {artist}" if artist else f"album {album}" if album else "", *counts)
        for month, genre, artist, album, *counts in rows
    ]


def _what_was_said(owner: User) -> Case | F:
    """Of a verdict: the genre before it, if a version had learned that of the track, else what the model said."""
    if not LearnedModel.objects.filter(owner=owner).exclude(activated_at=None).exists():
        return F("heard")
    rows = LearnedRow.objects.filter(track=OuterRef("track"), counts=OuterRef("before"))
    learned = Exists(rows.filter(model__activated_at__lte=OuterRef("created_at")))
    differs = ~Q(before="") & ~Q(before=F("heard"))
    return Case(When(differs & learned, then=F("before")), default=F("heard"))


def _share(groups: Iterable[_Group]) -> AgreementShare | None:
    of_artists: Counter[str] = Counter()
    agreed = squares = 0
    for group in groups:
        agreed += group.agreed
        if group.artist:
            of_artists[group.artist] += group.answers
        else:
            squares += group.answers
    answers = squares + of_artists.total()
    squares += sum(count**2 for count in of_artists.values())
    return AgreementShare(agreed, answers, answers**2 / squares) if answers else None


def _shares_by_genre(groups: list[_Group]) -> dict[str, AgreementShare]:
    shares = {
        genre: _share(group for group in groups if group.genre == genre)
        for genre in sorted({group.genre for group in groups})
    }
    return {genre: share for genre, share in shares.items() if share}


def _falls(groups: list[_Group], since: date) -> list[Fall]:
    """By genre, the surest first; or that of all genres together when none by itself has fallen."""
    recent = [group for group in groups if group.month >= since]
    before = [group for group in groups if group.month < since]
    now, then = _shares_by_genre(recent), _shares_by_genre(before)
    pairs = {genre: (now[genre], then[genre]) for genre in now if genre in then}
    if (all_now := _share(recent)) and (all_then := _share(before)):
        pairs[""] = all_now, all_then
    compared = {
        genre: Fall(genre, *pair)
        for genre, pair in pairs.items()
        if min(share.independent[1] for share in pair) >= LEAST_COMPARED
    }
    if len(compared) == 2:  # of a single genre: both are the same
        compared.pop("", None)
    chances = {
        genre: chance_of_so_few(*fall.recent.independent, *fall.before.independent)
        for genre, fall in compared.items()
    }
    fallen = significant(chances)
    return [compared[genre] for genre in fallen if genre] or [compared[genre] for genre in fallen]
