"""What reviewers may see: the music of those who share it with them, and their own."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet

from library.models import Track, User

#: A verdict by the track's own owner.
BY_OWNER = Q(person=F("track__owner"))


def visible_to(reviewer: User, owner: str = "owner") -> Q:
    """Rows whose `owner`, a path to the owner, lets this reviewer look. Superusers are reviewers like others."""
    return Q(**{f"{owner}__share_with_reviewers": True}) | Q(**{owner: reviewer})


def tracks_visible_to(reviewer: User) -> QuerySet[Track]:
    """Tracks this reviewer may look at, each with its owner and prediction (without the long timeline)."""
    tracks = Track.objects.filter(visible_to(reviewer)).select_related("owner", "prediction")
    return tracks.defer("prediction__segments")


def reviewer_queue_of(reviewer: User, among: QuerySet[Track] | None = None) -> QuerySet[Track]:
    """Others' tracks that ask for review, the most doubtful (`rank`) first. `effective_genres_recompute` ranks them."""
    return (
        (tracks_visible_to(reviewer) if among is None else among.filter(visible_to(reviewer)))
        .filter(review_rank__isnull=False, status=Track.Status.READY)
        .exclude(owner=reviewer)
        .annotate(rank=F("review_rank"))
        .order_by("rank", "id")
    )


def failed_tracks_visible_to(reviewer: User) -> QuerySet[Track]:
    """Tracks whose analysis failed, the latest first."""
    return tracks_visible_to(reviewer).filter(status=Track.Status.FAILED).order_by("-updated_at", "-id")


def unshared_failure_counts(reviewer: User) -> list[tuple[str, int]]:
    """How many tracks failed for which reason in libraries that are not shared: only codes and numbers."""
    failed = Track.objects.filter(status=Track.Status.FAILED).exclude(visible_to(reviewer))
    rows = failed.order_by().values_list("error_code").annotate(count=Count("pk"))
    return list(rows.order_by("-count", "error_code"))
