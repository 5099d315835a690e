"""What reviewers may see: the music of those who share it with them, and their own."""

from __future__ import annotations

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When

from library.genres import GENRES
from library.models import Track, User, Verdict

#: A verdict by the track's own owner.
OWNERS_WORD = Q(person=F("track__owner"))
#: Why a track should be reviewed.
DOUBTS = (
    Q(prediction__label=None),
    ~Q(file_label="") & ~Q(file_label=F("prediction__top")),
    ~Q(owner_genre="") & ~Q(owner_genre=F("prediction__top")),
)

#: Each reason brings a track forward by a whole 1, more than any confidence.
RANK = F("confidence") - sum(Case(When(doubt, then=1.0), default=0.0) for doubt in DOUBTS)


def open_to(reviewer: User, owner: str = "owner") -> Q:
    """Rows whose `owner`, a path to the owner, lets this reviewer look. Superusers are reviewers like others."""
    return Q(**{f"{owner}__share_with_reviewers": True}) | Q(**{owner: reviewer})


def tracks_open_to(reviewer: User) -> QuerySet[Track]:
    """Tracks this reviewer may look at, each with its owner and prediction (without the long timeline)."""
    tracks = Track.objects.filter(open_to(reviewer)).select_related("owner", "prediction")
    return tracks.defer("prediction__segments")


def review_queue_of(reviewer: User, among: QuerySet[Track] | None = None) -> QuerySet[Track]:
    """Others' tracks that no reviewer has spoken on and that are in doubt, by `rank`: the most doubtful first.

    In doubt is what the model is unsure of, or what it hears differently from the file's tag or the owner. Where
    the owner agrees with the model, or has a genre that it does not know, there is nothing left to review.
    """
    reviewed = Verdict.objects.filter(track=OuterRef("pk"), undone_at=None).exclude(person=OuterRef("owner"))
    undecided = Q(owner_genre="") | Q(owner_genre__in=GENRES) & ~Q(owner_genre=F("prediction__top"))
    # What the track's own columns say already, so that predictions are looked up for a few of many tracks.
    likely = Q(owner_genre="", needs_you=True) | Q(owner_genre__in=GENRES)
    return (
        (tracks_open_to(reviewer) if among is None else among.filter(open_to(reviewer)))
        .filter(likely, undecided, DOUBTS[0] | DOUBTS[1] | DOUBTS[2], status=Track.Status.READY)
        .filter(~Exists(reviewed), prediction__isnull=False)
        .exclude(owner=reviewer)
        .annotate(rank=RANK)
        .order_by("rank", "id")
    )


def failed_open_to(reviewer: User) -> QuerySet[Track]:
    """Tracks whose analysis failed, the latest first."""
    return tracks_open_to(reviewer).filter(status=Track.Status.FAILED).order_by("-updated_at", "-id")


def failures_elsewhere(reviewer: User) -> list[tuple[str, int]]:
    """How many tracks failed for which reason in libraries that are not shared: only codes and numbers."""
    failed = Track.objects.filter(status=Track.Status.FAILED).exclude(open_to(reviewer))
    rows = failed.order_by().values_list("error_code").annotate(count=Count("pk"))
    return list(rows.order_by("-count", "error_code"))
