"""The feed of changes: what was added, changed or deleted since a time, without gaps.

A row's `updated_at` is set while its transaction runs, but others see it only when the transaction ends, and
transactions may end in another order than they began. So the feed stops before the oldest that may still be running;
later changes appear next time.
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
from library.api.serializers.examples import EXAMPLE_ID, EXAMPLE_TIME
from library.api.serializers.tracks import DeletionSerializer
from library.models import Track, TrackDeletion, User

#: The clocks of the machines that serve a site may differ by this much.
CLOCK_SKEW = timedelta(seconds=2)

OLDEST_WRITER_SQL = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def commit_horizon() -> datetime:
    """The time before which no running transaction can still commit a change."""
    now = timezone.now()
    if connection.vendor != "postgresql":
        # A writer takes the time first, and may then wait this long for the lock.
        return now - timedelta(seconds=settings.DATABASES["default"]["OPTIONS"]["timeout"]) - CLOCK_SKEW
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_WRITER_SQL)
        (oldest,) = cursor.fetchone()
    return min(now, oldest or now) - CLOCK_SKEW


class ChangeFeed(NamedTuple):
    """Changes up to one moment, in order."""

    tracks: QuerySet[Track]
    """Tracks that were added, changed or restored."""
    deletions: QuerySet[TrackDeletion]


def changes_since(owner: User, tracks: QuerySet[Track], since: datetime) -> ChangeFeed:
    """The owner's tracks that were changed, and those that were deleted, at `since` or later."""
    until = commit_horizon()  # one limit for both, so that changes and deletions end at the same moment
    deletions = TrackDeletion.objects.filter(owner=owner, deleted_at__gte=since, deleted_at__lt=until)
    return ChangeFeed(
        tracks.filter(updated_at__gte=since, updated_at__lt=until).order_by("updated_at", "id"),
        deletions.order_by("deleted_at", "track_id"),
    )


def change_sort_key(change: Track | TrackDeletion) -> tuple[datetime, UUID]:
    """The key that the feed is sorted by: the time, then the track's id."""
    if isinstance(change, Track):
        return change.updated_at, change.pk
    return change.deleted_at, change.track_id


class ChangesPagination(KeysetPagination):
    """Pages of the feed: `results` are the changed tracks, `deleted` the deleted ones.

    `resume` is the URL to continue from later, also on the last page.
    """

    extra_links = ("resume",)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The tracks of the page. `queryset` is a `ChangeFeed`."""
        # A full page of each: the first rows of the merged feed are among them.
        deletions = super().paginate_queryset(queryset.deletions, request, view)
        more_deletions = self.has_more
        tracks = super().paginate_queryset(queryset.tracks, request, view)
        merged = sorted([*tracks, *deletions], key=change_sort_key)
        size = self.page_size(request)
        self.page, self.has_more = merged[:size], more_deletions or self.has_more or len(merged) > size
        return [change for change in self.page if isinstance(change, Track)]

    def url_after(self, row: Any) -> str:
        return self.url_after_values(change_sort_key(row))

    def get_paginated_response(self, data: list[object]) -> Response:
        response = super().get_paginated_response(data)
        here = self.request.build_absolute_uri()
        response.data["resume"] = self.url_after(self.page[-1]) if self.page else here
        deletions = [change for change in self.page if isinstance(change, TrackDeletion)]
        response.data["deleted"] = DeletionSerializer(deletions, many=True).data
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["required"].append("deleted")
        described["properties"]["deleted"] = {
            "type": "array",
            "description": "Tracks that were deleted. A restored one is among the results again.",
            "example": [{"id": EXAMPLE_ID, "deleted_at": EXAMPLE_TIME}],
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
