"""The rows that ids name, and groups of them with their totals. What is not this person's is not there."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from library import selectors
from library.models import Album, Artist, Track
from library.selectors import players
from library.selectors.players import SongTotals
from library.subsonic.calls import Call
from library.subsonic.entries import AlbumEntry, ArtistName, album_entry, loose_entry
from library.subsonic.errors import not_found
from library.subsonic.ids import (
    NO_ALBUM,
    NO_ARTIST,
    UNKNOWN_ARTIST,
    VARIOUS,
    VARIOUS_ARTISTS,
    reference,
    row_id,
)
from library.text.folding import name_key


def track_named(call: Call, text: str) -> Track:
    """The track with this id. Raises SubsonicError."""
    pk = row_id(text, "tr")
    track = players.songs_of(call.person).filter(pk=pk).first() if pk else None
    if track is None:
        raise not_found("This song")
    return track


def tracks_named(call: Call, texts: Iterable[str]) -> list[Track]:
    """The tracks with these ids, in their order; those that are unknown are left out. A track may come twice."""
    ids = [pk for text in texts if (pk := row_id(text, "tr"))]
    found = players.songs_by_id(call.person, ids) if ids else {}
    return [found[pk] for pk in ids if pk in found]


def album_named(call: Call, text: str) -> Album:
    """The album with this id. Raises SubsonicError."""
    pk = row_id(text, "al")
    album = selectors.album_of(call.person, pk) if pk else None
    if album is None:
        raise not_found("This album")
    return album


def artist_named(call: Call, text: str) -> Artist:
    """The artist with this id. Raises SubsonicError."""
    pk = row_id(text, "ar")
    artist = selectors.with_cover(selectors.artists_of(call.person)).filter(pk=pk).first() if pk else None
    if artist is None:
        raise not_found("This artist")
    return artist


def album_with_tracks(call: Call, text: str) -> tuple[AlbumEntry, QuerySet[Track]]:
    """The album, or the tracks on no album, with this id, and its songs in their order. Raises SubsonicError."""
    found = reference(text)
    if found and found.name == NO_ALBUM:
        artist = selectors.artist_of(call.person, found.pk) if found.pk else None
        if found.pk and artist is None:
            raise not_found("This album")
        totals = players.loose_song_totals(call.person, [artist] if artist else None)
        pk = artist.pk if artist else None
        if pk not in totals:
            raise not_found("This album")
        tracks = players.loose_tracks_of(call.person, artist)
        return loose_entry(artist, totals[pk]), players.as_songs(tracks)
    album = album_named(call, text)
    tracks = selectors.tracks_of_album(call.person, album)
    return album_entries(call, [album])[0], players.as_songs(tracks)


def album_entries(call: Call, albums: Iterable[Album]) -> list[AlbumEntry]:
    """Albums with their totals, in one query."""
    rows = list(albums)
    totals = players.album_song_totals(call.person, rows) if rows else {}
    return [album_entry(album, totals.get(album.pk, SongTotals())) for album in rows]


def loose_entries(call: Call) -> list[AlbumEntry]:
    """All groups of tracks on no album: those of each first artist by name, and last those of nobody."""
    totals = players.loose_song_totals(call.person)
    artists = selectors.artists_of(call.person).filter(pk__in=[pk for pk in totals if pk])
    found = [loose_entry(artist, totals[artist.pk]) for artist in artists]
    return found + ([loose_entry(None, totals[None])] if None in totals else [])


def artist_with_albums(call: Call, text: str) -> tuple[Artist | ArtistName, list[AlbumEntry]]:
    """The artist with this id, and the albums that the artist has or is on. Raises SubsonicError."""
    found = reference(text)
    if found and found.name in (NO_ARTIST, VARIOUS):
        name = UNKNOWN_ARTIST if found.name == NO_ARTIST else VARIOUS_ARTISTS
        return ArtistName(found.name, name), nameless_entries(call, found.name)
    artist = artist_named(call, text)
    albums = [
        *selectors.albums_of_artist(call.person, artist),
        *selectors.other_albums_with_artist(call.person, artist),
    ]
    loose = players.loose_song_totals(call.person, [artist])
    entries = album_entries(call, albums)
    return artist, entries + [loose_entry(artist, totals) for totals in loose.values()]


def nameless_entries(call: Call, name: str) -> list[AlbumEntry]:
    """The albums of various artists (`VARIOUS`), or those of nobody and the tracks of nobody on no album."""
    albums = selectors.albums_of(call.person).filter(_nameless(name)).order_by("sort_title", "pk")
    entries = album_entries(call, albums)
    if name == VARIOUS:
        return entries
    nobodys = players.loose_song_totals(call.person).get(None)
    return entries + ([loose_entry(None, nobodys)] if nobodys else [])


def nameless_artists(call: Call) -> list[tuple[ArtistName, int]]:
    """What stands for artists of albums without one, as far as there are such albums, with their numbers."""
    albums = selectors.albums_of(call.person).order_by()
    compilations = albums.filter(_nameless(VARIOUS)).count()
    unknown = (
        albums.filter(_nameless(NO_ARTIST)).count() + players.loose_tracks_of(call.person, None).exists()
    )
    counted = [
        (ArtistName(VARIOUS, VARIOUS_ARTISTS), compilations),
        (ArtistName(NO_ARTIST, UNKNOWN_ARTIST), unknown),
    ]
    return [(name, count) for name, count in counted if count]


def genre_named(call: Call, name: str) -> Q:
    """The condition on tracks that `genre` of their songs is this: an effective genre, else what the file says."""
    wanted = name_key(name)
    keys = [choice.key for choice in call.genres if name_key(choice.name) == wanted or choice.key == name]
    condition = Q(genre="", file_genre=name)
    return condition | Q(genre__in=keys) if keys else condition


def _nameless(name: str) -> Q:
    return Q(artist=None, compilation=name == VARIOUS)
