"""Following changes: what is new since one last looked, without a gap.

A row's `updated_at` is set while its transaction runs, and others see it only when that ends: two transactions may
end in another order than they began. So the feed stops before the oldest that may still be running; what comes
after is told the next time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.response import Response

from library.api.pagination import KeysetPagination
from library.models import Track

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


def changed_since(tracks: QuerySet[Track], since: datetime) -> QuerySet[Track]:
    """Tracks that changed at that time or later, in the order in which they did."""
    settled = tracks.filter(updated_at__gte=since, updated_at__lt=horizon())
    return settled.order_by("updated_at", "id")


class ChangesPagination(KeysetPagination):
    """Pages that can be gone on from later: `resume` is the address for next time, also when all has been told."""

    extra_links = ("resume",)

    def get_paginated_response(self, data: list[object]) -> Response:
        response = super().get_paginated_response(data)
        here = self.request.build_absolute_uri()
        response.data["resume"] = self.address_after(self.page[-1]) if self.page else here
        return response
