"""Accounts: their totals and API tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from library.models import ApiToken, Genre, Playlist, Tag, Track, User
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
    }


def api_tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)
