"""Songs, albums and artists as the protocol writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from classifier.formats import AUDIO_FORMATS
from library.models import Album, Artist, Track
from library.selectors import GenreNames, artists_on, cover_id_for, taggings_on
from library.selectors.players import SongTotals
from library.subsonic.envelope import iso_moment
from library.subsonic.ids import (
    NO_ARTIST,
    UNKNOWN_ALBUM,
    UNKNOWN_ARTIST,
    VARIOUS,
    VARIOUS_ARTISTS,
    cover_id,
    id_of,
    loose_id,
)
from library.text.folding import name_key

Entry = dict[str, Any]
#: What no name of a file has.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')


class ArtistName(NamedTuple):
    id: str
    name: str


class AlbumEntry(NamedTuple):
    """An album, or the tracks on no album of an artist."""

    id: str
    name: str
    artist: ArtistName
    totals: SongTotals
    album: Album | None = None

    @property
    def created_at(self) -> datetime | None:
        return self.album.created_at if self.album else self.totals.added_at

    @property
    def cover(self) -> str:
        return cover_id(self.album.cover_id if self.album else None, self.id)


def album_artist(album: Album) -> ArtistName:
    if album.artist is not None:
        return ArtistName(id_of(album.artist), album.artist.name)
    return (
        ArtistName(VARIOUS, VARIOUS_ARTISTS) if album.compilation else ArtistName(NO_ARTIST, UNKNOWN_ARTIST)
    )


def album_entry(album: Album, totals: SongTotals) -> AlbumEntry:
    return AlbumEntry(id_of(album), album.title, album_artist(album), totals, album)


def loose_entry(artist: Artist | None, totals: SongTotals) -> AlbumEntry:
    name = ArtistName(id_of(artist), artist.name) if artist else ArtistName(NO_ARTIST, UNKNOWN_ARTIST)
    return AlbumEntry(loose_id(artist.pk if artist else None), UNKNOWN_ALBUM, name, totals)


def song(track: Track, genres: GenreNames) -> Entry:
    """A track fetched by `selectors.as_songs`, as a `Child`."""
    kind, audio, album = AUDIO_FORMATS[track.kind], track.audio or {}, track.album_entry
    artists = [ArtistName(id_of(artist), artist.name) for artist in artists_on(track)]
    by = artists[0] if artists else ArtistName(NO_ARTIST, UNKNOWN_ARTIST)
    of = album_artist(album) if album else by
    album_id = id_of(album) if album else loose_id(UUID(by.id[3:]) if artists else None)
    named = genre_names(track, genres)
    suffix = kind.extension.removeprefix(".")
    return {
        "id": id_of(track),
        "parent": album_id,
        "isDir": False,
        "title": track.title,
        "album": album.title if album else track.album or UNKNOWN_ALBUM,
        "artist": track.artist or by.name,
        "track": track.track_number,
        "year": track.year,
        "genre": named[0] if named else None,
        "coverArt": cover_id(cover_id_for(track), album_id),
        "size": track.size,
        "contentType": kind.mime.partition(";")[0],
        "suffix": suffix,
        "duration": round(track.duration or 0),
        "bitRate": _kilobits(track),
        "samplingRate": audio.get("sample_rate") or None,
        "channelCount": audio.get("channels") or None,
        "path": _path(track, of.name, album.title if album else UNKNOWN_ALBUM, suffix),
        "isVideo": False,
        "userRating": track.rating,
        "playCount": track.play_count,
        "discNumber": track.disc_number,
        "created": iso_moment(track.created_at),
        "starred": iso_moment(track.starred_at),
        "played": iso_moment(track.last_played_at),
        "albumId": album_id,
        "artistId": by.id,
        "type": "music",
        "mediaType": "song",
        "sortName": track.sort_title,
        "musicBrainzId": next(iter(track.musicbrainz.get("recording", [])), ""),
        "genres": [{"name": name} for name in named],
        "artists": [artist._asdict() for artist in artists or [by]],
        "displayArtist": track.artist or by.name,
        "albumArtists": [of._asdict()],
        "displayAlbumArtist": of.name,
        "moods": track.mood_lines.split("\n")[1:-1],
        "groupings": [tagging.tag.name for tagging in taggings_on(track)],
    }


def songs(tracks: Iterable[Track], genres: GenreNames) -> list[Entry]:
    return [song(track, genres) for track in tracks]


def genre_names(track: Track, genres: GenreNames) -> list[str]:
    """The effective genre, or the file's where nobody is sure; then what else the file says."""
    named = [genres.by_key(track.genre).name] if track.genre else []
    known = {name_key(name) for name in named}
    return named + (
        [track.file_genre] if track.file_genre and name_key(track.file_genre) not in known else []
    )


def album_id3(entry: AlbumEntry, genres: GenreNames) -> Entry:
    """An album as an `AlbumID3`."""
    totals, album = entry.totals, entry.album
    names = [
        genres.by_key(key).name for key in sorted(totals.genres, key=lambda key: (-totals.genres[key], key))
    ]
    return {
        "id": entry.id,
        "name": entry.name,
        "artist": entry.artist.name,
        "artistId": entry.artist.id,
        "coverArt": entry.cover,
        "songCount": totals.tracks,
        "duration": round(totals.seconds),
        "playCount": totals.plays,
        "created": iso_moment(entry.created_at),
        "starred": iso_moment(album.starred_at) if album else None,
        "year": album.year if album else None,
        "genre": names[0] if names else None,
        "played": iso_moment(totals.played_at),
        "musicBrainzId": album.mbid if album else "",
        "genres": [{"name": name} for name in names],
        "artists": [entry.artist._asdict()],
        "displayArtist": entry.artist.name,
        "sortName": album.sort_title if album else "",
        "isCompilation": album.compilation if album else False,
    }


def album_directory(entry: AlbumEntry, genres: GenreNames) -> Entry:
    """An album as a folder: a `Child`."""
    of = album_id3(entry, genres)
    kept = ("coverArt", "songCount", "duration", "playCount", "created", "starred", "year", "genre", "played")
    return {
        "id": entry.id,
        "parent": entry.artist.id,
        "isDir": True,
        "title": entry.name,
        "name": entry.name,
        "album": entry.name,
        "artist": entry.artist.name,
        "artistId": entry.artist.id,
        "mediaType": "album",
        **{name: of[name] for name in kept},
    }


def artist_id3(artist: Artist | ArtistName, album_count: int | None = None) -> Entry:
    """An artist as an `ArtistID3`. An artist with `cover_id` (`selectors.with_cover`) has that cover."""
    if isinstance(artist, ArtistName):
        nothing = {"musicBrainzId": "", "sortName": ""}
        return {**artist._asdict(), "coverArt": artist.id, "albumCount": album_count, **nothing}
    return {
        "id": id_of(artist),
        "name": artist.name,
        "coverArt": cover_id(getattr(artist, "cover_id", None), id_of(artist)),
        "albumCount": album_count,
        "starred": iso_moment(artist.starred_at),
        "musicBrainzId": artist.mbid,
        "sortName": artist.sort_name,
    }


def artist_folder(artist: Artist | ArtistName) -> Entry:
    """An artist as an `Artist`, as folders name them."""
    if isinstance(artist, ArtistName):
        return artist._asdict()
    return {"id": id_of(artist), "name": artist.name, "starred": iso_moment(artist.starred_at)}


def _kilobits(track: Track) -> int:
    """The bit rate in kbit/s: as the analysis found it, else by size and duration."""
    if found := (track.audio or {}).get("bit_rate"):
        return int(found / 1000 + 0.5)
    return round(track.size * 8 / 1000 / track.duration) if track.duration else 0


def _path(track: Track, artist: str, album: str, suffix: str) -> str:
    """Where the song would lie in folders; players that keep copies name them so."""
    number = f"{track.track_number:02} - " if track.track_number else ""
    names = (artist, album, f"{number}{track.title}.{suffix}")
    return "/".join(_NOT_IN_NAMES.sub("_", name) for name in names)
