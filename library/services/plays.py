"""Plays: when tracks were played, counted on them.

A play changes nothing of what is known about a track: `updated_at` stays, and programs that follow changes do not hear
of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from library.errors import DomainError
from library.models import Play, Track
from library.models.plays import FIRST_PLAY, MAX_PLAYS
from library.services.edit_conflicts import locked_row

#: The clocks of players may be ahead of the site's by this much.
CLOCK_SKEW = timedelta(minutes=5)


def play_add(*, track: Track, played_at: datetime | None = None) -> tuple[Play, bool]:
    """Count a play of a track, now or at a moment; returns it, and whether it is new.

    Only the second counts: the same play told twice is counted once.

    Raises DomainError: `bad_value`, for moments that are to come or before 2000; `not_found`, also in the bin;
    `too_many_plays`.
    """
    moment = play_moment(played_at or timezone.now())
    with transaction.atomic():
        current = locked_row(track)
        play, is_new = Play.objects.get_or_create(
            track=current, played_at=moment, defaults={"owner_id": current.owner_id}
        )
        if is_new:
            if current.play_count >= MAX_PLAYS:
                raise DomainError("too_many_plays", "This track has as many plays as are kept.")
            current.play_count += 1
            current.last_played_at = max(current.last_played_at or moment, moment)
            current.save(update_fields=["play_count", "last_played_at"])
    track.play_count, track.last_played_at = current.play_count, current.last_played_at
    return play, is_new


def play_moment(moment: datetime) -> datetime:
    """The second of a play. Raises DomainError: `bad_value`, for moments that are to come or before 2000."""
    if not FIRST_PLAY <= moment <= timezone.now() + CLOCK_SKEW:
        raise DomainError("bad_value", "A play is neither in the future nor before the year 2000.", 422)
    return moment.replace(microsecond=0)
