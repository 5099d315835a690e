"""Playlists, and saved searches as playlists that nobody can change by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from library import selectors, services
from library.models import Playlist
from library.search.saved import playlist_tracks_of
from library.selectors import players
from library.subsonic.calls import Call
from library.subsonic.entries import songs
from library.subsonic.envelope import iso_moment
from library.subsonic.errors import Code, SubsonicError, not_found
from library.subsonic.ids import id_of, row_id
from library.text import whole_number

#: A saved search may find the whole library, which is no playlist to copy to a phone.
MAX_FOUND = 5000

Entry = dict[str, Any]


def get_playlists(call: Call) -> Entry:
    """Saved searches are counted one by one: what they find is known only by searching."""
    _only_ones_own(call)
    counted: list[Any] = list(selectors.playlists_with_counts(call.person))
    entries = [_entry(call, playlist, playlist.track_count, playlist.seconds) for playlist in counted]
    for playlist in selectors.saved_searches_of(call.person):
        totals = selectors.duration_totals(playlist_tracks_of(call.person, playlist))
        entries.append(_entry(call, playlist, min(totals["track_count"], MAX_FOUND), totals["seconds"]))
    return {"playlists": {"playlist": entries}}


def get_playlist(call: Call) -> Entry:
    return {"playlist": _with_songs(call, _playlist(call, call.params.required("id")))}


def create_playlist(call: Call) -> Entry:
    """Make a playlist of songs; with `playlistId`, put them in place of those that are in it."""
    ids = _track_ids(call.params.texts("songId"))
    if text := call.params.text("playlistId"):
        playlist = _playlist(call, text)
        services.playlist_replace(playlist=playlist, track_ids=ids)
        if name := call.params.text("name"):
            services.playlist_rename(playlist=playlist, name=name)
    else:
        playlist = services.playlist_add(owner=call.person, name=call.params.required("name"))
        services.playlist_change(playlist=playlist, append_ids=ids)
    return {"playlist": _with_songs(call, playlist)}


def update_playlist(call: Call) -> Entry:
    """Rename it, remove songs by their places in it, and put others at its end. Comments are not kept."""
    playlist = _playlist(call, call.params.required("playlistId"))
    places = [whole_number(text) for text in call.params.texts("songIndexToRemove")]
    if None in places:
        raise SubsonicError(Code.GENERIC, "The places of songs are numbers from 0.")
    ids = _track_ids(call.params.texts("songIdToAdd"))
    if playlist.smart or places or ids:
        services.playlist_change(
            playlist=playlist, remove_places=[place for place in places if place is not None], append_ids=ids
        )
    if name := call.params.text("name"):
        services.playlist_rename(playlist=playlist, name=name)
    return {}


def delete_playlist(call: Call) -> Entry:
    playlist = _playlist(call, call.params.required("id"))
    if playlist.smart:
        raise SubsonicError(
            Code.NOT_AUTHORISED, f"“{playlist}” is a saved search, which is kept on Earmark’s pages."
        )
    services.playlist_delete(playlist=playlist)
    return {}


def _playlist(call: Call, text: str) -> Playlist:
    pk = row_id(text, "pl")
    playlist = selectors.playlists_of(call.person).filter(pk=pk).first() if pk else None
    if playlist is None:
        raise not_found("This playlist")
    return playlist


def _track_ids(texts: Iterable[str]) -> list[UUID]:
    """Those of songs that are gone stay out of the playlist, as they would if they went a moment later."""
    return [pk for text in texts if (pk := row_id(text, "tr"))]


def _with_songs(call: Call, playlist: Playlist) -> Entry:
    tracks = players.as_songs(playlist_tracks_of(call.person, playlist))
    found = list(tracks[:MAX_FOUND] if playlist.smart else tracks)
    seconds = sum(track.duration or 0 for track in found)
    return {**_entry(call, playlist, len(found), seconds), "entry": songs(found, call.genres)}


def _entry(call: Call, playlist: Playlist, count: int, seconds: float | None) -> Entry:
    # What a search finds changes by itself.
    changed = datetime.now(UTC) if playlist.smart else playlist.updated_at
    return {
        "id": id_of(playlist),
        "name": playlist.name,
        "owner": call.person.email,
        "public": False,
        "readonly": playlist.smart,
        "songCount": count,
        "duration": round(seconds or 0),
        "created": iso_moment(playlist.created_at),
        "changed": iso_moment(changed),
        "coverArt": id_of(playlist),
    }


def _only_ones_own(call: Call) -> None:
    name = call.params.text("username").strip().lower()
    if name and name != call.person.email.lower():
        raise SubsonicError(Code.NOT_AUTHORISED, "You may list your own playlists only.")
