"""What sounds like a song, and the way from one song to another: the extension `sonicSimilarity`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from library.selectors import players
from library.selectors.sonic import Match, sonic_neighbours_of, sonic_path_of
from library.subsonic.calls import Call
from library.subsonic.entries import song
from library.subsonic.rows import track_named

MAX_NEIGHBOURS, MAX_PATH = 500, 100

Entry = dict[str, Any]


def get_sonic_similar_tracks(call: Call) -> Entry:
    """None for a song that has not been heard yet."""
    count = call.params.number("count", 10, most=MAX_NEIGHBOURS)
    track = track_named(call, call.params.required("id"))
    return _matches(call, sonic_neighbours_of(call.person, track, count))


def find_sonic_path(call: Call) -> Entry:
    count = call.params.number("count", 25, most=MAX_PATH)
    first = track_named(call, call.params.required("startSongId"))
    last = track_named(call, call.params.required("endSongId"))
    return _matches(call, sonic_path_of(call.person, first, last, count)[:count])


def _matches(call: Call, found: Sequence[Match]) -> Entry:
    tracks = players.songs_by_id(call.person, [pk for pk, _ in found])
    return {
        "sonicMatch": [
            {"similarity": likeness, "entry": song(tracks[pk], call.genres)}
            for pk, likeness in found
            if pk in tracks
        ]
    }
