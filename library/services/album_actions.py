"""Changing the names of artists and albums on many tracks at once: how a bulk action does it, and undoes it.

Tracks are edited, and the rows of albums and artists follow (`services.albums`). So that they stay the same rows, also
where an action takes several batches, they get their new identity before the first batch, and their old one before the
first batch of an undo (`services.album_snapshots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from library.models import Artist, BulkAction, BulkActionTrack, Track
from library.services.album_names import artist_keys_in, title_key
from library.services.album_snapshots import album_ids_of, rows_move, rows_restore
from library.services.albums import albums_drop_empty, albums_recompute, albums_settle
from library.services.analysis import DERIVED_FIELDS, derived_names_recompute
from library.services.batches import BATCH_SIZE
from library.services.edit_conflicts import owner_lock
from library.services.file_tags import ids_of_fields
from library.services.saved_searches import (
    Followed,
    saved_searches_follow_rows,
    saved_searches_restore,
)

#: What an action can change, besides what follows from it.
CHANGED_FIELDS = (
    *(
        "artist",
        "artist_names",
        "album",
        "album_artist",
        "year",
        "original_year",
        "compilation",
        "musicbrainz",
    ),
)
WRITTEN_FIELDS = (
    *CHANGED_FIELDS,
    *("edited", "updated_at", *DERIVED_FIELDS),
)


def names_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Change the names on a batch of tracks, those in the bin included, as the action's data say.

    `artists` and `name`: artists with these keys are called so. `album`: values by field; `release`: the MusicBrainz
    release, "" for none, None to leave it.
    """
    owner_lock(owner=action.person)
    if not action.done and not action.skipped:
        rows_move(action)
        BulkAction.objects.filter(pk=action.pk).update(data=action.data)
    changed: dict[UUID, dict[str, Any]] = {}
    due = []
    for track in _locked(action, ids):
        values, edited = _names_wanted(track, action.data)
        values = {name: value for name, value in values.items() if getattr(track, name) != value}
        if not values:
            continue
        newly_edited = sorted(edited - {*track.edited})
        changed[track.pk] = {
            "before": {name: getattr(track, name) for name in values},
            "after": values,
            "edited": newly_edited,
        }
        _set(track, values, edited={*track.edited, *edited})
        due.append(track)
    Track.all_objects.bulk_update(due, WRITTEN_FIELDS, BATCH_SIZE)
    followed: list[Followed] = []
    albums_recompute(
        owner=action.person,
        track_ids=ids,
        named_before={key for done in changed.values() for key in artist_keys_in(done["before"])},
        followed=followed,
    )
    _note_followed(action, followed)
    return changed


def names_finish(action: BulkAction) -> None:
    """Delete rows that were moved, and that nothing leads to in the end; saved searches follow artists that go."""
    albums_drop_empty(owner=action.person)
    if "artists" not in action.data:
        return
    into = UUID(action.data["into"])
    rows = {UUID(row["id"]) for row in action.data.get("rows", {}).get("artists", ())}
    there = set(Artist.objects.filter(owner=action.person, pk__in={*rows, into}).values_list("pk", flat=True))
    joined = dict.fromkeys(rows - there, into) if into in there else {}
    _note_followed(action, saved_searches_follow_rows(owner=action.person, parameter="artist", joined=joined))


def names_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Restore the names on a batch of tracks where they are still what the action made them, and their rows."""
    owner_lock(owner=action.person)
    if not action.undone:
        rows_restore(action)
    known = {target.track_id: target.before for target in targets if target.before}
    due, named_before = [], set()
    for track in _locked(action, list(known)):
        done = known[track.pk]
        values = {
            name: before
            for name, before in done["before"].items()
            if getattr(track, name) == done["after"][name]
        }
        if values:
            named_before |= artist_keys_in({name: getattr(track, name) for name in values})
            _set(track, values, edited={*track.edited} - _fields_of(values).intersection(done["edited"]))
            due.append(track)
    Track.all_objects.bulk_update(due, WRITTEN_FIELDS, BATCH_SIZE)
    albums_recompute(owner=action.person, track_ids=known, named_before=named_before)
    if len(targets) < BATCH_SIZE:
        albums_settle(owner=action.person, album_ids=album_ids_of(action))
        albums_drop_empty(owner=action.person)
        saved_searches_restore(owner=action.person, followed=action.data.get("searches", ()))
    return sum(track.deleted_at is None for track in due)


def _note_followed(action: BulkAction, followed: list[Followed]) -> None:
    """Note in an action's data which saved searches have followed, for its undo."""
    if followed:
        action.data = {**action.data, "searches": [*action.data.get("searches", ()), *followed]}
        action.save(update_fields=["data"])


def _names_wanted(track: Track, data: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The values that a track shall have, and which of its fields count as edited then."""
    if "artists" in data:
        return _artists_wanted(track, {*data["artists"]}, data["name"])
    values = dict(data["album"])
    edited = {name for name, value in values.items() if getattr(track, name) != value}
    ids = dict(track.musicbrainz)
    if "album_artist" in edited:
        ids.pop("album_artists", None)
    if data["release"] is not None and [*filter(None, [data["release"]])] != ids.get("release", []):
        ids.pop("release", None)
        ids |= {"release": [data["release"]]} if data["release"] else {}
        edited.add("album")  # else the next analysis takes the release from the file
    return values | {"musicbrainz": ids}, edited


def _artists_wanted(track: Track, keys: set[str], name: str) -> tuple[dict[str, Any], set[str]]:
    values: dict[str, Any] = {}
    if title_key(track.artist) in keys:
        values["artist"] = name
    if any(title_key(one) in keys for one in track.artist_names):
        renamed = [name if title_key(one) in keys else one for one in track.artist_names]
        names = list({title_key(one): one for one in reversed(renamed)}.values())[::-1]
        if track.artist == ", ".join(track.artist_names):  # as the reader of tags writes several
            values["artist"] = ", ".join(names)[:255]
        only_one = len(names) == 1 and title_key(values.get("artist", track.artist)) == title_key(name)
        values["artist_names"] = [] if only_one else names
    edited = {"artist"} if values else set()
    if title_key(track.album_artist) in keys:
        values["album_artist"] = name
        edited.add("album_artist")
    if values:
        dropped = ids_of_fields({name for name in edited if name in ("artist", "album_artist")})
        values["musicbrainz"] = {key: ids for key, ids in track.musicbrainz.items() if key not in dropped}
    return values, edited


def _fields_of(values: Mapping[str, Any]) -> set[str]:
    """The fields that are no longer edited when these values are restored."""
    fields = {*values}
    if "artist_names" in fields:
        fields.add("artist")
    if "musicbrainz" in fields and "album" not in fields:
        fields.add("album")  # only the release was changed
    return fields


def _locked(action: BulkAction, ids: list[UUID]) -> list[Track]:
    tracks = Track.all_objects.select_for_update().filter(owner=action.person, pk__in=ids)
    return list(tracks.defer("audio", "notices").order_by("pk"))


def _set(track: Track, values: Mapping[str, Any], edited: set[str]) -> None:
    for name, value in values.items():
        setattr(track, name, value)
    track.edited, track.updated_at = sorted(edited), timezone.now()
    derived_names_recompute(track)
