"""Server-sent events (WHATWG HTML, section 9.2) about the tracks of the person who asks, and what is learned of them.

Each stream ends after a while; browsers and well-behaved clients reconnect by themselves.
"""

from __future__ import annotations

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from library.api.event_hub import EventResponse, places
from library.api.events import EventStream
from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import with_errors
from library.api.views.base import OwnersView
from library.models import ApiToken
from library.text import aware_datetime

#: Streams per process of a WSGI server, where each takes a thread: two of four are left for everything else.
MAX_STREAMS_WITH_THREADS = 2


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
            "tracks follow; `concept`, with the `id`, `kind` and `name` of what you teach and whether it "
            "`sets_itself`, when you begin to, answer, or switch that on or off; "
            "`genres`, with the number of tracks `changed`, when a pass through your library has given tracks "
            "another genre (the last three with `updated_at`); and a comment after 15 seconds without an event. "
            "Streams end after five minutes: connect "
            "again, with the id of the last event in `Last-Event-ID`, as browsers do. They also end when the token is "
            "revoked or the session ends. When too many streams are open, the response is 503: poll "
            "`/api/v1/tracks/changes/` instead."
        ),
        parameters=[
            OpenApiParameter("Last-Event-ID", str, "header", description="Continue after this event.")
        ],
        responses=with_errors({(200, "text/event-stream"): OpenApiTypes.STR}, 503),
    )
    def get(self, request: Request) -> HttpResponseBase:
        if isinstance(request.auth, ApiToken):
            stream = EventStream(self.owner, token=request.auth)
        else:
            stream = EventStream(self.owner, session_key=request._request.session.session_key)
        most = most_of_one = MAX_STREAMS_WITH_THREADS
        if isinstance(request._request, ASGIRequest):
            most, most_of_one = settings.EARMARK_EVENT_STREAMS, settings.EARMARK_EVENT_STREAMS_PER_PERSON
        places.take(stream, most=most, most_of_one=most_of_one)
        try:
            stream.begin(aware_datetime(request.headers.get("Last-Event-ID", "")))
        except BaseException:
            places.leave(stream)
            raise
        return EventResponse(stream)
