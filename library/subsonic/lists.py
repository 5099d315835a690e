"""Albums and songs in an order, by chance, of a genre, starred; and what a search finds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from library import selectors
from library.models import Artist, Track
from library.search.filters import track_filterset
from library.selectors import album_lists, players
from library.subsonic.calls import Call
from library.subsonic.entries import (
    AlbumEntry,
    album_directory,
    album_id3,
    artist_folder,
    artist_id3,
    songs,
)
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.rows import album_entries, genre_named, loose_entries

#: The most that one list has. A few players ask for all in one.
MAX_SIZE = 500
#: Texts that mean everything: players that keep a copy of the library read it so.
EVERYTHING = ("", '""', "''", "*", "null")

Entry = dict[str, Any]


def get_album_list(call: Call) -> Entry:
    return {"albumList": {"album": [album_directory(entry, call.genres) for entry in _album_list(call)]}}


def get_album_list2(call: Call) -> Entry:
    return {"albumList2": {"album": [album_id3(entry, call.genres) for entry in _album_list(call)]}}


def get_random_songs(call: Call) -> Entry:
    name = call.params.text("genre")
    tracks = players.random_songs_of(
        call.person,
        call.params.number("size", 10, most=MAX_SIZE),
        genre=genre_named(call, name) if name else None,
        years=(call.params.optional_number("fromYear"), call.params.optional_number("toYear")),
    )
    return {"randomSongs": {"song": songs(tracks, call.genres)}}


def get_songs_by_genre(call: Call) -> Entry:
    count, offset = call.params.number("count", 10, most=MAX_SIZE), call.params.number("offset", 0)
    found = players.songs_of(call.person).filter(genre_named(call, call.params.required("genre")))
    return {"songsByGenre": {"song": songs(found[offset : offset + count], call.genres)}}


def get_starred(call: Call) -> Entry:
    return {"starred": _as_folders(call, *_starred(call))}


def get_starred2(call: Call) -> Entry:
    return {"starred2": _as_id3(call, *_starred(call))}


def search2(call: Call) -> Entry:
    return {"searchResult2": _as_folders(call, *_found(call))}


def search3(call: Call) -> Entry:
    return {"searchResult3": _as_id3(call, *_found(call))}


def _as_folders(call: Call, artists: list[Artist], albums: list[AlbumEntry], tracks: list[Track]) -> Entry:
    return {
        "artist": [artist_folder(artist) for artist in artists],
        "album": [album_directory(entry, call.genres) for entry in albums],
        "song": songs(tracks, call.genres),
    }


def _as_id3(call: Call, artists: list[Artist], albums: list[AlbumEntry], tracks: list[Track]) -> Entry:
    return {
        "artist": [artist_id3(artist) for artist in artists],
        "album": [album_id3(entry, call.genres) for entry in albums],
        "song": songs(tracks, call.genres),
    }


def _album_list(call: Call) -> list[AlbumEntry]:
    order = call.params.required("type")
    size, offset = call.params.number("size", 10, most=MAX_SIZE), call.params.number("offset", 0)
    person = call.person
    by_tracks = {
        "frequent": album_lists.albums_most_played,
        "recent": album_lists.albums_last_played,
        "highest": album_lists.albums_highest_rated,
    }
    if order in by_tracks:
        return album_entries(call, by_tracks[order](person, offset, size))
    if order == "random":
        return album_entries(call, album_lists.random_albums_of(person, size))
    if order == "byYear":
        albums = album_lists.albums_by_years(person, *_years(call))
    elif order == "byGenre":
        genre = genre_named(call, call.params.required("genre"))
        albums = album_lists.albums_with_genre(person, genre)
    elif (found := album_lists.albums_in_order(person, order)) is not None:
        albums = found
    else:
        raise SubsonicError(Code.GENERIC, f"There is no list “{order}” of albums.")
    return album_entries(call, albums[offset : offset + size])


def _years(call: Call) -> tuple[int, int]:
    """Raises SubsonicError, unless both are given."""
    for name in ("fromYear", "toYear"):
        call.params.required(name)
    return call.params.number("fromYear", 0), call.params.number("toYear", 0)


def _starred(call: Call) -> tuple[list[Artist], list[AlbumEntry], list[Track]]:
    person = call.person
    artists = selectors.with_cover(selectors.artists_of(person)).filter(starred_at__isnull=False)
    albums = album_lists.albums_in_order(person, "starred")
    tracks = players.songs_of(person).filter(starred_at__isnull=False).order_by("-starred_at", "-pk")
    return list(artists.order_by("-starred_at", "pk")), album_entries(call, albums or []), list(tracks)


def _found(call: Call) -> tuple[list[Artist], list[AlbumEntry], list[Track]]:
    """What a search finds. Without words it finds everything, in an order that goes on from page to page."""
    words = call.params.text("query").strip().rstrip("*").strip()
    person, ranges = call.person, {}
    for kind in ("artist", "album", "song"):
        count = call.params.number(f"{kind}Count", 20, most=MAX_SIZE)
        start = call.params.number(f"{kind}Offset", 0)
        ranges[kind] = slice(start, start + count)
    if words.lower() in EVERYTHING:
        artists = selectors.with_cover(selectors.artists_of(person))[ranges["artist"]]
        tracks = players.songs_page(person, ranges["song"].start, ranges["song"].stop - ranges["song"].start)
        return list(artists), _all_albums(call, ranges["album"]), tracks
    artists = selectors.with_cover(selectors.artists_named(person, words))[ranges["artist"]]
    albums = selectors.albums_named(person, words)[ranges["album"]]
    query = QueryDict(urlencode({"q": words}))
    found = players.as_songs(track_filterset(person, query).qs)[ranges["song"]]
    return list(artists), album_entries(call, albums), list(found)


def _all_albums(call: Call, wanted: slice) -> list[AlbumEntry]:
    """The albums by title, and behind them the tracks on no album, which songs name as their albums, too."""
    albums = selectors.albums_of(call.person)
    entries = album_entries(call, albums[wanted])
    lacking = wanted.stop - wanted.start - len(entries)
    if not lacking:
        return entries
    behind = max(wanted.start - albums.count(), 0)
    return entries + loose_entries(call)[behind : behind + lacking]
