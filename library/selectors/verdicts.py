"""Which verdicts are in force, and which of them is a track's.

A verdict is in force while it is the latest that its person gave on its track and did not undo. One without a genre
withdraws that person's verdict: then they have none. The latest goes by `created_at` and then by id, not by id alone,
because an import adds verdicts that are older than existing ones.
"""

from __future__ import annotations

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from library.models import Verdict

LATEST_FIRST = ("-created_at", "-id")


def latest_verdicts(verdicts: QuerySet[Verdict]) -> QuerySet[Verdict]:
    """Of these verdicts, each person's latest on each track, also if it withdraws their verdict.

    People whose accounts were deleted count as one person.
    """
    later = later_verdicts_by_the_same()
    return verdicts.filter(~Exists(later), undone_at=None).order_by(*LATEST_FIRST)


def later_verdicts_by_the_same() -> QuerySet[Verdict]:
    """For a subquery: the later verdicts, not undone, by the person of the outer query's verdict on its track."""
    person = Coalesce("person_id", Value(0))
    same = Verdict.objects.alias(who=person).filter(
        track=OuterRef("track"), who=Coalesce(OuterRef("person_id"), Value(0)), undone_at=None
    )
    moment = OuterRef("created_at")
    return same.filter(Q(created_at__gt=moment) | Q(created_at=moment, pk__gt=OuterRef("pk"))).order_by()


def verdicts_in_force(verdicts: QuerySet[Verdict]) -> QuerySet[Verdict]:
    """Those of these verdicts that are in force, the latest first."""
    return latest_verdicts(verdicts).exclude(genre="")


def verdict_for_track(track: OuterRef) -> QuerySet[Verdict]:
    """The verdicts on a track, for a subquery: the first one counts. `track` refers to its key in the outer query.

    The owner's verdict counts before those of reviewers. An owner who withdraws theirs (the first one then has
    no genre) does not want the reviewers' earlier ones either.
    """
    by_owner = Q(person=F("track__owner"))
    owner_first = Case(When(by_owner & ~Q(genre=""), then=Value(0)), default=Value(1))
    latest = latest_verdicts(Verdict.objects.filter(track=track))
    return latest.filter(by_owner | ~Q(genre="")).order_by(owner_first, *LATEST_FIRST)
