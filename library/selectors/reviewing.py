"""What reviewers may see: their own tracks, and those of people who share theirs."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from library.models import Track, User, Verdict
from library.selectors.tracks import with_prediction

#: A verdict by the track's own owner.
BY_OWNER = Q(person=F("track__owner"))


def visible_to(reviewer: User, owner: str = "owner") -> Q:
    """A condition: rows of the reviewer, and of owners who share their tracks. Superusers see no more.

    `owner` is the path of lookups from the row to the owner.
    """
    return Q(**{f"{owner}__share_with_reviewers": True}) | Q(**{owner: reviewer})


def tracks_visible_to(reviewer: User) -> QuerySet[Track]:
    """The tracks that this reviewer may see, each with its owner and prediction."""
    return with_prediction(Track.objects.filter(visible_to(reviewer)).select_related("owner"))


def reviewer_queue_of(reviewer: User, among: QuerySet[Track] | None = None) -> QuerySet[Track]:
    """Other people's tracks that need a review, by `rank`, most doubtful first.

    `effective_genres_recompute` sets the rank. Without `among`, of all tracks that the reviewer may see.
    """
    return (
        (tracks_visible_to(reviewer) if among is None else among.filter(visible_to(reviewer)))
        .filter(review_rank__isnull=False, status=Track.Status.READY)
        .exclude(owner=reviewer)
        .annotate(rank=F("review_rank"))
        .order_by("rank", "id")
    )


def failed_tracks_visible_to(reviewer: User) -> QuerySet[Track]:
    """The tracks visible to this reviewer whose analysis failed, latest first."""
    return tracks_visible_to(reviewer).filter(status=Track.Status.FAILED).order_by("-updated_at", "-id")


def unshared_failure_counts(reviewer: User) -> list[tuple[str, int]]:
    """Failed tracks in libraries that are not shared: (error code, number), most frequent first."""
    failed = Track.objects.filter(status=Track.Status.FAILED).exclude(visible_to(reviewer))
    rows = failed.order_by().values_list("error_code").annotate(count=Count("pk"))
    return list(rows.order_by("-count", "error_code"))


def verdict_counts_for(tracks: Iterable[Track]) -> dict[UUID, int]:
    """How many verdicts that were not undone each of these tracks has; those without any are left out."""
    verdicts = Verdict.objects.filter(track__in=[track.pk for track in tracks], undone_at=None).order_by()
    return dict(verdicts.values_list("track").annotate(Count("pk")))
