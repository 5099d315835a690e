"""Server-sent events (WHATWG HTML, section 9.2) about the tracks of the person who asks, and what is learned of them.

A stream holds a thread of a web process, so there are few of them, and each ends after a while; browsers and
well-behaved clients reconnect by themselves. All others poll `/api/v1/tracks/changes/`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import with_errors
from library.api.views.base import OwnersView
from library.errors import DomainError
from library.http.serving import is_serving
from library.models import Track, TrackDeletion, User
from library.selectors.learning_events import LearningEvent, learning_events_of
from library.text import aware_datetime

#: The name of an event, and the id of what it is about.
type EventKey = tuple[str, UUID | int]

#: Streams per web process. It has four threads; two of them must be left for everything else.
MAX_EVENT_STREAMS = 2
#: How long a stream lasts.
STREAM_SECONDS = 300.0
#: Time between two looks at the database.
POLL_SECONDS = 1.0
#: A comment is sent after this long without an event, so that proxies keep the connection open.
KEEPALIVE_SECONDS = 15.0
#: A row may become visible this much later than its time says.
VISIBILITY_LAG = timedelta(seconds=30)
#: At most this many events about tracks per poll; the rest is dropped. Only a bulk action on a large library changes
#: more at once.
MAX_EVENTS_PER_POLL = 1000

stream_slots = threading.BoundedSemaphore(MAX_EVENT_STREAMS)


class EventsView(OwnersView):
    renderer_classes = [AnyMediaTypeRenderer]

    @extend_schema(
        operation_id="events",
        tags=["Following changes"],
        summary="Stream changes as they happen",
        description=(
            "Server-sent events: `track`, with the track's `id`, `status`, `stage`, `progress`, `genre` and "
            "`updated_at`, each time one is added, changed or restored; `deleted`, with `id` and `deleted_at`, when "
            "one is deleted; `version`, with the `id`, `number` and `status` of a version of what was learned from "
            "your verdicts, when it waits for you (`candidate`), was refused, or is put to use or aside, and while its "
            "tracks follow; `concept`, with the `id`, `kind` and `name` of what you teach, when you begin to or "
            "answer; `genres`, with the number of tracks `changed`, when a pass through your library has given tracks "
            "another genre (the last three with `updated_at`); and a comment after 15 seconds without an event. "
            "Streams end after five minutes: connect again, with the id of the last event in `Last-Event-ID`, as "
            "browsers do. When too many streams are open, the response is 503: poll `/api/v1/tracks/changes/` instead."
        ),
        parameters=[
            OpenApiParameter("Last-Event-ID", str, "header", description="Continue after this event.")
        ],
        responses=with_errors({(200, "text/event-stream"): OpenApiTypes.STR}, 503),
    )
    def get(self, request: Request) -> HttpResponseBase:
        if not stream_slots.acquire(blocking=False):
            raise DomainError(
                "too_many_streams", "Too many event streams are open. Poll for changes instead.", 503
            )
        try:
            stream = EventStream(self.owner, aware_datetime(request.headers.get("Last-Event-ID", "")))
        except BaseException:
            stream_slots.release()
            raise
        response = StreamingHttpResponse(stream, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response


class EventStream:
    """The events for one client. Closing it releases its slot; the server does so however the stream ends."""

    def __init__(self, owner: User, since: datetime | None) -> None:
        self.owner = owner
        self.since = since or timezone.now()
        # After a reconnect, repeat events rather than miss one.
        self.sent: dict[EventKey, datetime] = {} if since else dict(self.recent_changes()[0])
        self.holds_slot = True

    def __iter__(self) -> Iterator[str]:
        end = time.monotonic() + STREAM_SECONDS
        last_write = time.monotonic()
        yield "retry: 2000\n\n"
        while is_serving() and time.monotonic() < end:
            for event in self.new_events():
                last_write = time.monotonic()
                yield event
            # Do not hold a connection between polls, but leave alone one whose transaction a caller began.
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(POLL_SECONDS)
            if time.monotonic() - last_write > KEEPALIVE_SECONDS:
                last_write = time.monotonic()
                yield ": still here\n\n"

    def new_events(self) -> list[str]:
        """An event for everything that was changed or deleted since the last call, or whose change shows only now."""
        changes, learned = self.recent_changes()
        fresh = [change for change, when in changes.items() if self.sent.get(change) != when]
        dropped = set([change for change in fresh if change not in learned][MAX_EVENTS_PER_POLL:])
        fresh = [change for change in fresh if change not in dropped]
        # Forgets changes older than the window: they cannot come up again.
        self.sent = changes
        self.since = max([self.since, *changes.values()])
        columns = ("id", "status", "stage", "genre", "updated_at")
        tracks = Track.objects.only(*columns).in_bulk([pk for name, pk in fresh if name == "track"])
        events = []
        for key in fresh:
            name, pk = key
            if key in learned:
                events.append(learning_event(learned[key]))
            elif isinstance(pk, UUID) and name == "deleted":
                events.append(deletion_event(pk, changes[key]))
            elif pk in tracks:
                events.append(track_event(tracks[pk]))
        return events

    def recent_changes(self) -> tuple[dict[EventKey, datetime], dict[EventKey, LearningEvent]]:
        """What happened since shortly before `since` and when, in order; and what to say of what was learned."""
        since = self.since - VISIBILITY_LAG
        tracks = Track.objects.filter(owner=self.owner, updated_at__gt=since).order_by()
        gone = TrackDeletion.objects.filter(owner=self.owner, deleted_at__gt=since).order_by()
        changes: list[tuple[EventKey, datetime]] = [
            (("track", pk), when) for pk, when in tracks.values_list("pk", "updated_at")
        ]
        changes += [(("deleted", pk), when) for pk, when in gone.values_list("track_id", "deleted_at")]
        learned: dict[EventKey, LearningEvent] = {
            (event.name, event.key): event for event in learning_events_of([self.owner.pk], since)
        }
        changes += [(key, event.when) for key, event in learned.items()]
        # Ids of the same kind can be compared.
        return dict(sorted(changes, key=lambda change: (change[1], change[0]))), learned

    def close(self) -> None:
        if self.holds_slot:
            self.holds_slot = False
            stream_slots.release()


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
