"""Reads. All of them start from the owner: what is not theirs does not exist for them."""

from __future__ import annotations

from django.db.models import QuerySet

from library.models import ApiToken, Prediction, Track, User


def tracks_of(owner: User) -> QuerySet[Track]:
    """The owner's tracks, newest first, each with its current prediction (without the long timeline)."""
    return (
        Track.objects.filter(owner=owner)
        .select_related("prediction")
        .defer("prediction__segments", "prediction__embedding")
    )


def predictions_of(owner: User, track: Track) -> QuerySet[Prediction]:
    """Everything models heard in one of the owner's tracks, newest first."""
    return Prediction.objects.filter(track__owner=owner, track=track)


def tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)
