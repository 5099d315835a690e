"""Following changes: what is new since one last looked, without a gap.

A row's `updated_at` is set while its transaction runs, and others see it only when that ends: two transactions may
end in another order than they began. So the feed stops before the oldest that may still be running; what comes
after is told the next time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.pagination import KeysetPagination
from library.api.serializers.examples import ID, WHEN
from library.api.serializers.tracks import DeletionSerializer
from library.models import Track, TrackDeletion, User

#: Clocks of the machines that serve one site may differ by this much.
SKEW = timedelta(seconds=2)

OLDEST_WRITER = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def horizon() -> datetime:
    """Nothing will be committed any more that is older than this."""
    now = timezone.now()
    if connection.vendor != "postgresql":
        # A writer takes the time, and may then wait for the lock as long as this, before it gives up.
        return now - timedelta(seconds=settings.DATABASES["default"]["OPTIONS"]["timeout"]) - SKEW
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_WRITER)
        (oldest,) = cursor.fetchone()
    return min(now, oldest or now) - SKEW


class Changes(NamedTuple):
    """What happened until one moment, in the order in which it did."""

    tracks: QuerySet[Track]
    """Those that were added, changed or restored."""
    deletions: QuerySet[TrackDeletion]


def changes_since(owner: User, tracks: QuerySet[Track], since: datetime) -> Changes:
    """The owner's tracks that changed at that time or later, and those that were deleted."""
    until = horizon()  # for both, so that neither is told of anything later than the other
    deletions = TrackDeletion.objects.filter(owner=owner, deleted_at__gte=since, deleted_at__lt=until)
    return Changes(
        tracks.filter(updated_at__gte=since, updated_at__lt=until).order_by("updated_at", "id"),
        deletions.order_by("deleted_at", "track_id"),
    )


def when_and_which(change: Track | TrackDeletion) -> tuple[datetime, UUID]:
    """What the feed is sorted by."""
    if isinstance(change, Track):
        return change.updated_at, change.pk
    return change.deleted_at, change.track_id


class ChangesPagination(KeysetPagination):
    """Pages of one feed: tracks that changed are its `results`, those that are gone are `deleted`.

    It can be gone on from later: `resume` is the address for next time, also when all has been told.
    """

    extra_links = ("resume",)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The tracks of the page. `queryset` is a `Changes`."""
        # As many of each as fit on a page: whatever comes first, it is among them.
        deletions = super().paginate_queryset(queryset.deletions, request, view)
        more = self.more
        tracks = super().paginate_queryset(queryset.tracks, request, view)
        merged = sorted([*tracks, *deletions], key=when_and_which)
        size = self.page_size(request)
        self.page, self.more = merged[:size], more or self.more or len(merged) > size
        return [change for change in self.page if isinstance(change, Track)]

    def address_after(self, row: Any) -> str:
        return self.address_after_values(when_and_which(row))

    def get_paginated_response(self, data: list[object]) -> Response:
        response = super().get_paginated_response(data)
        here = self.request.build_absolute_uri()
        response.data["resume"] = self.address_after(self.page[-1]) if self.page else here
        gone = [change for change in self.page if isinstance(change, TrackDeletion)]
        response.data["deleted"] = DeletionSerializer(gone, many=True).data
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["required"].append("deleted")
        described["properties"]["deleted"] = {
            "type": "array",
            "description": "Tracks that were deleted. One that is restored is among the results again.",
            "example": [{"id": ID, "deleted_at": WHEN}],
            "items": {
                "type": "object",
                "required": ["id", "deleted_at"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "deleted_at": {"type": "string", "format": "date-time"},
                },
            },
        }
        return described
