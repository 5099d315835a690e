"""Ids of the players' API: texts that say what they name, so that each finds its row wherever it is sent.

`tr-`, `al-`, `ar-`, `pl-` and `co-` stand before the UUIDs of tracks, albums, artists, playlists and covers. Tracks
on no album are a group: `al-none-` before the UUID of their first artist, or `al-none`. `ar-unknown` and `ar-various`
stand for the artists of albums that have none.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from library.models import Album, Artist, Playlist, Track
from library.text import uuid_or_nil

UNKNOWN_ALBUM, UNKNOWN_ARTIST, VARIOUS_ARTISTS = "[Unknown Album]", "[Unknown Artist]", "Various Artists"
NO_ALBUM, NO_ARTIST, VARIOUS = "al-none", "ar-unknown", "ar-various"
#: The one folder that all music is in.
FOLDER = 1
_KINDS = ("tr", "al", "ar", "pl", "co")


class Reference(NamedTuple):
    """What an id names. `name` is the id itself where it has no UUID, and `NO_ALBUM` for tracks on no album."""

    kind: str
    pk: UUID | None
    name: str = ""


def reference(text: str) -> Reference | None:
    """What an id names; None for a text that is no id."""
    if text in (NO_ALBUM, NO_ARTIST, VARIOUS):
        return Reference(text[:2], None, text)
    if text.startswith(f"{NO_ALBUM}-"):
        pk = uuid_or_nil(text.removeprefix(f"{NO_ALBUM}-"))
        return Reference("al", pk, NO_ALBUM) if pk.int else None
    kind, _, rest = text.partition("-")
    pk = uuid_or_nil(rest)
    return Reference(kind, pk) if kind in _KINDS and pk.int else None


def row_id(text: str, kind: str) -> UUID | None:
    """The UUID in an id of this kind; None for any other text."""
    found = reference(text)
    return found.pk if found and found.kind == kind and not found.name else None


def id_of(row: Track | Album | Artist | Playlist) -> str:
    kinds = {Track: "tr", Album: "al", Artist: "ar", Playlist: "pl"}
    return f"{kinds[type(row)]}-{row.pk}"


def loose_id(artist_pk: UUID | None) -> str:
    """The id of the tracks on no album of an artist, or of nobody."""
    return f"{NO_ALBUM}-{artist_pk}" if artist_pk else NO_ALBUM


def cover_id(pk: UUID | None, without: str) -> str:
    """The id of a cover, which never shows another picture; without one, that of what it would be of."""
    return f"co-{pk}" if pk else without
