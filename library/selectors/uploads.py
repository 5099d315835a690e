"""Uploads of the last day and their outcome."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from library.models import PartialUpload, Track, User
from library.selectors.tracks import with_prediction


def uploads_of(owner: User) -> QuerySet[PartialUpload]:
    """The owner's uploads of the last day, newest first, each with its track and archive.

    `track` is None if the track has been deleted since, even if it is still in the bin.
    """
    tracks = with_prediction(Track.objects.all())
    uploads = PartialUpload.objects.filter(owner=owner).select_related("archive")
    return uploads.prefetch_related(Prefetch("track", tracks))
