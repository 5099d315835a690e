"""The tags of files, stored apart from what owners edit, and what tracks take over from them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from classifier.album_tags import READER_VERSION
from library.models import FileTags, Track

#: What an owner may edit about a track's place in their library, with the value of a file that does not say it.
PLACE_FIELDS: dict[str, Any] = {
    "album_artist": "",
    "disc_number": None,
    "disc_total": None,
    "track_number": None,
    "track_total": None,
    "original_year": None,
    "compilation": False,
}
FIELDS: dict[str, Any] = {
    "title": "",
    "artist": "",
    "album": "",
    "year": None,
    "genre": "",
    **PLACE_FIELDS,
    "artist_names": [],
    "musicbrainz": {},
}
#: Which MusicBrainz ids say the same as a field: they are dropped when the field is edited, and come back with it.
IDS_OF_FIELDS = {"artist": "artists", "album": "release", "album_artist": "album_artists"}


def file_tags_record(*, track: Track, tags: dict[str, Any]) -> FileTags:
    """Store the tags of a track's file, as `classifier` reads them."""
    known = {field: tags.get(field, nothing) for field, nothing in FIELDS.items()}
    values = {"values": tags.get("values", {}), "reader_version": READER_VERSION}
    return FileTags.objects.update_or_create(track=track, defaults=known | values)[0]


def place_from_file(track: Track, tags: FileTags) -> dict[str, Any]:
    """Where a file says that its track belongs, without what the owner has edited: set on the track, and returned."""
    values = {field: getattr(tags, field) for field in PLACE_FIELDS if field not in track.edited}
    values |= ids_from_file(track, {*IDS_OF_FIELDS} - {*track.edited}, tags)
    for field, value in values.items():
        setattr(track, field, value)
    return values


def ids_from_file(track: Track, fields: Collection[str], tags: FileTags) -> dict[str, Any]:
    """What comes with these fields when they are as the file has them: all artists, and MusicBrainz ids."""
    taken = ids_of_fields(fields) | {"recording"}
    ids = {name: ids for name, ids in track.musicbrainz.items() if name not in taken}
    ids |= {name: tags.musicbrainz[name] for name in taken if name in tags.musicbrainz}
    return {"musicbrainz": ids} | ({"artist_names": tags.artist_names} if "artist" in fields else {})


def ids_of_edited(track: Track, fields: Collection[str]) -> dict[str, Any]:
    """What comes with these fields when they are edited: one artist, and no MusicBrainz ids of another name."""
    if not (dropped := ids_of_fields(fields)):
        return {}
    ids = {name: ids for name, ids in track.musicbrainz.items() if name not in dropped}
    return {"musicbrainz": ids} | ({"artist_names": []} if "artist" in fields else {})


def ids_of_fields(fields: Collection[str]) -> set[str]:
    """The names of the MusicBrainz ids that say the same as these fields."""
    return {name for field, name in IDS_OF_FIELDS.items() if field in fields}
