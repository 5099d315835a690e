"""What is known about an artist or album, what sounds like a song, and what is played most."""

from __future__ import annotations

from typing import Any

from library import selectors
from library.models import Artist, Track
from library.selectors import players
from library.selectors.similar import similar_to
from library.subsonic.calls import Call
from library.subsonic.entries import ArtistName, songs
from library.subsonic.errors import not_found
from library.subsonic.ids import reference
from library.subsonic.rows import album_with_tracks, artist_named, artist_with_albums, track_named
from library.text.folding import name_key

MAX_COUNT = 500

Entry = dict[str, Any]


def get_artist_info(call: Call) -> Entry:
    return {"artistInfo": _artist_info(call)}


def get_artist_info2(call: Call) -> Entry:
    return {"artistInfo2": _artist_info(call)}


def get_album_info(call: Call) -> Entry:
    """Earmark asks nobody about albums: only what the files say is known."""
    text = call.params.required("id")
    found = reference(text)
    if found and found.kind == "tr":
        album = track_named(call, text).album_entry
    else:
        album = album_with_tracks(call, text)[0].album
    return {"albumInfo": {"musicBrainzId": album.mbid or None if album else None}}


def get_similar_songs(call: Call) -> Entry:
    return {"similarSongs": {"song": _similar(call)}}


def get_similar_songs2(call: Call) -> Entry:
    return {"similarSongs2": {"song": _similar(call)}}


def get_top_songs(call: Call) -> Entry:
    """The songs of an artist that this person has played most; none of an artist that was never played."""
    count = call.params.number("count", 50, most=MAX_COUNT)
    if text := call.params.text("id"):
        artist = artist_named(call, text)
    else:
        key = name_key(call.params.required("artist"))
        found = selectors.artists_of(call.person).filter(key=key).first()
        if found is None:
            return {"topSongs": {"song": []}}
        artist = found
    ids = [track.pk for track in selectors.most_played_of_artist(call.person, artist, count)]
    tracks = players.songs_by_id(call.person, ids)
    return {"topSongs": {"song": songs([tracks[pk] for pk in ids if pk in tracks], call.genres)}}


def get_lyrics(call: Call) -> Entry:
    """Earmark keeps no lyrics."""
    return {"lyrics": {"value": ""}}


def get_lyrics_by_song_id(call: Call) -> Entry:
    track_named(call, call.params.required("id"))
    return {"lyricsList": {"structuredLyrics": []}}


def _artist_info(call: Call) -> Entry:
    """The id of a song or an album stands for its artist. Beside the name, a MusicBrainz id is all that is known."""
    text = call.params.required("id")
    found = reference(text)
    artist: Artist | ArtistName | None
    if found and found.kind == "tr":
        artist = next(iter(selectors.artists_on(track_named(call, text))), None)
    elif found and found.kind == "al":
        album = album_with_tracks(call, text)[0].album
        artist = album.artist if album else None
    else:
        artist = artist_with_albums(call, text)[0]
    return {"musicBrainzId": artist.mbid or None} if isinstance(artist, Artist) else {}


def _similar(call: Call) -> list[Entry]:
    """Songs that sound like one: the one that is named, or the most played one of an album or artist."""
    count = call.params.number("count", 50, most=MAX_COUNT)
    near = [found.track.pk for found in similar_to(call.person, _sample(call), count)] if count else []
    tracks = players.songs_by_id(call.person, near)
    return songs([tracks[pk] for pk in near if pk in tracks], call.genres)


def _sample(call: Call) -> Track:
    text = call.params.required("id")
    found = reference(text)
    if found and found.kind == "al":
        tracks = album_with_tracks(call, text)[1]
    elif found and found.kind == "ar" and not found.name:
        tracks = selectors.tracks_of_artist(call.person, artist_named(call, text))
    else:
        return track_named(call, text)
    track = tracks.order_by("-play_count", "pk").first()
    if track is None:
        raise not_found("This artist")
    return track
