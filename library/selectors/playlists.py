"""Playlists and their items."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from library.models import Playlist, PlaylistItem, Track, User
from library.selectors.bin import binned_ids_of
from library.selectors.tracks import with_prediction

#: So many are named beside every page.
NEWEST_PLAYLISTS = 5


def playlists_of(owner: User) -> QuerySet[Playlist]:
    return Playlist.objects.filter(owner=owner)


def newest_playlists_of(owner: User) -> QuerySet[Playlist]:
    """The owner's few newest playlists, without saved searches, the newest first."""
    return playlists_of(owner).filter(smart=False).order_by("-created_at", "pk")[:NEWEST_PLAYLISTS]


def saved_searches_of(owner: User) -> QuerySet[Playlist]:
    """The owner's saved searches by name."""
    return playlists_of(owner).filter(smart=True).order_by("name", "pk")


def playlists_with_counts(owner: User) -> QuerySet[Playlist]:
    """The owner's playlists by name, without saved searches, each with `track_count` and `seconds`."""
    in_library = Q(items__track__deleted_at=None)
    counted = (
        playlists_of(owner)
        .filter(smart=False)
        .annotate(
            track_count=Count("items", filter=in_library),
            seconds=Sum("items__track__duration", filter=in_library),
        )
    )
    return counted.order_by("name", "pk")


def playlist_choices_for(owner: User, track: Track) -> QuerySet[Playlist]:
    """The playlists a track can be added to, each with `contains_track`: whether it is there already."""
    there = PlaylistItem.objects.filter(playlist=OuterRef("pk"), track=track)
    return playlists_of(owner).filter(smart=False).annotate(contains_track=Exists(there))


def playlist_items_of(owner: User, playlist: Playlist | UUID) -> QuerySet[PlaylistItem]:
    """The items of a playlist in its order, each with its track and the track's prediction.

    The items of tracks in the bin are left out; they keep their positions for when the tracks are restored.
    """
    tracks = with_prediction(Track.objects.all())
    items = PlaylistItem.objects.filter(playlist=playlist, playlist__owner=owner)
    return items.exclude(track__in=binned_ids_of(owner)).prefetch_related(Prefetch("track", tracks))


def duration_totals(tracks: QuerySet[Track]) -> dict[str, Any]:
    """Their `track_count`, and their duration in `seconds` (None if there are none)."""
    return tracks.order_by().aggregate(track_count=Count("pk"), seconds=Sum("duration"))
