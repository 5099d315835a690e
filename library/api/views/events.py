"""Events as they happen: server-sent events (WHATWG HTML, section 9.2) of one's own tracks.

A stream holds a thread of a web process, so there are few of them, and each ends after a while; browsers and
good clients come back by themselves. Everybody else asks for changes from time to time.
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
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.views.base import OwnersView
from library.errors import DomainError
from library.http.serving import is_serving
from library.models import Track, TrackDeletion, User

#: A web process has four threads; two of them must be left for everything else.
AT_ONCE = 2
LASTS = 300.0  # seconds
EVERY = 1.0  # seconds between two looks
QUIET = 15.0  # seconds until a sign of life
#: A row may become visible this much later than its time says.
LATE = timedelta(seconds=30)
#: Of more changes at a time than this, the last ones are not told: it was an act on a whole library.
MOST = 1000

streams = threading.BoundedSemaphore(AT_ONCE)


class EventsView(OwnersView):
    renderer_classes = [AnythingRenderer]

    @extend_schema(
        operation_id="events",
        tags=["Following changes"],
        summary="Hear of your tracks as they change",
        description=(
            "Server-sent events: `track` with the track's `id`, `status`, `stage`, `progress`, `genre` and "
            "`updated_at` each time one is added, changes or is restored; `deleted` with `id` and `deleted_at` when "
            "one is deleted; and a comment every 15 seconds. Streams end after five "
            "minutes: connect again, with the last event's id in `Last-Event-ID`, as browsers do. When too many "
            "listen, the answer is 503: ask `/api/v1/tracks/changes/` instead."
        ),
        parameters=[OpenApiParameter("Last-Event-ID", str, "header", description="Go on after this event.")],
        responses=answers({(200, "text/event-stream"): OpenApiTypes.STR}, 503),
    )
    def get(self, request: Request) -> HttpResponseBase:
        if not streams.acquire(blocking=False):
            raise DomainError(
                "too_many_streams", "Too many programs are listening. Ask for changes instead.", 503
            )
        stream = Stream(self.owner, parse_since(request.headers.get("Last-Event-ID", "")))
        response = StreamingHttpResponse(stream, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response


def parse_since(text: str) -> datetime | None:
    """The time in an event's id; None for anything else."""
    try:
        since = parse_datetime(text)
    except ValueError:
        return None
    return since if since and since.tzinfo else None


class Stream:
    """What one client is told. Its place is given back when the server closes it, however it ends."""

    def __init__(self, owner: User, since: datetime | None) -> None:
        self.owner = owner
        self.since = since or timezone.now()
        # Who comes back is rather told twice than not at all.
        self.told: dict[tuple[str, UUID], datetime] = {} if since else dict(self.recent())
        self.open = True

    def __iter__(self) -> Iterator[str]:
        end = time.monotonic() + LASTS
        said = time.monotonic()
        yield "retry: 2000\n\n"
        while is_serving() and time.monotonic() < end:
            for event in self.new():
                said = time.monotonic()
                yield event
            # Not held while nothing happens; a transaction that others began is theirs to end.
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(EVERY)
            if time.monotonic() - said > QUIET:
                said = time.monotonic()
                yield ": still here\n\n"

    def new(self) -> list[str]:
        """An event for each track that changed or went since the last look, or of which that shows only now."""
        recent = dict(self.recent())
        fresh = [change for change, when in recent.items() if self.told.get(change) != when][:MOST]
        # What is older than the window cannot come up again.
        self.told = recent
        self.since = max([self.since, *recent.values()])
        columns = ("id", "status", "stage", "genre", "updated_at")
        tracks = Track.objects.only(*columns).in_bulk([pk for name, pk in fresh if name == "track"])
        return [
            deletion_event(pk, recent[name, pk]) if name == "deleted" else event_of(tracks[pk])
            for name, pk in fresh
            if name == "deleted" or pk in tracks
        ]

    def recent(self) -> list[tuple[tuple[str, UUID], datetime]]:
        """What each event would be about, and when that happened."""
        since = self.since - LATE
        tracks = Track.objects.filter(owner=self.owner, updated_at__gt=since).order_by()
        gone = TrackDeletion.objects.filter(owner=self.owner, deleted_at__gt=since).order_by()
        changes = [(("track", pk), when) for pk, when in tracks.values_list("pk", "updated_at")]
        changes += [(("deleted", pk), when) for pk, when in gone.values_list("track_id", "deleted_at")]
        return sorted(changes, key=lambda change: (change[1], change[0]))

    def close(self) -> None:
        if self.open:
            self.open = False
            streams.release()


def event_of(track: Track) -> str:
    data = {
        "id": str(track.pk),
        "status": track.status,
        "stage": track.stage,
        "progress": track.progress,
        "genre": track.genre or None,
        "updated_at": track.updated_at.isoformat(),
    }
    return f"id: {data['updated_at']}\nevent: track\ndata: {json.dumps(data)}\n\n"


def deletion_event(track_id: UUID, deleted_at: datetime) -> str:
    data = {"id": str(track_id), "deleted_at": deleted_at.isoformat()}
    return f"id: {data['deleted_at']}\nevent: deleted\ndata: {json.dumps(data)}\n\n"
