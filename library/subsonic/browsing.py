"""Going from artists to albums to songs, by names (ID3) or as if they lay in folders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from library import selectors
from library.models import Artist
from library.selectors import players
from library.subsonic.calls import Call
from library.subsonic.entries import (
    ArtistName,
    album_directory,
    album_id3,
    artist_folder,
    artist_id3,
    song,
    songs,
)
from library.subsonic.envelope import iso_moment
from library.subsonic.errors import not_found
from library.subsonic.ids import FOLDER, NO_ARTIST, VARIOUS, id_of, reference
from library.subsonic.rows import album_with_tracks, artist_with_albums, nameless_artists, track_named
from library.text.folding import name_key, search_text

FOLDER_NAME = "Music"
#: Under what players list names that begin with no letter.
NO_LETTER = "#"

Entry = dict[str, Any]


def get_music_folders(call: Call) -> Entry:
    return {"musicFolders": {"musicFolder": [{"id": FOLDER, "name": FOLDER_NAME}]}}


def get_artists(call: Call) -> Entry:
    counts = players.album_counts_by_artist(call.person)
    for pk in players.loose_song_totals(call.person):
        if pk:
            counts[pk] = counts.get(pk, 0) + 1
    artists = selectors.with_cover(selectors.artists_of(call.person))
    entries = [(artist.name, artist_id3(artist, counts.get(artist.pk, 0))) for artist in artists]
    entries += [(name.name, artist_id3(name, count)) for name, count in nameless_artists(call)]
    return {"artists": {"ignoredArticles": "", "index": _by_letter(entries)}}


def get_indexes(call: Call) -> Entry:
    """The artists as folders; none, if nothing has changed since `ifModifiedSince`, in milliseconds."""
    changed = _milliseconds(players.library_changed_at(call.person))
    indexes: Entry = {"ignoredArticles": "", "lastModified": changed}
    since = call.params.number("ifModifiedSince", 0, most=10**15)
    if since and changed <= since:
        return {"indexes": indexes}
    artists: list[Artist | ArtistName] = [*selectors.artists_of(call.person)]
    artists += [name for name, _ in nameless_artists(call)]
    entries = [(artist.name, artist_folder(artist)) for artist in artists]
    return {"indexes": {**indexes, "index": _by_letter(entries)}}


def get_music_directory(call: Call) -> Entry:
    """The folder of everything has artists, that of an artist albums, that of an album songs."""
    text = call.params.required("id")
    found = reference(text)
    if text == str(FOLDER):
        return {"directory": _root(call)}
    if found and found.kind == "al":
        entry, tracks = album_with_tracks(call, text)
        album = {
            name: value for name, value in album_directory(entry, call.genres).items() if name in _OF_FOLDER
        }
        return {"directory": {**album, "child": songs(tracks, call.genres)}}
    if found and found.kind == "ar":
        artist, entries = artist_with_albums(call, text)
        children = [album_directory(entry, call.genres) for entry in entries]
        return {"directory": {**artist_folder(artist), "parent": str(FOLDER), "child": children}}
    raise not_found("This folder")


def get_artist(call: Call) -> Entry:
    artist, entries = artist_with_albums(call, call.params.required("id"))
    albums = [album_id3(entry, call.genres) for entry in entries]
    return {"artist": {**artist_id3(artist, len(albums)), "album": albums}}


def get_album(call: Call) -> Entry:
    entry, tracks = album_with_tracks(call, call.params.required("id"))
    return {"album": {**album_id3(entry, call.genres), "song": songs(tracks, call.genres)}}


def get_song(call: Call) -> Entry:
    return {"song": song(track_named(call, call.params.required("id")), call.genres)}


def get_genres(call: Call) -> Entry:
    """The genres that songs have as `genre`, each under one name."""
    counted: dict[str, Entry] = {}
    for row in players.genre_counts_for_players(call.person):
        name = call.genres.by_key(row["genre"]).name if row["genre"] else row["file_genre"]
        entry = counted.setdefault(name_key(name), {"value": name, "songCount": 0, "albumCount": 0})
        entry["songCount"] += row["songs"]
        entry["albumCount"] += row["albums"]
    return {"genres": {"genre": sorted(counted.values(), key=lambda entry: search_text(entry["value"]))}}


_OF_FOLDER = ("id", "parent", "name", "starred", "playCount")


def _root(call: Call) -> Entry:
    artists: list[Artist | ArtistName] = [*selectors.artists_of(call.person)]
    artists += [name for name, _ in nameless_artists(call)]
    children = [
        {
            "id": artist.id if isinstance(artist, ArtistName) else id_of(artist),
            "parent": str(FOLDER),
            "isDir": True,
            "title": artist.name,
            "name": artist.name,
            "artist": artist.name,
            "starred": iso_moment(artist.starred_at) if isinstance(artist, Artist) else None,
            "mediaType": "artist",
        }
        for artist in artists
    ]
    return {"id": str(FOLDER), "name": FOLDER_NAME, "child": children}


def _by_letter(entries: Iterable[tuple[str, Entry]]) -> list[Entry]:
    """Artists under the first letters of their names, in the order of the letters; each has at least one."""
    letters: dict[str, list[Entry]] = {}
    for name, entry in entries:
        first = search_text(name)[:1].upper()
        letter = first if first.isalpha() and entry["id"] not in (NO_ARTIST, VARIOUS) else NO_LETTER
        letters.setdefault(letter, []).append(entry)
    ordered = sorted(letters.items(), key=lambda item: (item[0] == NO_LETTER, item[0]))
    return [{"name": letter, "artist": artists} for letter, artists in ordered]


def _milliseconds(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1000) if moment else 0
