"""The time zone of a person: the server's, until they choose one. It is kept by the browser, in a cookie."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

TIME_ZONE_COOKIE = "time_zone"
LIFETIME = timedelta(days=400)
#: Where the zones are that people live in; the others are old names and bare offsets.
_AREAS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/",
    "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip


@functools.cache
def time_zone_names() -> list[str]:
    """The time zones that one may choose from, as IANA names them."""
    return ["UTC", *sorted(name for name in zoneinfo.available_timezones() if name.startswith(_AREAS))]


def chosen_time_zone(request: HttpRequest) -> str:
    """The name of the time zone that was chosen in this browser; "" for the server's."""
    name = request.COOKIES.get(TIME_ZONE_COOKIE, "")
    return name if name in time_zone_names() else ""


def time_zone_choose(response: HttpResponse, name: str) -> None:
    """Keep a name of `time_zone_names` in the browser, or, for "", none."""
    if not name:
        return response.delete_cookie(TIME_ZONE_COOKIE, samesite="Lax")
    response.set_cookie(
        TIME_ZONE_COOKIE,
        name,
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return None


class TimeZoneMiddleware:
    """Shows times in the zone that was chosen. The API's have the server's: programs choose none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = "" if request.path_info.startswith("/api/") else chosen_time_zone(request)
        with timezone.override(ZoneInfo(name) if name else None):
            return self.get_response(request)
