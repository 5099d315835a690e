"""Stars, ratings and plays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from library import services
from library.subsonic.calls import Call
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.ids import reference
from library.subsonic.rows import album_named, artist_named, track_named
from library.text import whole_number

#: How many songs, albums and artists one request stars, and how many plays it tells.
MAX_NAMED = 1000

Entry = dict[str, Any]


def star(call: Call) -> Entry:
    _set_stars(call, starred=True)
    return {}


def unstar(call: Call) -> Entry:
    _set_stars(call, starred=False)
    return {}


def set_rating(call: Call) -> Entry:
    """Only songs have ratings here."""
    text = call.params.required("id")
    rating = whole_number(call.params.required("rating"))
    if rating is None or rating > 5:
        raise SubsonicError(Code.GENERIC, "A rating is a number from 1 to 5, or 0 for none.")
    found = reference(text)
    if found and found.kind in ("al", "ar"):
        raise SubsonicError(Code.GENERIC, "Earmark keeps ratings of songs, not of albums and artists.")
    services.track_rate(track=track_named(call, text), rating=rating or None)
    return {}


def scrobble(call: Call) -> Entry:
    """Count plays, now or at the moments that are told; with `submission=false`, note what is played now."""
    ids, times = call.params.texts("id")[:MAX_NAMED], call.params.texts("time")
    if not ids:
        call.params.required("id")
    tracks = [track_named(call, text) for text in ids]
    if not call.params.flag("submission", default=True):
        services.now_playing_set(track=tracks[-1], client=call.client)
        return {}
    for number, track in enumerate(tracks):
        services.play_add(track=track, played_at=_moment(times[number]) if number < len(times) else None)
    return {}


def _moment(text: str) -> datetime:
    """A moment in milliseconds since 1970. What is too large for one is in the year 5138, which no play is."""
    milliseconds = whole_number(text, 10**14)
    if milliseconds is None:
        raise SubsonicError(Code.GENERIC, "A time is a number of milliseconds since 1970.")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _set_stars(call: Call, *, starred: bool) -> None:
    """All ids are looked up before the first star is set."""
    due = [_star_of(call, text) for text in call.params.texts("id")]
    due += [_album_star(call, text) for text in call.params.texts("albumId")]
    due += [_artist_star(call, text) for text in call.params.texts("artistId")]
    if not due:
        raise SubsonicError(Code.MISSING_PARAMETER, "The parameter “id”, “albumId” or “artistId” is missing.")
    if len(due) > MAX_NAMED:
        raise SubsonicError(Code.GENERIC, f"Name at most {MAX_NAMED:,} at once.")
    for set_star in due:
        set_star(starred=starred)


def _star_of(call: Call, text: str) -> Callable[..., None]:
    """Ids say what they name: players that browse folders star all kinds as `id`."""
    kind = found.kind if (found := reference(text)) else ""
    by_kind = {"al": _album_star, "ar": _artist_star}
    if kind in by_kind:
        return by_kind[kind](call, text)
    return partial(services.track_star, track=track_named(call, text))


def _album_star(call: Call, text: str) -> Callable[..., None]:
    return partial(services.album_star, album=album_named(call, text))


def _artist_star(call: Call, text: str) -> Callable[..., None]:
    return partial(services.artist_star, artist=artist_named(call, text))
