"""What a bulk edit makes of each of its tracks, and what an undo gives back.

An action's data say what is wanted: `edit`, values by field, the same for all tracks. Columns are compared and changed
here; `services.track_edit_actions` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.models import Track
from library.models.tracks import EDITABLE_FIELDS
from library.services.file_tags import IDS_OF_FIELDS, ids_of_edited

#: Which field a kind of MusicBrainz ids says the same as.
_FIELD_OF_IDS = {ids: field for field, ids in IDS_OF_FIELDS.items()}


def track_change(track: Track, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a track that a bulk edit changes, with their new values; `edited` says what counts as edited."""
    due = {field: value for field, value in data["edit"].items() if getattr(track, field) != value}
    wanted = due | ids_of_edited(track, due) | {"edited": sorted({*track.edited, *due})}
    return {column: value for column, value in wanted.items() if getattr(track, column) != value}


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
