"""Which album and which artists a track names: from its columns alone, without the database.

* Two names are the same if their keys are (`library.text.folding.name_key`).
* The album artist is the one that the track names; else none, for compilations and "Various Artists"; else the first
  of the track's artists. Tracks of one title by several artists, without an album artist and without the flag of
  compilations, are albums of their own: nothing tells them from albums that happen to have one name.
* A MusicBrainz release is one album, whatever its tracks are called. A track without one belongs to a release if the
  tracks of one title and album artist name exactly one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from library.models.albums import SORT_LENGTH
from library.text.folding import name_key, search_text

#: The columns that say what a track names.
NAME_COLUMNS = (
    *("artist", "artist_names", "album", "album_artist", "compilation", "musicbrainz"),
    *("year", "original_year"),
)
#: The longest key, in bytes: PostgreSQL indexes up to 2,704 with the owner and the artist.
MAX_KEY_BYTES = 2000
VARIOUS_ARTISTS = "Various Artists"
_VARIOUS = frozenset(map(name_key, (VARIOUS_ARTISTS, "Various", "VA", "V.A.", "V/A")))
#: The key of tracks that are on no album: `Track.album_key` is empty only until it was determined.
NO_ALBUM = "-"


class Group(NamedTuple):
    """What makes an album: a MusicBrainz release, or else a title of an album artist ("" for none)."""

    release: str
    artist_key: str
    key: str


@dataclass(frozen=True, slots=True)
class TrackNames:
    """What one track says. `artists` and `artist_ids` are by key; `title_key` is "" for a track on no album."""

    title: str = ""
    title_key: str = ""
    artist: str = ""
    artist_key: str = ""
    is_various: bool = False
    release: str = ""
    year: int | None = None
    artists: Mapping[str, str] | None = None
    artist_ids: Mapping[str, str] | None = None

    @property
    def album_key(self) -> str:
        """The same for tracks that name one title and album artist (`Track.album_key`)."""
        if not self.title_key:
            return NO_ALBUM
        return hashlib.blake2b(f"{self.artist_key}\0{self.title_key}".encode(), digest_size=12).hexdigest()

    def group(self, releases: Iterable[str]) -> Group | None:
        """The album, given which releases are named by the tracks with the same `album_key`."""
        if not self.title_key:
            return None
        known = [self.release] if self.release else list(releases)
        return Group(known[0], "", "") if len(known) == 1 else Group("", self.artist_key, self.title_key)


@dataclass(frozen=True, slots=True)
class AlbumFacts:
    """What the tracks of one album say about it; title and artist are "" if none of them spells them so any more."""

    title: str
    key: str
    artist_key: str
    artist: str
    compilation: bool
    year: int | None


def title_key(name: str) -> str:
    """The key of an artist or album; "" for a name that shows nothing."""
    key = name_key(name)
    if len(key.encode()) <= MAX_KEY_BYTES:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key.encode()[: MAX_KEY_BYTES - 40].decode(errors='ignore')} {digest}"


def sort_key(name: str) -> str:
    """What an artist or album is sorted by."""
    return search_text(name)[:SORT_LENGTH]


def track_names(row: Mapping[str, Any]) -> TrackNames:
    """What a track names, from its `NAME_COLUMNS`."""
    named = [name for name in (row["artist_names"] or [row["artist"]]) if title_key(name)]
    artists = {title_key(name): name for name in reversed(named)}
    in_order = {key: artists[key] for key in dict.fromkeys(map(title_key, named))}
    ids = row["musicbrainz"]
    artist_ids = _ids_by_name(named, ids.get("artists", ()))
    album_key = title_key(row["album"])
    if not album_key:
        return TrackNames(artists=in_order, artist_ids=artist_ids)
    own = title_key(row["album_artist"])
    if own and own not in _VARIOUS:
        artist = row["album_artist"]
        artist_ids = _ids_by_name([artist], ids.get("album_artists", ())) | artist_ids
    else:
        artist = "" if own or row["compilation"] or not named or title_key(named[0]) in _VARIOUS else named[0]
    return TrackNames(
        title=row["album"],
        title_key=album_key,
        artist=artist,
        artist_key=title_key(artist),
        is_various=bool(row["compilation"]) or (own or next(iter(in_order), "")) in _VARIOUS,
        release=next(iter(ids.get("release", ())), ""),
        year=row["original_year"] or row["year"],
        artists=in_order,
        artist_ids=artist_ids,
    )


def artist_keys_in(row: Mapping[str, Any]) -> set[str]:
    """The keys of all artists in some of a track's `NAME_COLUMNS`."""
    names = [row.get("artist", ""), row.get("album_artist", ""), *row.get("artist_names", ())]
    return {title_key(name) for name in names} - {""}


def album_facts(tracks: Sequence[TrackNames], group: Group) -> AlbumFacts:
    """What most of an album's tracks say. Without a release, its title and artist are those by which it is known."""
    key = group.key or most_common(track.title_key for track in tracks)
    artist_key = most_common(track.artist_key for track in tracks) if group.release else group.artist_key
    titles = [track.title for track in tracks if track.title_key == key]
    artists = [track.artist for track in tracks if track.artist_key == artist_key]
    years = [track.year for track in tracks if track.year]
    return AlbumFacts(
        title=most_common(titles) if titles else "",
        key=key,
        artist_key=artist_key,
        artist=most_common(artists) if artists else "",
        compilation=2 * sum(track.is_various for track in tracks) > len(tracks),
        year=most_common(years) if years else None,
    )


def most_common[Value: (str, int, Group)](values: Iterable[Value]) -> Value:
    """The most frequent value; of several, the least."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _ids_by_name(names: Sequence[str], ids: Sequence[str]) -> dict[str, str]:
    """MusicBrainz ids by the keys of the artists, if there is one for each."""
    return (
        {title_key(name): id_ for name, id_ in zip(names, ids, strict=True)} if len(names) == len(ids) else {}
    )
