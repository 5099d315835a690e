"""Editing many tracks at once: how a bulk action does it to a batch, and undoes it.

The rows of albums and artists follow (`services.albums`). An album of which all tracks go to one other identity stays
the same row, also where a batch ends between its tracks: it gets that identity before the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from library.models import Album, BulkAction, BulkActionTrack, Track
from library.services.album_names import NAME_COLUMNS, TrackNames, artist_keys_in, track_names
from library.services.album_snapshots import (
    album_identify,
    album_ids_of,
    rows_note,
    rows_restore,
    rows_restore_again,
    stars_restore,
)
from library.services.albums import albums_drop_empty, albums_recompute, albums_settle
from library.services.analysis import DERIVED_FIELDS, derived_names_recompute
from library.services.batches import BATCH_SIZE
from library.services.edit_conflicts import owner_lock
from library.services.track_changes import track_change_undone, track_changes

#: What makes a difference to which albums and artists there are. An album's year follows without its row being noted.
_IDENTITY = frozenset(NAME_COLUMNS) - {"year", "original_year"}


def edits_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Change a batch of tracks as the action's data say; returns the columns of each before and after."""
    owner_lock(owner=action.person)
    tracks = _locked(action, ids, live=True)
    changes = {track: change for track, change in track_changes(tracks, action.data).items() if change}
    named = [track for track, change in changes.items() if _IDENTITY.intersection(change)]
    if named:
        rows_note(action, named, [_names(track, changes[track]) for track in named])
        _split_album_identify(action, ids)
    done = {
        track.pk: {
            "before": {column: getattr(track, column) for column in change},
            "after": change,
            "album": str(track.album_entry_id),
        }
        for track, change in changes.items()
    }
    _write(action, changes)
    return done


def edits_finish(action: BulkAction) -> None:
    """Delete rows that got a new identity, or came back, and that nothing leads to in the end."""
    albums_drop_empty(owner=action.person)


def edits_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Give a batch of tracks back what is still as the action made it, and their rows; returns how many it changed."""
    owner_lock(owner=action.person)
    if not action.undone:
        rows_restore(action)
    known = {target.track_id: target.before for target in targets if target.before}
    changes = {}
    for track in _locked(action, list(known)):
        done = known[track.pk]
        if change := track_change_undone(track, done["before"], done["after"]):
            changes[track] = change
    if named := [track for track, change in changes.items() if _IDENTITY.intersection(change)]:
        names = [_names(track, changes[track]) for track in named]
        keys = {key for it in names for key in (it.artist_key, *(it.artists or ()))}
        rows_restore_again(action, {known[track.pk]["album"] for track in named}, keys)
    _write(action, changes)
    if len(targets) < BATCH_SIZE:
        albums_settle(owner=action.person, album_ids=album_ids_of(action))
        stars_restore(action)
        edits_finish(action)
    return sum(track.deleted_at is None for track in changes)


def _locked(action: BulkAction, ids: list[UUID], *, live: bool = False) -> list[Track]:
    manager = Track.objects if live else Track.all_objects
    tracks = manager.select_for_update().filter(owner=action.person, pk__in=ids)
    return list(tracks.defer("audio", "notices").order_by("pk"))


def _write(action: BulkAction, changes: Mapping[Track, Mapping[str, Any]]) -> None:
    """Set these columns, and what follows from them."""
    named_before: set[str] = set()
    for track, change in changes.items():
        named_before |= artist_keys_in({column: getattr(track, column) for column in change})
        for column, value in change.items():
            setattr(track, column, value)
        track.updated_at = timezone.now()
        derived_names_recompute(track)
    columns = {column for change in changes.values() for column in change}
    Track.all_objects.bulk_update([*changes], [*sorted(columns), "updated_at", *DERIVED_FIELDS], BATCH_SIZE)
    if columns.intersection(NAME_COLUMNS):
        ids = [track.pk for track in changes]
        albums_recompute(owner=action.person, track_ids=ids, named_before=named_before)


def _names(track: Track, change: Mapping[str, Any]) -> TrackNames:
    """What a track names once it is changed."""
    return track_names({column: change.get(column, getattr(track, column)) for column in NAME_COLUMNS})


def _split_album_identify(action: BulkAction, ids: list[UUID]) -> None:
    """An album of which some tracks are in this batch and all others in later ones gets the identity that it will have.

    An action's tracks are in the order of their albums, so that a batch ends within at most one.
    """
    waiting = action.targets.filter(state=BulkActionTrack.State.PENDING)
    following = waiting.exclude(track__in=ids).values_list("track__album_entry", flat=True).first()
    here = Album.objects.filter(owner=action.person, tracks__in=ids)
    album = here.filter(pk=following).first() if following else None
    if album is None:
        return
    tracks = list(Track.all_objects.filter(album_entry=album).defer("audio", "notices").order_by())
    if waiting.filter(track__album_entry=album, track__deleted_at=None).count() != len(tracks):
        return  # some stay
    changes = track_changes(tracks, action.data)
    names = [_names(track, changes.get(track, {})) for track in tracks]
    groups = {it.group(()) for it in names}
    if len(groups) == 1 and (group := groups.pop()):
        album_identify(album=album, names=names, group=group)
