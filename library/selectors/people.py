"""Accounts: their totals, API tokens and player passwords."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from library.models import ApiToken, Genre, PlayerPassword, Playlist, Tag, Track, User
from library.selectors.bin import bin_usage_in
from library.selectors.tracks import usage_in


def account_contents_of(*owners: User) -> dict[str, Any]:
    """How much these people have of everything that is deleted with their accounts."""
    usage = usage_in(Track.objects.filter(owner__in=owners))
    usage |= bin_usage_in(Track.all_objects.filter(owner__in=owners))
    return {
        **{name: usage[name] for name in ("tracks", "bytes", "seconds", "bin_tracks", "bin_bytes")},
        "playlists": Playlist.objects.filter(owner__in=owners).count(),
        "tags": Tag.objects.filter(owner__in=owners).count(),
        "genres": Genre.objects.filter(owner__in=owners, retired_at=None).count(),
        "tokens": ApiToken.objects.filter(owner__in=owners).count(),
        "player_passwords": PlayerPassword.objects.filter(owner__in=owners).count(),
    }


def quota_of(owner: User) -> int:
    """The size of the largest library that a person may have, in bytes: their own quota, or else the site's."""
    return settings.EARMARK_QUOTA_BYTES if owner.quota_bytes is None else owner.quota_bytes


def stored_sizes_of(owners: Iterable[User]) -> dict[int, tuple[int, int]]:
    """By owner: how many tracks they have and how many bytes of the quota these take, those in the bin included."""
    tracks = Track.all_objects.filter(owner__in=[owner.pk for owner in owners]).order_by()
    rows = tracks.values_list("owner").annotate(Count("pk"), Sum("size"))
    return {owner: (count, size or 0) for owner, count, size in rows}


def api_tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)


def player_passwords_of(owner: User) -> QuerySet[PlayerPassword]:
    return PlayerPassword.objects.filter(owner=owner)
