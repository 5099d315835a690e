"""Events about the libraries of the people who listen, found by one look at the database for all of their streams.

Events are derived from rows, so that it does not matter which process changed them.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from library.http.serving import is_serving
from library.models import ApiToken, Track, TrackDeletion, User
from library.selectors.learning_events import LearningEvent, learning_events_of

#: How long a stream lasts.
STREAM_SECONDS = 300.0
#: Time between two looks at the database.
POLL_SECONDS = 1.0
#: A comment is sent after this long without an event, so that proxies keep the connection open.
KEEPALIVE_SECONDS = 15.0
#: A row may become visible this much later than its time says.
VISIBILITY_LAG = timedelta(seconds=30)
#: At most this many events about tracks per look; the rest is dropped. Only what changes a large library as a whole
#: changes more at once.
MAX_TRACKS_PER_LOOK = 1000
EVENTS_OF_TRACKS = ("track", "deleted")
#: Nothing is older.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

# These end no event: that takes an empty line, which some programs would take for an event without data.
FIRST_LINE = "retry: 2000\n"
COMMENT = ": still here\n"

#: The name of an event, and the id of what it is about.
type Change = tuple[str, UUID | int]
type Changes = Mapping[Change, datetime]


class EventStream:
    """What one client has been sent, and by what right it listens: a token or a session."""

    def __init__(self, owner: User, *, token: ApiToken | None = None, session_key: str | None = None) -> None:
        self.owner_id = owner.pk
        self.token_id = token.pk if token else None
        self.session_key = session_key
        # When it changes, sessions end.
        self.password = owner.password
        self.ends_at = time.monotonic() + STREAM_SECONDS
        # What happened after it, or shows only after it, is still to be found.
        self.looked_at = timezone.now()
        self.sent: Changes = {}
        #: Events that are sent before any other.
        self.missed: list[str] = []

    def begin(self, since: datetime | None) -> None:
        """Find what happened since the last event that the client knows; without one, what it need not be sent.

        What happened shortly before is repeated rather than missed.
        """
        if since:
            self.looked_at = min(max(since, BEGINNING), self.looked_at)
            self.missed = look([self]).get(self, [])
        else:
            self.sent = recent_changes([self])[0][self.owner_id]

    def __iter__(self) -> Iterator[str]:
        """Its events, for a server that gives it a thread."""
        last_write = time.monotonic()
        yield "".join([FIRST_LINE, *self.missed])
        while is_serving() and time.monotonic() < self.ends_at:
            events = look([self]).get(self)
            # Do not hold a connection between looks, but leave alone one whose transaction a caller began.
            if not connection.in_atomic_block:
                connection.close()
            if events is None:
                return
            if events:
                last_write = time.monotonic()
                yield "".join(events)
            time.sleep(POLL_SECONDS)
            if time.monotonic() - last_write > KEEPALIVE_SECONDS:
                last_write = time.monotonic()
                yield COMMENT

    def unsent(self, changes: Changes) -> list[tuple[Change, datetime]]:
        """Those of its owner's recent changes that it has not been sent, in order."""
        since = self.looked_at - VISIBILITY_LAG
        unsent = [
            (change, when)
            for change, when in changes.items()
            if when > since and self.sent.get(change) != when
        ]
        unsent.sort(key=lambda row: (row[1], row[0]))  # ids of events of one name can be compared
        of_tracks = [change for change, _ in unsent if change[0] in EVENTS_OF_TRACKS]
        dropped = set(of_tracks[MAX_TRACKS_PER_LOOK:])
        return [row for row in unsent if row[0] not in dropped]


def look(streams: Collection[EventStream]) -> dict[EventStream, list[str]]:
    """The new events of each stream. One that may no longer listen is left out.

    The number of queries does not depend on the number of streams.
    """
    looked_at = timezone.now()
    allowed = streams_allowed(streams)
    changes, learned = recent_changes(allowed)
    unsent = {stream: stream.unsent(changes[stream.owner_id]) for stream in allowed}
    changed = {pk for rows in unsent.values() for (name, pk), _ in rows if name == "track"}
    tracks = Track.objects.only("id", "status", "stage", "genre", "updated_at").in_bulk(changed)
    for stream in allowed:
        # Changes before these cannot come up again.
        stream.sent, stream.looked_at = changes[stream.owner_id], looked_at

    def written(change: Change, when: datetime) -> str:
        name, pk = change
        if name not in EVENTS_OF_TRACKS:
            return learning_event(learned[change])
        assert isinstance(pk, UUID)
        if name == "deleted":
            return deletion_event(pk, when)
        return track_event(tracks[pk]) if pk in tracks else ""

    return {
        stream: list(filter(None, (written(change, when) for change, when in rows)))
        for stream, rows in unsent.items()
    }


def streams_allowed(streams: Collection[EventStream]) -> list[EventStream]:
    """Those whose token is not revoked or expired, whose session has not ended, and whose owner is active."""
    now = timezone.now()
    people = User.objects.filter(pk__in={stream.owner_id for stream in streams}, is_active=True)
    passwords = dict(people.values_list("pk", "password"))
    tokens = ApiToken.objects.filter(pk__in={stream.token_id for stream in streams if stream.token_id})
    token_ids = set(tokens.exclude(expires_at__lte=now).values_list("pk", flat=True))
    keys = {stream.session_key for stream in streams if stream.session_key}
    sessions = Session.objects.filter(pk__in=keys, expire_date__gt=now)
    session_keys = set(sessions.values_list("pk", flat=True))

    def is_allowed(stream: EventStream) -> bool:
        if stream.owner_id not in passwords or (stream.token_id and stream.token_id not in token_ids):
            return False
        if stream.session_key is None:
            return True
        return stream.session_key in session_keys and passwords[stream.owner_id] == stream.password

    return [stream for stream in streams if is_allowed(stream)]


def recent_changes(
    streams: Collection[EventStream],
) -> tuple[dict[int, dict[Change, datetime]], dict[Change, LearningEvent]]:
    """What happened since shortly before the streams last looked, and when, by owner; and what to say of learning."""
    changes: dict[int, dict[Change, datetime]] = defaultdict(dict)
    learned: dict[Change, LearningEvent] = {}
    if not streams:
        return changes, learned
    since = min(stream.looked_at for stream in streams) - VISIBILITY_LAG
    owners = {stream.owner_id for stream in streams}
    tracks = Track.objects.filter(owner__in=owners, updated_at__gt=since).order_by()
    for owner_id, pk, when in tracks.values_list("owner_id", "pk", "updated_at"):
        changes[owner_id]["track", pk] = when
    gone = TrackDeletion.objects.filter(owner__in=owners, deleted_at__gt=since).order_by()
    for owner_id, pk, when in gone.values_list("owner_id", "track_id", "deleted_at"):
        changes[owner_id]["deleted", pk] = when
    for event in learning_events_of(owners, since):
        changes[event.owner_id][event.name, event.key] = event.when
        learned[event.name, event.key] = event
    return changes, learned


def track_event(track: Track) -> str:
    data = {
        "id": str(track.pk),
        "status": track.status,
        "stage": track.stage,
        "progress": track.progress,
        "genre": track.genre or None,
        "updated_at": track.updated_at.isoformat(),
    }
    return f"id: {data['updated_at']}\nevent: track\ndata: {json.dumps(data)}\n\n"


def learning_event(event: LearningEvent) -> str:
    data = {**event.data, "updated_at": event.when.isoformat()}
    return f"id: {data['updated_at']}\nevent: {event.name}\ndata: {json.dumps(data)}\n\n"


def deletion_event(track_id: UUID, deleted_at: datetime) -> str:
    data = {"id": str(track_id), "deleted_at": deleted_at.isoformat()}
    return f"id: {data['deleted_at']}\nevent: deleted\ndata: {json.dumps(data)}\n\n"
