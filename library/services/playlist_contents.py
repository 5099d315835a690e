"""Playlists as players write them: all tracks at once, or some removed by their places and others put at the end.

A track may come several times. Each change is recorded, so that it can be undone on “Recent changes” as any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from library.models import BulkAction, Playlist, PlaylistItem
from library.services.bulk_action_records import bulk_action_record
from library.services.playlists import (
    playlist_append_twice,
    playlist_check_not_smart,
    playlist_place,
    playlist_touch,
)
from library.text import track_count_text


def playlist_replace(*, playlist: Playlist, track_ids: Sequence[UUID]) -> None:
    """Have a playlist hold these tracks of its owner in this order, and no others.

    Raises DomainError: `saved_search`.
    """
    playlist_check_not_smart(playlist)
    with transaction.atomic():
        playlist_touch(playlist)
        _remove(playlist, list(_shown(playlist)))
        _append(playlist, track_ids)
    playlist.refresh_from_db()


def playlist_change(
    *, playlist: Playlist, remove_places: Collection[int] = (), append_ids: Sequence[UUID] = ()
) -> None:
    """Remove the tracks at these places, counted from 0 as the playlist was, then put others at its end.

    Tracks in the bin have no place. Places at which there is nothing are passed over.

    Raises DomainError: `saved_search`.
    """
    playlist_check_not_smart(playlist)
    with transaction.atomic():
        playlist_touch(playlist)
        if remove_places:
            wanted = set(remove_places)
            _remove(playlist, [item for place, item in enumerate(_shown(playlist)) if place in wanted])
        _append(playlist, append_ids)
    playlist.refresh_from_db()


def _shown(playlist: Playlist) -> list[PlaylistItem]:
    return list(playlist.items.filter(track__deleted_at=None).order_by("position", "pk"))


def _remove(playlist: Playlist, items: list[PlaylistItem]) -> None:
    if not items:
        return
    bulk_action_record(
        person=playlist.owner,
        kind=BulkAction.Kind.PLAYLIST_REMOVE,
        summary=f"Removed {track_count_text(len(items))} from “{playlist}”",
        data={"playlist": str(playlist.pk)},
        tracks=[(item.track_id, playlist_place(item)) for item in items],
    )
    PlaylistItem.objects.filter(pk__in=[item.pk for item in items]).delete()


def _append(playlist: Playlist, track_ids: Sequence[UUID]) -> None:
    added = playlist_append_twice(playlist, track_ids)
    if added:
        bulk_action_record(
            person=playlist.owner,
            kind=BulkAction.Kind.PLAYLIST_ADD,
            summary=f"Added {track_count_text(len(added))} to “{playlist}”",
            data={"playlist": str(playlist.pk)},
            tracks=[(item.track_id, {"item": item.pk}) for item in added],
        )
