"""Uploads of the last day, and how they fared."""

from __future__ import annotations

from django.db.models import QuerySet

from library.models import PartialUpload, User


def uploads_of(owner: User) -> QuerySet[PartialUpload]:
    """Everything the owner sent in the last day, newest first, with what became of it."""
    return (
        PartialUpload.objects.filter(owner=owner)
        .select_related("track__prediction", "archive")
        .defer("track__prediction__segments")
    )
