"""Tracks that a model may be trained on: of owners who allow it, with their owner's verdict."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from library.models import Track, Verdict
from library.selectors.verdicts import verdicts_in_force


def tracks_for_training() -> QuerySet[Track]:
    """Analysed tracks whose owner allows training, each with `said`, the genre of the owner's own verdict.

    In the order of their ids. A reviewer's verdict does not count.
    """
    own = verdicts_in_force(Verdict.objects.filter(track=OuterRef("pk"), person=F("track__owner")))
    return (
        Track.objects.filter(Exists(own), owner__allow_training=True, status=Track.Status.READY)
        .annotate(said=Subquery(own.values("genre")[:1]))
        .order_by("pk")
    )
