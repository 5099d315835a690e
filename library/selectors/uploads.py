"""Uploads of the last day, and how they fared."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from library.models import PartialUpload, Track, User


def uploads_of(owner: User) -> QuerySet[PartialUpload]:
    """Everything the owner sent in the last day, newest first, with what became of it.

    Of what was deleted since, `track` is None, in the bin or not.
    """
    tracks = Track.objects.select_related("prediction").defer("prediction__segments")
    uploads = PartialUpload.objects.filter(owner=owner).select_related("archive")
    return uploads.prefetch_related(Prefetch("track", tracks))
