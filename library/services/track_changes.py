"""What a bulk edit makes of each of its tracks, and what an undo gives back.

An action's data say what is wanted: `edit`, values by field, the same for all tracks; `reset`, fields to set as each
track's file says; or `pattern`, by which the name of each file is read. Columns are compared here;
`services.track_edit_actions` writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from library.errors import DomainError
from library.models import FileTags, Track
from library.models.tracks import EDITABLE_FIELDS
from library.services.edits import edit_clean
from library.services.file_tags import IDS_OF_FIELDS, ids_from_file, ids_of_edited, ids_of_fields
from library.text import title_from_filename
from library.text.filename_patterns import fields_from_filename

#: Which field a kind of MusicBrainz ids says the same as.
_FIELD_OF_IDS = {ids: field for field, ids in IDS_OF_FIELDS.items()}


def track_changes(tracks: Collection[Track], data: Mapping[str, Any]) -> dict[Track, dict[str, Any]]:
    """The columns of tracks that a bulk edit changes, with their new values; `edited` says what counts as edited then.

    Left out are tracks whose files do not say what is wanted: their tags were not read yet, or the name does not fit.
    """
    if "reset" in data:
        tags = FileTags.objects.defer("values").in_bulk([track.pk for track in tracks])
        wanted = {track: _reset(track, data["reset"], tags[track.pk]) for track in tracks if track.pk in tags}
    elif "pattern" in data:
        named = {track: _fields_from_filename(track, data["pattern"]) for track in tracks}
        wanted = {track: _edit(track, fields) for track, fields in named.items() if fields}
    else:
        wanted = {track: _edit(track, data["edit"]) for track in tracks}
    return {
        track: {column: value for column, value in columns.items() if getattr(track, column) != value}
        for track, columns in wanted.items()
    }


def _edit(track: Track, values: Mapping[str, Any]) -> dict[str, Any]:
    due = {field: value for field, value in values.items() if getattr(track, field) != value}
    return due | ids_of_edited(track, due) | {"edited": sorted({*track.edited, *due})}


def _reset(track: Track, fields: Iterable[str], tags: FileTags) -> dict[str, Any]:
    values = {field: getattr(tags, field) for field in fields}
    if "title" in values:
        values["title"] = values["title"] or title_from_filename(track.original_name)
    if ids_of_fields(values):
        values |= ids_from_file(track, {*fields}, tags)
    return values | {"edited": sorted({*track.edited}.difference(fields))}


def _fields_from_filename(track: Track, key: str) -> dict[str, Any] | None:
    """What a file's name says; None if it does not fit the pattern, or says what a field cannot hold."""
    fields = fields_from_filename(track.original_name, key)
    with suppress(DomainError):
        return fields and {field: edit_clean(field, value) for field, value in fields.items()}
    return None


def track_change_undone(track: Track, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an undo gives back to a track: of the fields that are still what the edit made them.

    `before` and `after` hold the columns that the edit changed. What comes with a field, such as its MusicBrainz ids,
    goes back with it.
    """
    edited = {*track.edited}
    was, became = ({*columns.get("edited", track.edited)} for columns in (before, after))
    concerned = {field for field in EDITABLE_FIELDS if field in before} | (was ^ became)
    back = {
        field
        for field in concerned
        if getattr(track, field) == after.get(field, getattr(track, field))
        and (field in edited) == (field in became)
    }
    values = {field: before[field] for field in back if field in before}
    # What comes with a field stays where somebody has changed the field since.
    stays = concerned - back
    if "artist_names" in before and track.artist_names == after["artist_names"] and "artist" not in stays:
        values["artist_names"] = before["artist_names"]
    values["edited"] = sorted(edited - back | was & back)
    ids = dict(track.musicbrainz)
    had, got = before.get("musicbrainz", {}), after.get("musicbrainz", {})
    for name in {*had, *got}:
        is_other = had.get(name) == got.get(name) or ids.get(name) != got.get(name)
        if not is_other and _FIELD_OF_IDS.get(name) not in stays:
            ids.pop(name, None)
            ids |= {name: had[name]} if name in had else {}
    values["musicbrainz"] = ids
    return {column: value for column, value in values.items() if getattr(track, column) != value}
