"""Tracks, and what was heard in them."""

from __future__ import annotations

from django.db.models import QuerySet

from library.models import ApiToken, Prediction, Track, User, Verdict


def tracks_of(owner: User) -> QuerySet[Track]:
    """The owner's tracks, newest first, each with its current prediction (without the long timeline)."""
    return Track.objects.filter(owner=owner).select_related("prediction").defer("prediction__segments")


def needs_you_of(owner: User) -> QuerySet[Track]:
    """Tracks that ask for their owner's word, those the model is least sure of first."""
    return tracks_of(owner).filter(needs_you=True).order_by("confidence", "id")


def predictions_of(owner: User, track: Track) -> QuerySet[Prediction]:
    """Everything models heard in one of the owner's tracks, newest first."""
    return Prediction.objects.filter(track__owner=owner, track=track)


def history_of(owner: User, track: Track) -> list[Prediction | Verdict]:
    """What was heard in a track and said about it, newest first."""
    heard = predictions_of(owner, track).defer("segments")
    said = Verdict.objects.filter(track__owner=owner, track=track).select_related("person")
    return sorted([*heard, *said], key=lambda row: row.created_at, reverse=True)


def tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)
