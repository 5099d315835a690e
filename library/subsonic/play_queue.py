"""The play queue, which all players of a person share, and what one of them plays now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from library import services
from library.models import PlayQueue, Track
from library.selectors import players
from library.selectors.play_queues import now_playing_of, play_queue_of, queued_ids
from library.subsonic.calls import Call
from library.subsonic.entries import song, songs
from library.subsonic.envelope import iso_moment
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.ids import id_of
from library.subsonic.rows import tracks_named

Entry = dict[str, Any]


def get_play_queue(call: Call) -> Entry:
    """An empty one, if no player has saved any."""
    queue = play_queue_of(call.person)
    tracks, place = _shown(call, queue)
    return {"playQueue": {**_about(call, queue, tracks), "current": id_of(tracks[place]) if tracks else None}}


def get_play_queue_by_index(call: Call) -> Entry:
    queue = play_queue_of(call.person)
    tracks, place = _shown(call, queue)
    return {"playQueueByIndex": {**_about(call, queue, tracks), "currentIndex": place if tracks else None}}


def save_play_queue(call: Call) -> Entry:
    """`current` is the id of a song in it; without one, the queue is at its first song."""
    texts, current = call.params.texts("id"), call.params.text("current")
    place = texts.index(current) if current in texts else 0
    return _save(call, texts, place)


def save_play_queue_by_index(call: Call) -> Entry:
    texts = call.params.texts("id")
    place = call.params.number("currentIndex", 0)
    if texts and (place >= len(texts) or "currentIndex" not in call.params):
        raise SubsonicError(
            Code.MISSING_PARAMETER, "“currentIndex” is the place of a song in the queue, from 0."
        )
    return _save(call, texts, place)


def get_now_playing(call: Call) -> Entry:
    """What this person's players play; of others' nothing is told."""
    row = now_playing_of(call.person)
    if row is None or row.playing is None or row.playing_since is None:
        return {"nowPlaying": {"entry": []}}
    tracks = players.songs_by_id(call.person, [row.playing.pk])
    about = {
        "username": call.person.email,
        "minutesAgo": int((timezone.now() - row.playing_since).total_seconds() // 60),
        "playerId": 1,
        "playerName": row.playing_by,
    }
    return {"nowPlaying": {"entry": [{**song(track, call.genres), **about} for track in tracks.values()]}}


def _save(call: Call, texts: Sequence[str], place: int) -> Entry:
    """Songs that are unknown stay out of it, and the place moves with those that are known."""
    before = len(tracks_named(call, texts[:place])) if texts else 0
    tracks = tracks_named(call, texts)
    services.play_queue_save(
        owner=call.person,
        tracks=tracks,
        current=min(before, len(tracks) - 1) if tracks else None,
        position_ms=call.params.number("position", 0, most=10**12),
        client=call.client,
    )
    return {}


def _shown(call: Call, queue: PlayQueue | None) -> tuple[list[Track], int]:
    """The tracks of the queue that are still there, and at which of them it is."""
    if queue is None:
        return [], 0
    ids = queued_ids(queue)
    found = players.songs_by_id(call.person, set(ids))
    place = sum(pk in found for pk in ids[: queue.current or 0])
    tracks = [found[pk] for pk in ids if pk in found]
    return tracks, min(place, max(len(tracks) - 1, 0))


def _about(call: Call, queue: PlayQueue | None, tracks: Sequence[Track]) -> Entry:
    # The protocol wants a date, also of what never was.
    return {
        "position": queue.position_ms if queue else 0,
        "username": call.person.email,
        "changed": iso_moment(queue.changed_at if queue else call.person.date_joined),
        "changedBy": queue.changed_by if queue else "",
        "entry": songs(tracks, call.genres),
    }
