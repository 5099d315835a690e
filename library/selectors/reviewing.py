"""What reviewers may see: the music of those who share it with them, and their own."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from library.models import Track, User

#: A verdict by the track's own owner.
OWNERS_WORD = Q(person=F("track__owner"))


def open_to(reviewer: User, owner: str = "owner") -> Q:
    """Rows whose `owner`, a path to the owner, lets this reviewer look. Superusers are reviewers like others."""
    return Q(**{f"{owner}__share_with_reviewers": True}) | Q(**{owner: reviewer})


def tracks_open_to(reviewer: User) -> QuerySet[Track]:
    return Track.objects.filter(open_to(reviewer))
